//! Follows, blocks and mutes from a list (pleroma-contract 2), and what became of each name. Reading the results is an
//! addition of kenoma's, as are lists of servers, of lists' members and of bookmarks: what Mastodon exports.

use crate::db::imports::{self, Kind};
use crate::error::{Error, Result};
use crate::ids::ImportId;
use crate::ops;
use crate::views::import::{Import, ImportedPerson};
use crate::web::ctx::Ctx;
use crate::web::params::Value;
use crate::web::reply::Reply;

/// Imports in the list, and names on a page unless asked otherwise, and at most.
const NEWEST: i64 = 20;
const NAMES: i64 = 100;
const MOST_NAMES: i64 = 1000;

/// `POST /api/pleroma/follow_import`
pub fn follows(cx: &Ctx) -> Result<Reply> {
    begin(cx, Kind::Follows)
}

/// `POST /api/pleroma/blocks_import`
pub fn blocks(cx: &Ctx) -> Result<Reply> {
    begin(cx, Kind::Blocks)
}

/// `POST /api/pleroma/mutes_import`
pub fn mutes(cx: &Ctx) -> Result<Reply> {
    begin(cx, Kind::Mutes)
}

/// `POST /api/pleroma/domain_blocks_import`
pub fn domain_blocks(cx: &Ctx) -> Result<Reply> {
    begin(cx, Kind::DomainBlocks)
}

/// `POST /api/pleroma/lists_import`
pub fn lists(cx: &Ctx) -> Result<Reply> {
    begin(cx, Kind::Lists)
}

/// `POST /api/pleroma/bookmarks_import`
pub fn bookmarks(cx: &Ctx) -> Result<Reply> {
    begin(cx, Kind::Bookmarks)
}

fn begin(cx: &Ctx, kind: Kind) -> Result<Reply> {
    let me = cx.me()?.id;
    let list = match cx.params.get("list") {
        Some(Value::File(upload)) => String::from_utf8_lossy(&upload.bytes()?).into_owned(),
        Some(Value::List(_)) => cx.params.list("list").join("\n"),
        _ => cx.require("list")?.into_owned(),
    };
    cx.app
        .db()
        .write(|tx| ops::imports::begin(tx, me, kind, &list))?;
    Reply::json(&"job started")
}

/// `GET /api/pleroma/imports`: the caller's newest imports.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| imports::newest_of(db, me, NEWEST))?;
    Reply::json(&rows.into_iter().map(Import::from).collect::<Vec<_>>())
}

/// `GET /api/pleroma/imports/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let row = cx.app.db().read(|db| owned(cx, db))?;
    Reply::json(&Import::from(row))
}

/// `GET /api/pleroma/imports/{id}/accounts`: the names in the order of the list, after the place `after`; with `state`, those
/// in it alone.
pub fn accounts(cx: &Ctx) -> Result<Reply> {
    let number = |key| cx.params.int(key).ok().flatten();
    let state = cx.params.nonempty("state");
    let (after, limit) = (
        number("after").unwrap_or(-1),
        number("limit").unwrap_or(NAMES).clamp(1, MOST_NAMES),
    );
    let people = cx.app.db().read(|db| {
        let import = owned(cx, db)?;
        imports::people(db, import.id, state.as_deref(), after, limit)
    })?;
    let shown: Vec<ImportedPerson> = people.into_iter().map(Into::into).collect();
    Reply::json(&shown)
}

/// The import in the path, if it is the caller's own.
fn owned(cx: &Ctx, db: &rusqlite::Connection) -> Result<imports::ImportRow> {
    let me = cx.me()?.id;
    let id: ImportId = cx.id("id", "Record")?;
    imports::by_id(db, id)?
        .filter(|import| import.account == me)
        .ok_or(Error::record())
}
