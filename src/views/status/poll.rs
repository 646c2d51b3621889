//! The Poll entity (mastodon-api 2.6). Its text and counts look the same to everybody; whether it is over depends on the
//! moment, and who voted for what is nobody else's business.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::Timestamp;
use crate::db::polls::PollRow;
use crate::db::statuses::StatusRow;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::views::View;

/// What everybody sees of a poll.
pub struct PollCore {
    row: PollRow,
    emojis: Arc<RawValue>,
}

/// Poll.
#[derive(Serialize)]
pub struct Poll {
    id: StatusId,
    expires_at: Option<Timestamp>,
    expired: bool,
    multiple: bool,
    votes_count: i64,
    voters_count: Option<i64>,
    options: Vec<PollOption>,
    emojis: Arc<RawValue>,
    voted: bool,
    own_votes: Vec<i64>,
}

#[derive(Serialize)]
struct PollOption {
    title: String,
    votes_count: Option<i64>,
}

impl PollCore {
    /// Bytes that it holds, roughly.
    pub fn weight(&self) -> u64 {
        let titles = self
            .row
            .options
            .iter()
            .map(|(title, _)| title.len() as u64 + 40);
        titles.sum::<u64>() + self.emojis.get().len() as u64
    }

    /// The poll as somebody sees it now; to its author it looks as to somebody who voted.
    pub fn shown(&self, viewer: Option<AccountId>, author: AccountId, own_votes: Vec<i64>) -> Poll {
        let row = &self.row;
        let expired = row.is_over(Timestamp::now());
        let counted = expired || !row.hide_totals;
        let options = row.options.iter().map(|(title, votes)| PollOption {
            title: title.clone(),
            votes_count: counted.then_some(*votes),
        });
        Poll {
            id: row.status,
            expires_at: row.expires_at,
            expired,
            multiple: row.multiple,
            votes_count: row.options.iter().map(|(_, votes)| votes).sum(),
            voters_count: row.voters_count,
            options: options.collect(),
            emojis: self.emojis.clone(),
            voted: viewer == Some(author) || !own_votes.is_empty(),
            own_votes,
        }
    }
}

impl View<'_> {
    /// A poll with the custom emoji of its options.
    pub(super) fn poll_core(&self, status: &StatusRow, row: PollRow) -> Result<PollCore> {
        let titles: Vec<&str> = row
            .options
            .iter()
            .map(|(title, _)| title.as_str())
            .collect();
        let emojis = self.emojis(status.local, &titles.join("\n"), "", &status.emojis);
        Ok(PollCore {
            emojis: to_raw_value(&emojis)?.into(),
            row,
        })
    }
}
