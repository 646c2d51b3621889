//! The Announcement entity (mastodon-api 2.8).

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::emoji::{self, Emoji};
use super::{View, tag_url};
use crate::clock::Timestamp;
use crate::db::announcements::{self, AnnouncementRow, Tally};
use crate::error::Result;
use crate::ids::AnnouncementId;

/// Announcement. It names nobody and shows no posts: such links in it are plain ones.
#[derive(Serialize)]
pub struct Announcement {
    id: AnnouncementId,
    content: String,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    all_day: bool,
    published_at: Timestamp,
    updated_at: Timestamp,
    read: bool,
    mentions: [(); 0],
    statuses: [(); 0],
    tags: Vec<Tag>,
    emojis: Vec<Emoji>,
    reactions: Vec<Reaction>,
    pleroma: Pleroma,
}

#[derive(Serialize)]
struct Tag {
    name: String,
    url: String,
}

#[derive(Serialize)]
struct Pleroma {
    raw_content: String,
}

/// A reaction tally. Emoji of the Unicode table have no picture.
#[derive(Serialize)]
struct Reaction {
    name: String,
    count: i64,
    me: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_url: Option<String>,
}

/// A tally on its way to streams.
#[derive(Serialize)]
pub struct ReactionChange {
    name: String,
    count: i64,
    announcement_id: AnnouncementId,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_url: Option<String>,
}

impl View<'_> {
    /// Announcements in the order of the rows.
    pub fn announcements(&self, rows: Vec<AnnouncementRow>) -> Result<Vec<Announcement>> {
        let ids: Vec<AnnouncementId> = rows.iter().map(|row| row.id).collect();
        let read: HashSet<AnnouncementId> = match self.viewer {
            Some(viewer) => announcements::read_among(self.db, viewer, &ids)?
                .into_iter()
                .collect(),
            None => HashSet::new(),
        };
        let mut reactions: HashMap<AnnouncementId, Vec<Reaction>> = HashMap::new();
        for tally in announcements::tallies(self.db, self.viewer, &ids)? {
            let of = reactions.entry(tally.announcement).or_default();
            of.push(self.announcement_reaction(tally));
        }
        let shown = rows.into_iter().map(|row| {
            let reactions = reactions.remove(&row.id).unwrap_or_default();
            self.announcement(read.contains(&row.id), row, reactions)
        });
        shown.collect()
    }

    /// How often an announcement was reacted to with an emoji, as all who read it are told.
    pub fn announcement_reaction_change(
        &self,
        id: AnnouncementId,
        emoji: &str,
    ) -> Result<ReactionChange> {
        let mut tallies = announcements::tallies(self.db, None, &[id])?.into_iter();
        let picture = self.local_emoji(emoji);
        Ok(ReactionChange {
            name: emoji.to_owned(),
            count: tallies
                .find(|tally| tally.emoji == emoji)
                .map_or(0, |tally| tally.count),
            announcement_id: id,
            url: picture.clone(),
            static_url: picture,
        })
    }

    fn announcement_reaction(&self, tally: Tally) -> Reaction {
        let picture = self.local_emoji(&tally.emoji);
        Reaction {
            name: tally.emoji,
            count: tally.count,
            me: tally.me,
            url: picture.clone(),
            static_url: picture,
        }
    }

    fn announcement(
        &self,
        read: bool,
        row: AnnouncementRow,
        reactions: Vec<Reaction>,
    ) -> Result<Announcement> {
        let base = &self.house.base;
        let tags: Vec<String> = serde_json::from_str(&row.tags)?;
        Ok(Announcement {
            id: row.id,
            emojis: emoji::used_in(&[&row.content], &self.house.emojis, base),
            content: row.content,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            all_day: row.all_day,
            published_at: row.published_at,
            updated_at: row.updated_at,
            read,
            mentions: [],
            statuses: [],
            tags: tags
                .into_iter()
                .map(|name| Tag {
                    url: tag_url(base, &name),
                    name,
                })
                .collect(),
            reactions,
            pleroma: Pleroma {
                raw_content: row.source,
            },
        })
    }
}
