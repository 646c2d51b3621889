//! Messages in chats, as Pleroma knows them: for one person, never for everybody.

use rusqlite::Connection;
use serde::Serialize;

use super::note::{Attachment, attachment};
use super::{Tag, emoji_tags};
use crate::clock::Timestamp;
use crate::db::accounts::AccountRow;
use crate::db::chats::messages::Said;
use crate::db::media;
use crate::error::Result;
use crate::ids::ChatMessageId;
use crate::views::House;

/// A message of ours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    id: String,
    r#type: &'static str,
    attributed_to: String,
    actor: String,
    to: Vec<String>,
    cc: Vec<String>,
    published: Timestamp,
    content: String,
    tag: Vec<Tag>,
    attachment: Vec<Attachment>,
}

impl ChatMessage {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When it was said.
    pub fn published(&self) -> Timestamp {
        self.published
    }

    /// Loads what hangs on it.
    pub fn load(
        db: &Connection,
        house: &House,
        id: ChatMessageId,
        said: Said,
        from: &AccountRow,
        to: &AccountRow,
    ) -> Result<ChatMessage> {
        let content = said.content.unwrap_or_default();
        let files = media::of_chat_messages(db, &[id])?.into_iter();
        Ok(ChatMessage {
            id: said.uri,
            r#type: "ChatMessage",
            attributed_to: from.uri.clone(),
            actor: from.uri.clone(),
            to: vec![to.uri.clone()],
            cc: Vec::new(),
            published: said.created_at,
            tag: emoji_tags(&[&content], &house.emojis, &house.base),
            attachment: files.map(|(_, row)| attachment(house, row)).collect(),
            content,
        })
    }
}
