//! Chats and the messages in them (mastodon-api 2.8, pleroma-contract E).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::emoji::{self, Emoji};
use super::media::{self, Attachment};
use crate::clock::Timestamp;
use crate::db;
use crate::db::chats::ChatRow;
use crate::db::chats::messages::{self, ChatMessageRow};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ChatId, ChatMessageId};

/// Chat.
#[derive(Serialize)]
pub struct Chat {
    id: ChatId,
    account: Arc<RawValue>,
    unread: i64,
    last_message: Option<ChatMessage>,
    updated_at: Timestamp,
    pinned: bool,
}

/// ChatMessage.
#[derive(Serialize)]
pub struct ChatMessage {
    id: ChatMessageId,
    chat_id: ChatId,
    account_id: AccountId,
    content: Option<String>,
    created_at: Timestamp,
    emojis: Vec<Emoji>,
    attachment: Option<Attachment>,
    card: Option<()>,
    unread: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
}

impl ChatMessage {
    /// Its id.
    pub fn id(&self) -> ChatMessageId {
        self.id
    }
}

impl View<'_> {
    /// The viewer's chats, in the order of the rows.
    pub fn chats(&self, rows: Vec<ChatRow>) -> Result<Vec<Chat>> {
        let others: Vec<AccountId> = rows.iter().map(|row| row.other).collect();
        let accounts = self.rendered(&db::accounts::revs(self.db, &others)?)?;
        let last: Vec<ChatMessageId> = rows.iter().filter_map(|row| row.last_message).collect();
        let messages = self.chat_messages(&last)?.into_iter();
        let mut messages: HashMap<ChatMessageId, ChatMessage> =
            messages.map(|message| (message.id, message)).collect();
        let shown = rows.into_iter().map(|row| {
            Ok(Chat {
                id: row.id,
                account: accounts.get(&row.other).cloned().ok_or(Error::record())?,
                unread: row.unread,
                last_message: row.last_message.and_then(|id| messages.remove(&id)),
                updated_at: row.updated_at(),
                pinned: false,
            })
        });
        shown.collect()
    }

    /// One chat.
    pub fn chat(&self, row: ChatRow) -> Result<Chat> {
        self.chats(vec![row])?.pop().ok_or(Error::record())
    }

    /// Messages as the viewer's chats have them, in the order of the ids; others are left out.
    pub fn chat_messages(&self, ids: &[ChatMessageId]) -> Result<Vec<ChatMessage>> {
        let Some(viewer) = self.viewer else {
            return Ok(Vec::new());
        };
        let mut attachments: HashMap<ChatMessageId, Attachment> = HashMap::new();
        for (message, row) in db::media::of_chat_messages(self.db, ids)? {
            attachments.insert(message, media::attachment(&row, self.house));
        }
        let rows = messages::by_ids(self.db, viewer, ids)?.into_iter();
        let mut rows: HashMap<ChatMessageId, ChatMessageRow> =
            rows.map(|row| (row.id, row)).collect();
        let rows = ids.iter().filter_map(|id| rows.remove(id));
        Ok(rows
            .map(|row| {
                let attachment = attachments.remove(&row.id);
                self.chat_message(row, viewer, attachment)
            })
            .collect())
    }

    fn chat_message(
        &self,
        row: ChatMessageRow,
        viewer: AccountId,
        attachment: Option<Attachment>,
    ) -> ChatMessage {
        let text = row.content.as_deref().unwrap_or_default();
        ChatMessage {
            id: row.id,
            chat_id: row.chat,
            account_id: row.account,
            emojis: if row.local {
                emoji::used_in(&[text], &self.house.emojis, &self.house.base)
            } else {
                emoji::stored(&row.emojis, self.house)
            },
            content: row.content,
            created_at: row.created_at,
            attachment,
            card: None,
            unread: row.unread,
            idempotency_key: row.idempotency_key.filter(|_| row.account == viewer),
        }
    }
}
