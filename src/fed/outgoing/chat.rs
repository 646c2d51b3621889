//! `Create` of a message in a chat.

use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::app::App;
use crate::db::chats::messages;
use crate::db::{accounts, audience};
use crate::error::Result;
use crate::fed::documents::chat_message::ChatMessage;
use crate::fed::documents::note::create_id;
use crate::ids::{AccountId, ChatMessageId};

/// To the one whom it is for, and to nobody else.
pub fn message(
    app: &App,
    db: &Connection,
    message: ChatMessageId,
    to: AccountId,
) -> Result<Option<Parcel>> {
    let Some(row) = messages::said(db, message)? else {
        return Ok(None);
    };
    let pair = (accounts::by_id(db, row.account)?, accounts::by_id(db, to)?);
    let Some((me, to)) = pair.0.zip(pair.1) else {
        return Ok(None);
    };
    let account = row.account;
    let object = ChatMessage::load(db, app.house(), message, row, &me, &to)?;
    let to_whom = vec![to.uri.clone()];
    let mut create = Activity::new(create_id(object.id()), "Create", &me.uri, object, to_whom);
    create.published = Some(create.object.published());
    let inboxes = audience::of_people(db, &[to.id], true)?;
    Parcel::new(account, &create, inboxes).map(Some)
}
