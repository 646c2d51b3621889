//! Polls (mastodon-api 1.3).

use crate::db;
use crate::error::{Error, Result};
use crate::fed::resolve;
use crate::ids::StatusId;
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/polls/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    resolve::poll_looked_at(cx.app, cx.viewer(), id)?;
    shown(cx, id)
}

fn shown(cx: &Ctx, id: StatusId) -> Result<Reply> {
    let poll = cx.app.db().read(|db| {
        db::statuses::visible_to(db, cx.viewer(), id)?;
        cx.view(db).status(id)?.into_poll().ok_or(Error::record())
    })?;
    Reply::json(&poll)
}

/// `POST /api/v1/polls/{id}/votes`
pub fn vote(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    if !cx.params.has("choices") {
        return Err(Error::MissingField("choices"));
    }
    let typed = cx.params.list("choices");
    // What is no number is no option.
    let choices: Vec<i64> = typed
        .iter()
        .map(|text| text.parse().unwrap_or(-1))
        .collect();
    cx.app
        .db()
        .write(|tx| ops::polls::vote(tx, me, id, &choices))?;
    shown(cx, id)
}
