//! The Notification entity (mastodon-api 2.7, pleroma-contract A.6).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::View;
use crate::clock::Timestamp;
use crate::db;
use crate::db::filters::Context;
use crate::db::notifications::Kind;
use crate::db::notifications::listing::NotificationRow;
use crate::error::Result;
use crate::ids::{AccountId, ChatMessageId, NotificationId, ReportId, StatusId};

/// Notification.
#[derive(Serialize)]
pub struct Notification {
    id: NotificationId,
    r#type: String,
    created_at: Timestamp,
    group_key: String,
    account: Arc<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Arc<RawValue>>,
    #[serde(flatten)]
    reaction: Option<Reaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_message: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Arc<RawValue>>,
    pleroma: Pleroma,
}

#[derive(Serialize)]
struct Reaction {
    emoji: String,
    emoji_url: Option<String>,
}

#[derive(Serialize)]
struct Pleroma {
    is_seen: bool,
    is_muted: bool,
}

/// What the notifications of a page show, each once.
struct Shown {
    accounts: HashMap<AccountId, Arc<RawValue>>,
    statuses: HashMap<StatusId, Arc<RawValue>>,
    chat_messages: HashMap<ChatMessageId, Arc<RawValue>>,
    reports: HashMap<ReportId, Arc<RawValue>>,
}

impl View<'_> {
    /// A page of notifications. One whose actor or status is gone is left out: clients cannot do without.
    pub fn notifications(&self, rows: Vec<NotificationRow>) -> Result<Vec<Notification>> {
        let people: BTreeSet<AccountId> = rows
            .iter()
            .flat_map(|row| row.moved_to.into_iter().chain([row.actor]))
            .collect();
        let people: Vec<AccountId> = people.into_iter().collect();
        let statuses: BTreeSet<StatusId> = rows.iter().filter_map(|row| row.status).collect();
        let statuses: Vec<StatusId> = statuses.into_iter().collect();
        let rendered = self.statuses(&statuses)?.into_iter();
        // What a filter hides is missing here, so that nothing is told of it.
        let rendered = rendered.filter(|status| !status.is_hidden_in(Context::Notifications));
        let rendered = rendered.map(|status| Ok((status.id(), Arc::from(to_raw_value(&status)?))));
        let messages: Vec<_> = rows.iter().filter_map(|row| row.chat_message).collect();
        let messages = self.chat_messages(&messages)?.into_iter();
        let messages =
            messages.map(|message| Ok((message.id(), Arc::from(to_raw_value(&message)?))));
        let reports: Vec<_> = rows.iter().filter_map(|row| row.report).collect();
        let shown = Shown {
            accounts: self.rendered(&db::accounts::revs(self.db, &people)?)?,
            statuses: rendered.collect::<Result<_>>()?,
            chat_messages: messages.collect::<Result<_>>()?,
            reports: self.shown_reports(&reports)?,
        };
        Ok(rows
            .into_iter()
            .filter_map(|row| self.notification(row, &shown))
            .collect())
    }

    /// Reports that admins are told of. Whoever is an admin no longer is shown none.
    fn shown_reports(&self, ids: &[ReportId]) -> Result<HashMap<ReportId, Arc<RawValue>>> {
        if ids.is_empty() || !self.admin {
            return Ok(HashMap::new());
        }
        let rows = db::reports::by_ids(self.db, ids)?;
        let reports = self.admin_reports(rows)?.into_iter();
        let reports = reports.map(|report| Ok((report.id(), Arc::from(to_raw_value(&report)?))));
        reports.collect()
    }

    fn notification(&self, row: NotificationRow, shown: &Shown) -> Option<Notification> {
        let status = match row.status {
            Some(id) => Some(shown.statuses.get(&id)?.clone()),
            None => None,
        };
        let chat_message = match row.chat_message {
            Some(id) => Some(shown.chat_messages.get(&id)?.clone()),
            None => None,
        };
        let report = match row.report {
            Some(id) => Some(shown.reports.get(&id)?.clone()),
            None => None,
        };
        let target = row.moved_to.filter(|_| row.kind == Kind::Move.name());
        let target = target.and_then(|id| shown.accounts.get(&id).cloned());
        let reaction = row.emoji.map(|emoji| Reaction {
            emoji_url: self.emoji_picture(&emoji, row.emoji_url.as_deref()),
            emoji,
        });
        Some(Notification {
            id: row.id,
            r#type: row.kind,
            created_at: row.created_at,
            group_key: format!("ungrouped-{}", row.id),
            account: shown.accounts.get(&row.actor)?.clone(),
            status,
            reaction,
            target,
            chat_message,
            report,
            pleroma: Pleroma {
                is_seen: row.seen,
                is_muted: row.muted,
            },
        })
    }
}
