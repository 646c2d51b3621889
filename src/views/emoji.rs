//! Custom emoji: the local table, and the entity.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{House, View};
use crate::config::BaseUrl;

/// What must not stand raw in a path segment.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'\\');

/// One local custom emoji.
#[derive(Clone, Debug)]
pub struct LocalEmoji {
    /// Site-relative, percent-encoded: `/emoji/PACK/FILE`.
    pub path: String,
    /// `pack:NAME`, or what `emoji.txt` says.
    pub tags: Vec<String>,
}

/// All local custom emoji by shortcode: an immutable snapshot, replaced as a whole when the packs change.
#[derive(Default)]
pub struct EmojiTable {
    snapshot: RwLock<Arc<BTreeMap<String, LocalEmoji>>>,
    generation: AtomicU64,
}

impl EmojiTable {
    /// The present snapshot.
    pub fn all(&self) -> Arc<BTreeMap<String, LocalEmoji>> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts another snapshot in its place.
    pub fn replace(&self, emojis: BTreeMap<String, LocalEmoji>) {
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(emojis);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// How often the packs changed: what was rendered from an earlier generation is stale.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}

/// The path under which a pack's file is served.
pub fn path(pack: &str, file: &str) -> String {
    let file: Vec<String> = file
        .split('/')
        .map(|part| utf8_percent_encode(part, SEGMENT).to_string())
        .collect();
    format!(
        "/emoji/{}/{}",
        utf8_percent_encode(pack, SEGMENT),
        file.join("/")
    )
}

/// CustomEmoji inside an account or status.
#[derive(Clone, Debug, Serialize)]
pub struct Emoji {
    /// Without colons.
    pub shortcode: String,
    /// Absolute.
    pub url: String,
    /// The same: animations are not frozen.
    pub static_url: String,
    /// `false` inside other entities, as in Pleroma.
    pub visible_in_picker: bool,
}

/// How remote emoji are stored with their account or status.
#[derive(Deserialize)]
struct Stored {
    shortcode: String,
    url: String,
}

/// The emoji that texts of a local account use: every `:shortcode:` that we have.
pub fn used_in(texts: &[&str], table: &EmojiTable, base: &BaseUrl) -> Vec<Emoji> {
    let all = table.all();
    if all.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Emoji> = Vec::new();
    for code in texts
        .iter()
        .flat_map(|text| crate::text::emoji::shortcodes_in(text))
    {
        if let Some(emoji) = all.get(code)
            && !found.iter().any(|known| known.shortcode == code)
        {
            found.push(Emoji::new(code, format!("{base}{}", emoji.path)));
        }
    }
    found
}

/// The emoji stored with a remote row.
pub fn stored(json: &str, house: &House) -> Vec<Emoji> {
    let stored: Vec<Stored> = serde_json::from_str(json).unwrap_or_default();
    stored
        .into_iter()
        .map(|emoji| Emoji::new(&emoji.shortcode, house.remote_media.address(&emoji.url)))
        .collect()
}

impl Emoji {
    fn new(shortcode: &str, url: String) -> Emoji {
        Emoji {
            shortcode: shortcode.to_owned(),
            static_url: url.clone(),
            url,
            visible_in_picker: false,
        }
    }
}

impl View<'_> {
    /// The custom emoji of a text: ours are looked up, others' came with it.
    pub(super) fn emojis(
        &self,
        local: bool,
        content: &str,
        spoiler_text: &str,
        theirs: &str,
    ) -> Vec<Emoji> {
        match local {
            true => used_in(
                &[content, spoiler_text],
                &self.house.emojis,
                &self.house.base,
            ),
            false => stored(theirs, self.house),
        }
    }
}

/// The table of what the packs on disk hold; of two with one shortcode the later pack wins.
pub fn table(emojis: Vec<crate::media::packs::Emoji>) -> BTreeMap<String, LocalEmoji> {
    let entry = |emoji: crate::media::packs::Emoji| {
        (
            emoji.shortcode,
            LocalEmoji {
                path: path(emoji.pack.as_str(), emoji.file.as_str()),
                tags: emoji.tags,
            },
        )
    };
    emojis.into_iter().map(entry).collect()
}

/// CustomEmoji as the picker wants it (mastodon-api 2.8).
#[derive(Serialize)]
pub struct PickerEmoji<'a> {
    shortcode: &'a str,
    url: String,
    static_url: String,
    visible_in_picker: bool,
    tags: &'a [String],
    category: String,
}

/// Every local emoji for Mastodon's clients.
pub fn picker<'a>(all: &'a BTreeMap<String, LocalEmoji>, base: &BaseUrl) -> Vec<PickerEmoji<'a>> {
    let entry = |(shortcode, emoji): (&'a String, &'a LocalEmoji)| {
        let url = format!("{base}{}", emoji.path);
        let categories = emoji.tags.iter().map(String::as_str);
        PickerEmoji {
            shortcode,
            static_url: url.clone(),
            url,
            visible_in_picker: true,
            tags: &emoji.tags,
            category: categories
                .filter(|tag| *tag != "Custom")
                .collect::<Vec<_>>()
                .join(","),
        }
    };
    all.iter().map(entry).collect()
}

/// What Pleroma says of one emoji; the path is for the client to complete.
#[derive(Serialize)]
pub struct TaggedEmoji<'a> {
    tags: &'a [String],
    image_url: &'a str,
}

/// Every local emoji for Pleroma's clients (pleroma-contract 1).
pub fn by_shortcode(all: &BTreeMap<String, LocalEmoji>) -> BTreeMap<&str, TaggedEmoji<'_>> {
    all.iter()
        .map(|(shortcode, emoji)| {
            let tagged = TaggedEmoji {
                tags: &emoji.tags,
                image_url: &emoji.path,
            };
            (shortcode.as_str(), tagged)
        })
        .collect()
}
