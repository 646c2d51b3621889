//! The Conversation entity (mastodon-api 2.8, pleroma-contract 17).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::status::Status;
use crate::db;
use crate::db::conversations::listing::{self, ConversationRow};
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};

/// Conversation.
#[derive(Serialize)]
pub struct Conversation {
    id: String,
    unread: bool,
    accounts: Vec<Arc<RawValue>>,
    last_status: Option<Status>,
    pleroma: Pleroma,
}

#[derive(Serialize)]
struct Pleroma {
    recipients: Vec<Arc<RawValue>>,
}

impl View<'_> {
    /// The viewer's conversations, in the order of the rows.
    pub fn conversations(&self, rows: &[ConversationRow]) -> Result<Vec<Conversation>> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut people: HashMap<i64, Vec<AccountId>> = HashMap::new();
        for (conversation, account) in listing::recipients(self.db, &ids)? {
            people.entry(conversation).or_default().push(account);
        }
        let all: BTreeSet<AccountId> = people.values().flatten().copied().collect();
        let all: Vec<AccountId> = all.into_iter().collect();
        let accounts = self.rendered(&db::accounts::revs(self.db, &all)?)?;
        let last: Vec<StatusId> = rows.iter().filter_map(|row| row.last_status).collect();
        let statuses = self.statuses(&last)?.into_iter();
        let mut statuses: HashMap<StatusId, Status> =
            statuses.map(|status| (status.id(), status)).collect();
        Ok(rows
            .iter()
            .map(|row| {
                let people = people.remove(&row.id).unwrap_or_default();
                let last_status = row.last_status.and_then(|id| statuses.remove(&id));
                self.one_conversation(row, &people, last_status, &accounts)
            })
            .collect())
    }

    /// One conversation.
    pub fn conversation(&self, row: ConversationRow) -> Result<Conversation> {
        self.conversations(&[row])?.pop().ok_or(Error::record())
    }

    /// Whoever talks to nobody is shown to themselves: some clients cannot do without an account.
    fn one_conversation(
        &self,
        row: &ConversationRow,
        people: &[AccountId],
        last_status: Option<Status>,
        accounts: &HashMap<AccountId, Arc<RawValue>>,
    ) -> Conversation {
        let shown = |is_wanted: &dyn Fn(AccountId) -> bool| -> Vec<Arc<RawValue>> {
            let wanted = people.iter().filter(|id| is_wanted(**id));
            wanted.filter_map(|id| accounts.get(id).cloned()).collect()
        };
        let recipients = shown(&|_| true);
        let others = shown(&|id| Some(id) != self.viewer);
        Conversation {
            id: row.id.to_string(),
            unread: row.unread,
            accounts: if others.is_empty() {
                recipients.clone()
            } else {
                others
            },
            last_status,
            pleroma: Pleroma { recipients },
        }
    }
}
