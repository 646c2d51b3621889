//! Announcements, as admins make them.

use serde_json::json;

use crate::clock::Timestamp;
use crate::db;
use crate::db::announcements::AnnouncementRow;
use crate::error::{Error, Result};
use crate::ops::announcements::{self, Change};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/admin/announcements`, by `offset` and `limit`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let limit = cx.page(50, 100).limit;
    let offset = cx.params.int("offset").ok().flatten().unwrap_or(0).max(0);
    cx.app.db().read(|db| {
        let rows = db::announcements::all(db, limit, offset)?;
        Reply::json(&cx.view(db).announcements(rows)?)
    })
}

/// `GET /api/v1/pleroma/admin/announcements/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    let row = cx.app.db().read(|db| db::announcements::one(db, id))?;
    shown(cx, row)
}

/// `POST /api/v1/pleroma/admin/announcements`
pub fn create(cx: &Ctx) -> Result<Reply> {
    cx.require("content")?;
    let change = change(cx)?;
    let made = cx
        .app
        .db()
        .write(|tx| announcements::create(tx, cx.app.base(), &change))?;
    shown(cx, made)
}

/// `PATCH /api/v1/pleroma/admin/announcements/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    let change = change(cx)?;
    let changed = cx
        .app
        .db()
        .write(|tx| announcements::update(tx, cx.app.base(), id, &change))?;
    shown(cx, changed)
}

/// `DELETE /api/v1/pleroma/admin/announcements/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app.db().write(|tx| announcements::delete(tx, id))?;
    Reply::json(&json!({}))
}

fn shown(cx: &Ctx, row: AnnouncementRow) -> Result<Reply> {
    cx.app.db().read(|db| {
        let shown = cx.view(db).announcements(vec![row])?.pop();
        Reply::json(&shown.ok_or(Error::record())?)
    })
}

fn change(cx: &Ctx) -> Result<Change> {
    Ok(Change {
        content: cx.params.text("content").map(|text| text.into_owned()),
        starts_at: moment(cx, "starts_at")?,
        ends_at: moment(cx, "ends_at")?,
        all_day: cx.params.bool("all_day"),
    })
}

/// A date or a moment; an empty one means none.
fn moment(cx: &Ctx, key: &str) -> Result<Option<Option<Timestamp>>> {
    let Some(text) = cx.params.text(key) else {
        return Ok(None);
    };
    if text.is_empty() {
        return Ok(Some(None));
    }
    let moment = Timestamp::parse(&text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
    let refused = || Error::BadRequest(format!("{key} is no date"));
    Ok(Some(Some(moment.ok_or_else(refused)?)))
}
