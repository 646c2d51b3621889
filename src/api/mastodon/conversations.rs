//! Conversations as Mastodon has them: threads of direct messages, one side of each the caller's.

use serde_json::json;

use crate::db::conversations::listing;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::ops::conversations;
use crate::views::conversation::Conversation;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/conversations`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 40));
    let exactly = cx.params.has("recipients").then(|| recipients(cx));
    let (keys, shown) = cx.app.db().read(|db| {
        let rows = listing::list(db, me, exactly.as_deref(), &page)?;
        let keys: Vec<StatusId> = rows.iter().filter_map(|row| row.bumped).collect();
        Ok((keys, cx.view(db).conversations(&rows)?))
    })?;
    cx.listed(&shown, &keys)
}

/// `POST /api/v1/conversations/{id}/read`
pub fn read(cx: &Ctx) -> Result<Reply> {
    mark(cx, false)
}

/// `POST /api/v1/conversations/{id}/unread`
pub fn unread(cx: &Ctx) -> Result<Reply> {
    mark(cx, true)
}

fn mark(cx: &Ctx, unread: bool) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, id(cx)?);
    let shown = cx.app.db().write(|tx| {
        conversations::mark(tx, me, id, unread)?;
        shown(cx, tx, id)
    })?;
    Reply::json(&shown)
}

/// `DELETE /api/v1/conversations/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, id(cx)?);
    cx.app.db().write(|tx| conversations::remove(tx, me, id))?;
    Reply::json(&json!({}))
}

/// The conversation that the path names.
pub fn id(cx: &Ctx) -> Result<i64> {
    cx.optional_id("id").ok_or_else(conversations::unknown)
}

/// Accounts in `recipients[]`.
pub fn recipients(cx: &Ctx) -> Vec<AccountId> {
    let ids = cx.params.ids("recipients");
    ids.into_iter().map(AccountId).collect()
}

/// A conversation of the caller's as it is now.
pub fn shown(cx: &Ctx, db: &rusqlite::Connection, id: i64) -> Result<Conversation> {
    let row = conversations::owned(db, cx.me()?.id, id)?;
    cx.view(db).conversation(row)
}
