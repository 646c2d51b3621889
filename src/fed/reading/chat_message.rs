//! Messages in chats, as Pleroma and its kin send them.

use serde_json::Value;

use super::post::{attachment, author};
use super::{Refusal, cut, emojis};
use crate::clock::Timestamp;
use crate::fed::wire::{self, Class, PUBLIC};
use crate::ops::chats::RemoteMessage;
use crate::text::html;

/// Characters of a message.
const TEXT: usize = 10_000;

/// Reads a message: for exactly one person.
pub fn read(document: &Value) -> Result<RemoteMessage, Refusal> {
    if wire::type_of(document).0 != Class::Chat {
        return Err("not a chat message");
    }
    let id = wire::id_of(document).ok_or("a chat message without an id")?;
    let author = author(document).ok_or("a chat message without an author")?;
    if !wire::same_host(id, author) {
        return Err("a chat message and its author are on different hosts");
    }
    let mut to = wire::ids(wire::get(document, "to"));
    to.extend(wire::ids(wire::get(document, "cc")));
    let to = match to[..] {
        [one] if one != PUBLIC => one.to_owned(),
        _ => return Err("a chat message is for one person"),
    };
    let text = wire::text(document, "content").map_or("", |text| text.text);
    let content = html::sanitize(cut(text, TEXT));
    let media = wire::many(wire::get(document, "attachment"))
        .iter()
        .find_map(attachment);
    if content.is_empty() && media.is_none() {
        return Err("a chat message that says nothing");
    }
    Ok(RemoteMessage {
        uri: id.to_owned(),
        to,
        content,
        emojis: emojis(wire::get(document, "tag")),
        media,
        created_at: wire::time(wire::get(document, "published"), Timestamp::now()),
    })
}
