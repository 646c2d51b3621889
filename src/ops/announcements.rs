//! Announcements: making and changing them, reading them, reacting to them.

use super::reactions::Emoji;
use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::db::Tx;
use crate::db::announcements::{self, AnnouncementRow};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{AccountId, AnnouncementId};
use crate::text::format::{ContentType, Links, render};

/// Characters in an announcement.
const LENGTH: usize = 10_000;
/// Different emoji on one announcement.
const MAX_EMOJI: usize = 8;

/// What an admin sets of an announcement; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its text.
    pub content: Option<String>,
    /// From when it is shown; `Some(None)`: at once.
    pub starts_at: Option<Option<Timestamp>>,
    /// Until when it is shown; `Some(None)`: for ever.
    pub ends_at: Option<Option<Timestamp>>,
    /// The two above are meant as days.
    pub all_day: Option<bool>,
}

/// Makes an announcement. The change must have a text.
pub fn create(tx: &Tx, base: &BaseUrl, change: &Change) -> Result<AnnouncementRow> {
    let now = Timestamp::now();
    let blank = AnnouncementRow {
        id: AnnouncementId::new(),
        source: String::new(),
        content: String::new(),
        tags: "[]".into(),
        starts_at: None,
        ends_at: None,
        all_day: false,
        published_at: now,
        updated_at: now,
    };
    apply(tx, base, blank, change)
}

/// Changes an announcement.
pub fn update(
    tx: &Tx,
    base: &BaseUrl,
    id: AnnouncementId,
    change: &Change,
) -> Result<AnnouncementRow> {
    apply(tx, base, announcements::one(tx, id)?, change)
}

fn apply(
    tx: &Tx,
    base: &BaseUrl,
    mut row: AnnouncementRow,
    change: &Change,
) -> Result<AnnouncementRow> {
    if let Some(text) = &change.content {
        let text = text.trim();
        if text.chars().count() > LENGTH {
            return Err(Error::Invalid(format!(
                "The announcement is longer than {LENGTH} characters"
            )));
        }
        let rendered = render(text, ContentType::Plain, &Links::new(base.as_str()));
        row.tags = serde_json::to_string(&rendered.hashtags)?;
        row.content = rendered.html;
        row.source = text.to_owned();
    }
    if row.source.is_empty() {
        return Err(Error::Invalid("The announcement is empty".into()));
    }
    row.starts_at = change.starts_at.unwrap_or(row.starts_at);
    row.ends_at = change.ends_at.unwrap_or(row.ends_at);
    row.all_day = change.all_day.unwrap_or(row.all_day);
    if let (Some(starts), Some(ends)) = (row.starts_at, row.ends_at)
        && ends < starts
    {
        return Err(Error::Invalid(
            "The announcement ends before it starts".into(),
        ));
    }
    row.updated_at = Timestamp::now();
    announcements::put(tx, &row)?;
    tx.emit(Event::Announced(row.id));
    Ok(row)
}

/// Removes an announcement; 404 when it is unknown.
pub fn delete(tx: &Tx, id: AnnouncementId) -> Result<()> {
    match announcements::delete(tx, id)? {
        true => {
            tx.emit(Event::AnnouncementDeleted(id));
            Ok(())
        }
        false => Err(Error::record()),
    }
}

/// An announcement that is shown at present; 404 for any other.
fn shown(tx: &Tx, id: AnnouncementId) -> Result<AnnouncementRow> {
    let mut shown = announcements::shown(tx)?.into_iter();
    shown.find(|row| row.id == id).ok_or(Error::record())
}

/// Marks an announcement as read.
pub fn dismiss(tx: &Tx, me: AccountId, id: AnnouncementId) -> Result<()> {
    announcements::mark_read(tx, shown(tx, id)?.id, me)
}

/// Reacts to an announcement; twice is once. That a local emoji exists is the caller's care.
pub fn react(tx: &Tx, me: AccountId, id: AnnouncementId, emoji: &Emoji) -> Result<()> {
    let id = shown(tx, id)?.id;
    let present = announcements::tallies(tx, Some(me), &[id])?;
    let is_new = !present.iter().any(|tally| tally.emoji == emoji.name());
    if is_new && present.len() >= MAX_EMOJI {
        return Err(Error::Invalid(format!(
            "There are no more than {MAX_EMOJI} different reactions"
        )));
    }
    tx.emit(Event::AnnouncementReaction(id, emoji.name().to_owned()));
    announcements::react(tx, id, me, emoji.name())
}

/// Takes a reaction back, if there is one.
pub fn unreact(tx: &Tx, me: AccountId, id: AnnouncementId, emoji: &Emoji) -> Result<()> {
    let id = shown(tx, id)?.id;
    tx.emit(Event::AnnouncementReaction(id, emoji.name().to_owned()));
    announcements::unreact(tx, id, me, emoji.name())
}
