//! Posts that wait for their hour (mastodon-api 1.3).

use serde_json::json;

use crate::clock::Timestamp;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::ScheduledId;
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/scheduled_statuses`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 40));
    let (ids, waiting) = cx.app.db().read(|db| {
        let ids = db::scheduled_statuses::list(db, me, &page)?;
        let waiting = cx.view(db).scheduled_statuses(&ids)?;
        Ok((ids, waiting))
    })?;
    cx.listed(&waiting, &ids)
}

/// `GET /api/v1/scheduled_statuses/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let (me, id): (_, ScheduledId) = (cx.me()?.id, cx.id("id", "Record")?);
    let waiting = cx.app.db().read(|db| {
        db::scheduled_statuses::owned_by(db, me, id)?;
        cx.view(db).scheduled_status(id)
    })?;
    Reply::json(&waiting)
}

/// `PUT /api/v1/scheduled_statuses/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let at = moment(&cx.require("scheduled_at")?)?;
    cx.app
        .db()
        .write(|tx| ops::scheduled_statuses::move_to(tx, me, id, at))?;
    show(cx)
}

/// `DELETE /api/v1/scheduled_statuses/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app
        .db()
        .write(|tx| ops::scheduled_statuses::cancel(tx, me, id))?;
    Reply::json(&json!({}))
}

/// The moment for which a post is asked to wait, if it is far enough away.
pub fn hour(cx: &Ctx) -> Result<Option<Timestamp>> {
    match cx.params.nonempty("scheduled_at") {
        None => Ok(None),
        Some(text) => {
            let at = moment(&text)?;
            Ok(Some(at).filter(|at| ops::scheduled_statuses::waits(*at)))
        }
    }
}

fn moment(text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).ok_or_else(|| Error::Invalid("scheduled_at is no date".into()))
}
