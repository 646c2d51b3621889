//! Archives of the own account: a zip with all that somebody posted and marked, in the form that other servers of the kind
//! write (actor.json, outbox.json, likes.json, bookmarks.json and the files).

use crate::db;
use crate::error::Result;
use crate::ops;
use crate::views::backup::backup;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/backups`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?;
    let rows = cx.app.db().read(|db| db::backups::of(db, me.id))?;
    let shown = rows
        .into_iter()
        .map(|row| backup(row, cx.app.base(), &me.username));
    let reply = Reply::json(&shown.collect::<Vec<_>>())?;
    Ok(reply.header("Cache-Control", "no-store"))
}

/// `POST /api/v1/pleroma/backups`: answers the list, in which the new one waits.
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app.db().write(|tx| ops::backups::begin(tx, me))?;
    list(cx)
}
