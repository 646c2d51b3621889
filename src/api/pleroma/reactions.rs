//! Emoji reactions (pleroma-contract 20).

use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::ops;
use crate::ops::reactions::Emoji;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/statuses/{id}/reactions`
pub fn list(cx: &Ctx) -> Result<Reply> {
    shown(cx, None)
}

/// `GET /api/v1/pleroma/statuses/{id}/reactions/{emoji}`
pub fn list_one(cx: &Ctx) -> Result<Reply> {
    match emoji(cx) {
        Some(emoji) => shown(cx, Some(emoji.name())),
        None => Reply::json(&[(); 0]),
    }
}

/// `PUT /api/v1/pleroma/statuses/{id}/reactions/{emoji}`
pub fn add(cx: &Ctx) -> Result<Reply> {
    let refused = || Error::BadRequest("Could not add reaction emoji".into());
    let me = cx.me()?.id;
    let id = cx.id("id", "Record")?;
    let emoji = emoji(cx).ok_or_else(refused)?;
    if let Emoji::Local(shortcode) = &emoji
        && !cx.app.house().emojis.all().contains_key(shortcode)
    {
        return Err(refused());
    }
    let status = cx.app.db().write(|tx| {
        let status = ops::reactions::add(tx, me, id, &emoji)?.ok_or_else(refused)?;
        cx.view(tx).status(status)
    })?;
    Reply::json(&status)
}

/// `DELETE /api/v1/pleroma/statuses/{id}/reactions/{emoji}`
pub fn remove(cx: &Ctx) -> Result<Reply> {
    let refused = || Error::BadRequest("Could not remove reaction emoji".into());
    let me = cx.me()?.id;
    let id = cx.id("id", "Record")?;
    let emoji = emoji(cx).ok_or_else(refused)?;
    let status = cx.app.db().write(|tx| {
        let status = ops::reactions::remove(tx, me, id, &emoji)?.ok_or_else(refused)?;
        cx.view(tx).status(status)
    })?;
    Reply::json(&status)
}

fn emoji(cx: &Ctx) -> Option<Emoji> {
    Emoji::parse(&cx.params.text("emoji")?)
}

/// Reactions with the people behind them. A status that the caller may not see has none, as an unknown one.
fn shown(cx: &Ctx, only: Option<&str>) -> Result<Reply> {
    if !cx.app.config().instance.show_reactions {
        return Reply::json(&[(); 0]);
    }
    let Ok(id) = cx.id::<StatusId>("id", "Record") else {
        return Reply::json(&[(); 0]);
    };
    let found = cx
        .app
        .db()
        .read(|db| match ops::reactions::target(db, cx.viewer(), id) {
            Ok(status) => cx.view(db).reactors(status.id, only),
            Err(Error::NotFound(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        })?;
    Reply::json(&found)
}
