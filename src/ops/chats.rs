//! Chats: private conversations of two (pleroma-contract E). [`post`] is what a local person does, [`received`] what comes from
//! elsewhere; both end in [`insert`], the only way of a message into the tables.

use std::time::Duration;

use rusqlite::Connection;

use super::media;
use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::db::chats::messages::{self, NewMessage};
use crate::db::chats::{self, ChatRow};
use crate::db::media::RemoteFile;
use crate::db::remote_accounts::Whereabouts;
use crate::db::{Tx, accounts, blocks, statuses, users};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{self, AccountId, ChatId, ChatMessageId, MediaId};
use crate::ops::notifications;
use crate::ops::outgoing::{self, Outgoing};
use crate::text::format;

/// What somebody wants to say.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// As typed.
    pub text: String,
    /// An upload to attach.
    pub media: Option<MediaId>,
    /// By which the author's client knows the message again.
    pub idempotency_key: Option<String>,
}

/// What the settings say about chats.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Where we are.
    pub base: &'a BaseUrl,
    /// Characters in a message.
    pub limit: usize,
}

/// Somebody's chat; 404 for any other.
pub fn owned(db: &Connection, me: AccountId, id: ChatId) -> Result<ChatRow> {
    chats::one(db, me, id)?.ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::Status(404, "not found".into())
}

/// The chat of `me` with an account, begun now if there is none. The other side learns of it with the first message.
pub fn open(tx: &Tx, me: AccountId, other: AccountId) -> Result<ChatRow> {
    let other = accounts::visible(tx, other)?.id;
    if other == me {
        return Err(Error::BadRequest("You cannot chat with yourself".into()));
    }
    let id = chats::open(tx, me, other)?;
    owned(tx, me, id)
}

/// Says something in a chat.
pub fn post(
    tx: &Tx,
    rules: &Rules,
    me: AccountId,
    chat: ChatId,
    draft: &Draft,
) -> Result<ChatMessageId> {
    let other = owned(tx, me, chat)?.other;
    let text = draft.text.trim();
    if text.is_empty() && draft.media.is_none() {
        return Err(Error::BadRequest("no_content".into()));
    }
    if text.chars().count() > rules.limit {
        return Err(Error::BadRequest("content_too_long".into()));
    }
    if let Some(reason) = refusal(tx, me, other)? {
        return Err(Error::BadRequest(reason.into()));
    }
    let html = format::chat_message(text);
    let id = ChatMessageId::new();
    let new = NewMessage {
        id,
        uri: &rules.base.join(&format!("/objects/{}", ids::uuid())),
        account: me,
        content: Some(html.as_str()).filter(|html| !html.is_empty()),
        emojis: "[]",
        idempotency_key: draft.idempotency_key.as_deref(),
        created_at: Timestamp::now(),
    };
    insert(tx, &new, other)?;
    if let Some(media) = draft.media
        && !messages::attach(tx, id, me, media)?
    {
        let text = "The attachment does not exist or belongs to something else";
        return Err(Error::BadRequest(text.into()));
    }
    outgoing::push_if_remote(tx, me, &[other], false, || Outgoing::ChatMessage {
        message: id,
        to: other,
    })?;
    Ok(id)
}

/// A message from elsewhere, cleaned.
#[derive(Clone, Debug)]
pub struct RemoteMessage {
    /// Its id.
    pub uri: String,
    /// Whom it is for: an actor id.
    pub to: String,
    /// Sanitised HTML; empty where there is an attachment only.
    pub content: String,
    /// JSON `[{shortcode, url}]` of its custom emoji.
    pub emojis: String,
    /// What hangs on it.
    pub media: Option<RemoteFile>,
    /// When it was said.
    pub created_at: Timestamp,
}

