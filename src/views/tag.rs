//! The Tag entity (mastodon-api 2.8), with its use in the last week.

use std::collections::HashMap;

use serde::Serialize;

use super::{View, tag_url};
use crate::db::tags::{self, TagRow};
use crate::db::trends::{self, Use};
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

/// One day of a tag's or link's history. Numbers are strings, as clients expect.
#[derive(Serialize)]
pub(super) struct Day {
    day: String,
    uses: String,
    accounts: String,
}

impl View<'_> {
    /// Tags in the order of the folded names, unknown ones too.
    pub fn tags(&self, names: &[String]) -> Result<Vec<Tag>> {
        let rows = tags::page(self.db, self.viewer, names)?;
        let known: Vec<i64> = rows.iter().filter_map(|row| row.id).collect();
        let history = History::of(trends::tag_history(self.db, &known, History::start())?);
        let tag = |row: TagRow| Tag {
            history: history.days(row.id),
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

/// Use by day of everything on a page.
pub(super) struct History {
    today: i64,
    used: HashMap<(i64, i64), Use>,
}

impl History {
    /// The first day that is shown.
    pub fn start() -> i64 {
        tags::today() - DAYS + 1
    }

    /// Takes what was read from [`History::start`] on.
    pub fn of(used: Vec<Use>) -> History {
        History {
            today: tags::today(),
            used: used
                .into_iter()
                .map(|used| ((used.id, used.day), used))
                .collect(),
        }
    }

    /// The days of one tag or link, newest first; zeros for what nobody used yet.
    pub fn days(&self, id: Option<i64>) -> Vec<Day> {
        let days = (0..DAYS).map(|ago| {
            let day = self.today - ago;
            let used = id.and_then(|id| self.used.get(&(id, day)));
            Day {
                day: (day * 86_400).to_string(),
                uses: used.map_or(0, |used| used.uses).to_string(),
                accounts: used.map_or(0, |used| used.accounts).to_string(),
            }
        });
        days.collect()
    }
}
