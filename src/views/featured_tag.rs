//! The FeaturedTag entity (mastodon-api 2.8).

use serde::Serialize;

use super::View;
use super::tag_url;
use crate::clock::Timestamp;
use crate::db::featured_tags::FeaturedTagRow;
use crate::ids::FeaturedTagId;

/// FeaturedTag. The count is a string, as Mastodon has it.
#[derive(Serialize)]
pub struct FeaturedTag {
    id: FeaturedTagId,
    name: String,
    url: String,
    statuses_count: String,
    last_status_at: Option<String>,
}

impl View<'_> {
    /// The entity of a row.
    pub fn featured_tag(&self, row: FeaturedTagRow) -> FeaturedTag {
        FeaturedTag {
            id: row.id,
            url: tag_url(&self.house.base, &row.name),
            name: row.name,
            statuses_count: row.statuses_count.to_string(),
            last_status_at: row.last_status_at.map(Timestamp::date),
        }
    }
}
