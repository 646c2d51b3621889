//! Chats (pleroma-contract E).

use crate::db::chats;
use crate::db::page::Page;
use crate::error::{Error, Result};
use crate::ids::{ChatId, ChatMessageId, MediaId};
use crate::ops;
use crate::ops::chats::{Draft, Rules};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// The longest key that a client is given back.
const LONGEST_KEY: usize = 255;

/// `POST /api/v1/pleroma/chats/by-account-id/{account_id}`
pub fn open(cx: &Ctx) -> Result<Reply> {
    let (me, other) = (cx.me()?.id, cx.id("account_id", "Record")?);
    let chat = cx.app.db().write(|tx| {
        let row = ops::chats::open(tx, me, other)?;
        cx.view(tx).chat(row)
    })?;
    Reply::json(&chat)
}

/// `GET /api/v1/pleroma/chats`: all of them at once.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let all = Page {
        limit: i64::MAX,
        ..Page::default()
    };
    let me = cx.me()?.id;
    let chats = cx.app.db().read(|db| {
        let rows = chats::list(db, me, &all)?;
        cx.view(db).chats(rows)
    })?;
    Reply::json(&chats)
}

/// `GET /api/v2/pleroma/chats`: in pages.
pub fn page(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 40));
    let (keys, chats) = cx.app.db().read(|db| {
        let rows = chats::list(db, me, &page)?;
        let keys: Vec<i64> = rows.iter().map(|row| row.bumped).collect();
        Ok((keys, cx.view(db).chats(rows)?))
    })?;
    cx.listed(&chats, &keys)
}

/// `GET /api/v1/pleroma/chats/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, chat(cx)?);
    let chat = cx.app.db().read(|db| {
        let row = ops::chats::owned(db, me, id)?;
        cx.view(db).chat(row)
    })?;
    Reply::json(&chat)
}

/// `GET /api/v1/pleroma/chats/{id}/messages`
pub fn messages(cx: &Ctx) -> Result<Reply> {
    let (me, id, page) = (cx.me()?.id, chat(cx)?, cx.page(20, 40));
    let (keys, messages) = cx.app.db().read(|db| {
        ops::chats::owned(db, me, id)?;
        let keys = chats::messages::page(db, id, &page)?;
        let messages = cx.view(db).chat_messages(&keys)?;
        Ok((keys, messages))
    })?;
    cx.listed(&messages, &keys)
}

/// `POST /api/v1/pleroma/chats/{id}/messages`
pub fn post(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, chat(cx)?);
    let rules = Rules {
        base: cx.app.base(),
        limit: cx.app.config().instance.limit as usize,
    };
    let key = cx.header("Idempotency-Key");
    let draft = Draft {
        text: cx.params.text("content").unwrap_or_default().into_owned(),
        media: media(cx)?,
        idempotency_key: key
            .filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY)
            .map(str::to_owned),
    };
    let messages = cx.app.db().write(|tx| {
        let message = ops::chats::post(tx, &rules, me, id, &draft)?;
        cx.view(tx).chat_messages(&[message])
    })?;
    Reply::json(&messages.first())
}

fn media(cx: &Ctx) -> Result<Option<MediaId>> {
    match cx.params.nonempty("media_id") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(Error::BadRequest("media_id is no id".into())),
        },
    }
}

/// `POST /api/v1/pleroma/chats/{id}/read`
pub fn read_up_to(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, chat(cx)?);
    let last = cx.require("last_read_id")?;
    let last: ChatMessageId = last
        .parse()
        .map_err(|_| Error::BadRequest("last_read_id is no id".into()))?;
    let chat = cx.app.db().write(|tx| {
        ops::chats::read_up_to(tx, me, id, last)?;
        cx.view(tx).chat(ops::chats::owned(tx, me, id)?)
    })?;
    Reply::json(&chat)
}

/// `POST /api/v1/pleroma/chats/{id}/messages/{message_id}/read`
pub fn read(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, chat(cx)?);
    let message: ChatMessageId = cx.optional_id("message_id").ok_or_else(not_found)?;
    let messages = cx.app.db().write(|tx| {
        ops::chats::read(tx, me, id, message)?;
        cx.view(tx).chat_messages(&[message])
    })?;
    Reply::json(&messages.first())
}

/// `DELETE /api/v1/pleroma/chats/{id}/messages/{message_id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let ids = (cx.optional_id("id"), cx.optional_id("message_id"));
    let (Some(id), Some(message)) = ids else {
        return Err(Error::BadRequest("could_not_delete".into()));
    };
    let gone = cx.app.db().write(|tx| {
        let gone = cx.view(tx).chat_messages(&[message])?;
        ops::chats::delete(tx, me, id, message)?;
        Ok(gone)
    })?;
    Reply::json(&gone.first())
}

fn chat(cx: &Ctx) -> Result<ChatId> {
    cx.optional_id("id").ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::Status(404, "not found".into())
}
