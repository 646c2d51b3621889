//! Documents out: ActivityPub as we write it (federation.md 2 and 5). Structs, so that what is sent can be read here.

pub mod actor;
pub mod chat_message;
pub mod collection;
pub mod context;
pub mod listen;
pub mod note;
mod question;
pub mod quote;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::error::Result;
use crate::views::emoji::{EmojiTable, used_in};
use crate::web::conditional;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// The media type of what is sent and served.
pub const ACTIVITY_JSON: &str = "application/activity+json; charset=utf-8";

/// The other name of it, which we ask for first.
pub const ACCEPT: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\", application/activity+json";

/// A document with its context in front.
#[derive(Serialize)]
pub struct Document<T> {
    #[serde(rename = "@context")]
    context: &'static RawValue,
    /// What is described.
    #[serde(flatten)]
    pub thing: T,
}

impl<T> Document<T> {
    /// Puts the context in front.
    pub fn new(thing: T) -> Document<T> {
        Document {
            context: context::get(),
            thing,
        }
    }
}

/// 200 with a document. Who may see it was decided; whoever has this copy already is told so.
pub fn reply(cx: &Ctx, document: &impl Serialize) -> Result<Reply> {
    let body = serde_json::to_vec(document)?;
    let etag = conditional::etag_of(&body);
    Ok(conditional::answer(cx, &etag, || {
        Reply::bytes(ACTIVITY_JSON, body)
    }))
}

/// 410 with what is left.
pub fn gone(stone: Tombstone) -> Result<Reply> {
    let body = serde_json::to_vec(&Document::new(stone))?;
    Ok(Reply::bytes(ACTIVITY_JSON, body).status(410))
}

/// A picture.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    r#type: &'static str,
    media_type: String,
    url: String,
}

impl Image {
    /// A picture at an address; its type follows from the file's name.
    pub fn new(url: String) -> Image {
        let file = url.split('?').next().unwrap_or_default();
        Image {
            r#type: "Image",
            media_type: crate::media::mime::of_static(file).to_owned(),
            url,
        }
    }
}

/// What a text mentions, is filed under, or is decorated with.
#[derive(Clone, Serialize)]
#[serde(tag = "type")]
pub enum Tag {
    /// Somebody.
    Mention {
        /// The actor id.
        href: String,
        /// `@name@host`.
        name: String,
    },
    /// A hashtag.
    Hashtag {
        /// Its page here.
        href: String,
        /// With `#`.
        name: String,
    },
    /// A custom emoji.
    Emoji(Emoji),
    /// What is quoted (FEP-e232).
    #[serde(rename_all = "camelCase")]
    Link {
        /// That of a document.
        media_type: &'static str,
        /// That it is a quote.
        rel: &'static str,
        /// The id.
        href: String,
        /// How it is written where quotes are not known.
        name: String,
    },
}

/// A custom emoji of ours.
#[derive(Clone, Serialize)]
pub struct Emoji {
    id: String,
    /// With colons.
    name: String,
    icon: Image,
}

impl Emoji {
    /// An emoji by its shortcode and picture.
    pub fn new(base: &BaseUrl, shortcode: &str, url: String) -> Emoji {
        Emoji {
            id: base.join(&format!("/emoji/{shortcode}")),
            name: format!(":{shortcode}:"),
            icon: Image::new(url),
        }
    }
}

/// The custom emoji that texts of local people use.
pub fn emoji_tags(texts: &[&str], table: &EmojiTable, base: &BaseUrl) -> Vec<Tag> {
    used_in(texts, table, base)
        .into_iter()
        .map(|emoji| Tag::Emoji(Emoji::new(base, &emoji.shortcode, emoji.url)))
        .collect()
}

/// What is left of a thing that is gone.
#[derive(Serialize)]
pub struct Tombstone {
    id: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Timestamp>,
}

impl Tombstone {
    /// The stone of that id.
    pub fn new(id: impl Into<String>, deleted: Option<Timestamp>) -> Tombstone {
        Tombstone {
            id: id.into(),
            r#type: "Tombstone",
            deleted,
        }
    }
}
