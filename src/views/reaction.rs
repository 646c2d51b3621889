//! Reactions: the tallies that a status carries, and the people behind them (pleroma-contract 20.3).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use crate::db;
use crate::db::reactions::ReactionRow;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// A reaction tally.
#[derive(Clone, Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Reaction {
    pub name: String,
    pub count: usize,
    pub me: bool,
    pub url: Option<String>,
    pub account_ids: Vec<AccountId>,
}

/// One emoji and who reacted with it.
#[derive(Serialize)]
pub struct Reactors {
    name: String,
    count: usize,
    me: bool,
    url: Option<String>,
    accounts: Vec<Arc<RawValue>>,
}

impl View<'_> {
    /// Reactions to a status in order of first use, their people newest first; of one emoji alone with `only`.
    pub fn reactors(&self, status: StatusId, only: Option<&str>) -> Result<Vec<Reactors>> {
        let mut rows =
            db::reactions::of_statuses(self.db, self.viewer, self.with_muted, &[status])?;
        rows.retain(|row| only.is_none_or(|only| row.emoji == only));
        let people: BTreeSet<AccountId> = rows.iter().map(|row| row.account).collect();
        let people: Vec<AccountId> = people.into_iter().collect();
        let accounts = self.rendered(&db::accounts::revs(self.db, &people)?)?;
        let reactors = self.tally(&rows).into_iter().map(|tally| Reactors {
            accounts: tally
                .account_ids
                .iter()
                .rev()
                .filter_map(|id| accounts.get(id).cloned())
                .collect(),
            name: tally.name,
            count: tally.count,
            me: tally.me,
            url: tally.url,
        });
        Ok(reactors.collect())
    }

    /// Reactions to a page by status, oldest first.
    pub(super) fn reactions(
        &self,
        ids: Vec<StatusId>,
    ) -> Result<HashMap<StatusId, Vec<ReactionRow>>> {
        let rows = db::reactions::of_statuses(self.db, self.viewer, self.with_muted, &ids)?;
        let mut by_status: HashMap<StatusId, Vec<ReactionRow>> = HashMap::new();
        for row in rows {
            by_status.entry(row.status).or_default().push(row);
        }
        Ok(by_status)
    }

    /// Tallies of the reactions to one status, oldest emoji first.
    pub(super) fn tally(&self, rows: &[ReactionRow]) -> Vec<Reaction> {
        let mut tally: Vec<Reaction> = Vec::new();
        for row in rows {
            let me = self.viewer == Some(row.account);
            match tally.iter_mut().find(|reaction| reaction.name == row.emoji) {
                Some(reaction) => {
                    reaction.count += 1;
                    reaction.me |= me;
                    reaction.account_ids.push(row.account);
                }
                None => tally.push(Reaction {
                    name: row.emoji.clone(),
                    count: 1,
                    me,
                    url: self.emoji_picture(&row.emoji, row.url.as_deref()),
                    account_ids: vec![row.account],
                }),
            }
        }
        tally
    }

    /// The picture of what somebody reacted with: as it came with the reaction, else our own.
    pub(super) fn emoji_picture(&self, emoji: &str, theirs: Option<&str>) -> Option<String> {
        match theirs {
            Some(url) => Some(self.house.remote_media.address(url)),
            None => self.local_emoji(emoji),
        }
    }

    pub(super) fn local_emoji(&self, shortcode: &str) -> Option<String> {
        self.house
            .emojis
            .all()
            .get(shortcode)
            .map(|emoji| format!("{}{}", self.house.base, emoji.path))
    }
}
