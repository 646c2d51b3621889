//! Reactions: the tallies that a status carries, and the people behind them (pleroma-contract 20.3).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use crate::db;
use crate::db::reactions::ReactionRow;
use crate::db::statuses::StatusState;
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
        let tallies = self.tally(rows).remove(&status).unwrap_or_default();
        let reactors = tallies.into_iter().map(|tally| Reactors {
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

    /// Tallies of a page by status.
    pub(super) fn reactions(
        &self,
        states: &[StatusState],
    ) -> Result<HashMap<StatusId, Vec<Reaction>>> {
        let ids: Vec<StatusId> = states.iter().map(|state| state.id).collect();
        let rows = db::reactions::of_statuses(self.db, self.viewer, self.with_muted, &ids)?;
        let mut tallies = self.tally(rows);
        if !self.house.show_reactions {
            let all = tallies.values_mut().flatten();
            all.for_each(|reaction| reaction.account_ids.clear());
        }
        Ok(tallies)
    }

    /// Groups reactions by status and emoji, oldest emoji first.
    pub(super) fn tally(&self, rows: Vec<ReactionRow>) -> HashMap<StatusId, Vec<Reaction>> {
        let mut tallies: HashMap<StatusId, Vec<Reaction>> = HashMap::new();
        for row in rows {
            let me = self.viewer == Some(row.account);
            let tally = tallies.entry(row.status).or_default();
            match tally.iter_mut().find(|reaction| reaction.name == row.emoji) {
                Some(reaction) => {
                    reaction.count += 1;
                    reaction.me |= me;
                    reaction.account_ids.push(row.account);
                }
                None => {
                    let url = self.emoji_picture(&row.emoji, row.url.as_deref());
                    tally.push(Reaction {
                        name: row.emoji,
                        count: 1,
                        me,
                        url,
                        account_ids: vec![row.account],
                    });
                }
            }
        }
        tallies
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
