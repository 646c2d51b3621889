//! Documents in: from JSON of any server to what we store, cleaned and cut to size. No I/O; [`super::wire`] reads the parts.

pub mod actor;
pub mod chat_message;
mod poll;
pub mod post;
mod quote;

use serde_json::{Value, json};

use super::wire;
use crate::ops::reactions::Emoji;
use crate::text::{emoji, html};

/// Why a document is not taken.
pub type Refusal = &'static str;

/// Custom emoji on one thing.
const MAX_EMOJIS: usize = 50;

/// The custom emoji among tags, as they are stored: JSON `[{shortcode, url}]`.
fn emojis(tags: &Value) -> String {
    let mut found: Vec<Value> = Vec::new();
    for tag in wire::many(tags) {
        if let Some((shortcode, url)) = emoji_of(tag)
            && found.len() < MAX_EMOJIS
            && !found.iter().any(|known| known["shortcode"] == shortcode)
        {
            found.push(json!({"shortcode": shortcode, "url": url}));
        }
    }
    Value::Array(found).to_string()
}

/// Shortcode and picture of a tag, if that is a custom emoji.
pub fn emoji_of(tag: &Value) -> Option<(&str, &str)> {
    let is_emoji = wire::many(wire::get(tag, "type"))
        .iter()
        .filter_map(Value::as_str)
        .any(|kind| kind == "Emoji" || kind == "toot:Emoji");
    let name = wire::get(tag, "name").as_str().filter(|_| is_emoji)?;
    let shortcode = name.trim_matches(':');
    let picture = wire::link(wire::get(tag, "icon"), "image/")?;
    (emoji::is_shortcode(shortcode) && shortcode.len() <= 100).then_some((shortcode, picture))
}

/// The emoji of a reaction, and the picture of a custom one. What is neither is none.
pub fn reaction(json: &Value) -> Option<(Emoji, Option<&str>)> {
    let content = ["content", "_misskey_reaction"]
        .iter()
        .find_map(|name| wire::get(json, name).as_str())?;
    match Emoji::parse(content)? {
        unicode @ Emoji::Unicode(_) => Some((unicode, None)),
        custom => {
            let code = custom.name().split('@').next().unwrap_or_default();
            let is_written_so = content.starts_with(':') && content.ends_with(':');
            let tags = wire::many(wire::get(json, "tag")).iter();
            let mut pictures = tags.filter_map(emoji_of);
            let (_, picture) =
                pictures.find(|(shortcode, _)| shortcode.split('@').next() == Some(code))?;
            is_written_so.then_some((custom, Some(picture)))
        }
    }
}

/// A text without markup, of at most so many characters.
fn plain(text: &str, limit: usize) -> String {
    let text = match text.contains(['<', '&']) {
        true => html::strip_tags(text),
        false => text.trim().to_owned(),
    };
    cut(&text, limit).to_owned()
}

/// The beginning of a text.
fn cut(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
