//! Reactions with the people behind them (pleroma-contract 20.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use crate::db;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

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
}
