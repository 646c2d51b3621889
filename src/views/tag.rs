//! The Tag entity (mastodon-api 2.8), with its use in the last week.

use std::collections::HashMap;

use serde::Serialize;

use super::{View, tag_url};
use crate::db::tags::{self, TagRow, Use};
use crate::error::Result;

/// Days of history that are shown.
const DAYS: i64 = 7;

/// Tag.
#[derive(Serialize)]
pub struct Tag {
    id: String,
    name: String,
    url: String,
    history: Vec<Day>,
    following: bool,
    featuring: bool,
}

/// One day of a tag's history. Numbers are strings, as clients expect.
#[derive(Serialize)]
struct Day {
    day: String,
    uses: String,
    accounts: String,
}

impl View<'_> {
    /// Tags in the order of the folded names, unknown ones too.
    pub fn tags(&self, names: &[String]) -> Result<Vec<Tag>> {
        let rows = tags::page(self.db, self.viewer, names)?;
        let known: Vec<i64> = rows.iter().filter_map(|row| row.id).collect();
        let today = tags::today();
        let used = tags::history(self.db, &known, today - DAYS + 1)?;
        let used: HashMap<(i64, i64), Use> = used
            .into_iter()
            .map(|used| ((used.tag, used.day), used))
            .collect();
        let tag = |row: TagRow| Tag {
            history: history(row.id, today, &used),
            // A tag that nobody used yet has no id.
            id: row.id.unwrap_or(0).to_string(),
            url: tag_url(&self.house.base, &row.name),
            name: row.name,
            following: row.following,
            featuring: row.featuring,
        };
        Ok(rows.into_iter().map(tag).collect())
    }
}

/// Newest day first.
fn history(tag: Option<i64>, today: i64, used: &HashMap<(i64, i64), Use>) -> Vec<Day> {
    let days = (0..DAYS).map(|ago| {
        let day = today - ago;
        let used = tag.and_then(|tag| used.get(&(tag, day)));
        Day {
            day: (day * 86_400).to_string(),
            uses: used.map_or(0, |used| used.uses).to_string(),
            accounts: used.map_or(0, |used| used.accounts).to_string(),
        }
    });
    days.collect()
}
