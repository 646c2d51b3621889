//! Editing statuses, and what they were before (mastodon-api 1.3).

use serde_json::json;

use super::statuses::{done, draft, rules};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `PUT /api/v1/statuses/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id): (_, StatusId) = (cx.me()?.id, cx.id("id", "Record")?);
    let (rules, changes) = (rules(cx), draft::changes(&cx.params)?);
    done(cx, |tx| {
        ops::statuses::edit(tx, &rules, me, id, &changes)?;
        Ok(id)
    })
}

/// `GET /api/v1/statuses/{id}/history`
pub fn history(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    let versions = cx.app.db().read(|db| {
        let status = db::statuses::target_for(db, cx.viewer(), id)?;
        cx.view(db).status_edits(&status)
    })?;
    Reply::json(&versions)
}

/// `GET /api/v1/statuses/{id}/source`
pub fn source(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    let (status, text) = cx.app.db().read(|db| {
        let status = db::statuses::visible_to(db, cx.viewer(), id)?;
        let text = db::statuses::source(db, id)?.ok_or(Error::record())?;
        Ok((status, text))
    })?;
    Reply::json(&json!({
        "id": status.id,
        "text": text,
        "spoiler_text": status.spoiler_text,
        "content_type": status.content_type,
    }))
}