/// Takes a message from elsewhere, once, if the one it is for wants to hear from its author.
pub fn received(tx: &Tx, from: &Whereabouts, to: AccountId, said: &RemoteMessage) -> Result<()> {
    let is_known = messages::by_uri(tx, &said.uri)?.is_some();
    if is_known
        || statuses::tombstone(tx, &said.uri)?.is_some()
        || refusal(tx, from.id, to)?.is_some()
        || blocks::is_host_blocked(tx, to, &from.host)?
    {
        return Ok(());
    }
    let id = ChatMessageId::new();
    let new = NewMessage {
        id,
        uri: &said.uri,
        account: from.id,
        content: Some(said.content.as_str()).filter(|html| !html.is_empty()),
        emojis: &said.emojis,
        idempotency_key: None,
        created_at: said.created_at,
    };
    insert(tx, &new, to)?;
    if let Some(file) = &said.media {
        let file = crate::db::media::insert_remote(tx, from.id, file)?;
        messages::attach(tx, id, from.id, file)?;
    }
    Ok(())
}

/// Why nobody can send the other a message; `None` when they can.
pub fn refusal(tx: &Tx, from: AccountId, to: AccountId) -> Result<Option<&'static str>> {
    let Some(other) = accounts::by_id(tx, to)?.filter(|other| !other.hidden) else {
        return Ok(Some("This account cannot be reached"));
    };
    Ok(if blocks::exists(tx, from, to)? {
        Some("You block this account")
    } else if blocks::exists(tx, to, from)? {
        Some("This account does not want messages from you")
    } else if other.accepts_chat_messages != Some(true) {
        Some("This account does not accept chat messages")
    } else {
        None
    })
}

/// Adds a message, puts it into the chat of each side that lives here, and tells the one it is for.
pub fn insert(tx: &Tx, new: &NewMessage, to: AccountId) -> Result<()> {
    messages::insert(tx, new)?;
    for (owner, other) in [(new.account, to), (to, new.account)] {
        if users::by_id(tx, owner)?.is_some() {
            let chat = chats::open(tx, owner, other)?;
            chats::bump(tx, chat)?;
            messages::enter(tx, chat, new.id, owner == to)?;
            tx.emit(Event::Chat { owner, chat });
        }
    }
    notifications::of_chat_message(tx, to, new.account, new.id)
}

/// Marks all messages of a chat up to that one as read.
pub fn read_up_to(tx: &Tx, me: AccountId, chat: ChatId, last: ChatMessageId) -> Result<()> {
    owned(tx, me, chat)?;
    tx.emit(Event::Chat { owner: me, chat });
    messages::mark_read(tx, chat, ChatMessageId(0), last)
}

/// Marks a message as read.
pub fn read(tx: &Tx, me: AccountId, chat: ChatId, message: ChatMessageId) -> Result<()> {
    owned(tx, me, chat)?;
    messages::author(tx, chat, message)?.ok_or_else(not_found)?;
    tx.emit(Event::Chat { owner: me, chat });
    messages::mark_read(tx, chat, message, message)
}

/// Deletes a message: one's own for both sides, the other's from one's own view.
pub fn delete(tx: &Tx, me: AccountId, chat: ChatId, message: ChatMessageId) -> Result<()> {
    let refused = || Error::BadRequest("could_not_delete".into());
    chats::one(tx, me, chat)?.ok_or_else(refused)?;
    if messages::author(tx, chat, message)?.ok_or_else(refused)? == me {
        if let Some(said) = messages::said(tx, message)? {
            let other = owned(tx, me, chat)?.other;
            outgoing::chat_deletion(tx, said.uri, me, other)?;
        }
        remove(tx, message)
    } else {
        tx.emit(Event::Chat { owner: me, chat });
        messages::remove_from(tx, chat, message)
    }
}

/// Takes a message from both sides, with its file.
pub fn remove(tx: &Tx, message: ChatMessageId) -> Result<()> {
    for (owner, chat) in messages::held_in(tx, message)? {
        tx.emit(Event::Chat { owner, chat });
    }
    let media = messages::remove(tx, message)?;
    media::discard(tx, &media, Duration::ZERO)
}
