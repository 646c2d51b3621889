//! Grouped notifications (mastodon-api 2.7): what happened to one status in one way, or who followed on one day, as one entry.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::status::Status;
use crate::clock::Timestamp;
use crate::db;
use crate::db::filters::Context;
use crate::db::notifications::Kind;
use crate::db::notifications::listing::NotificationRow;
use crate::error::Result;
use crate::ids::{AccountId, NotificationId, StatusId};

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// What belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What was done to one status in one way.
    Of(Kind, StatusId),
    /// Follows of one day, counted from 1970.
    Follows(i64),
    /// One notification alone.
    Alone(NotificationId),
}

impl Group {
    /// The kinds that clients may ask to have grouped.
    pub const KINDS: [Kind; 3] = [Kind::Favourite, Kind::Reblog, Kind::Follow];

    /// Where a notification belongs when these kinds are grouped.
    pub fn of(row: &NotificationRow, grouped: &[Kind]) -> Group {
        let kind = grouped.iter().find(|kind| kind.name() == row.kind);
        match (kind, row.status) {
            (Some(Kind::Follow), _) => Group::Follows(row.created_at.0.div_euclid(DAY)),
            (Some(kind), Some(status)) => Group::Of(*kind, status),
            _ => Group::Alone(row.id),
        }
    }

    /// Reads a key.
    pub fn parse(key: &str) -> Option<Group> {
        let (kind, number) = key.split_once('-')?;
        let number: i64 = number.parse().ok()?;
        match kind {
            "ungrouped" => Some(Group::Alone(NotificationId(number))),
            "follow" => Some(Group::Follows(number)),
            _ => {
                let kind = Group::KINDS
                    .into_iter()
                    .find(|known| known.name() == kind)?;
                Some(Group::Of(kind, StatusId(number)))
            }
        }
    }

    /// Its key: the same for all that belongs together.
    pub fn key(self) -> String {
        match self {
            Group::Of(kind, status) => format!("{}-{status}", kind.name()),
            Group::Follows(day) => format!("follow-{day}"),
            Group::Alone(id) => format!("ungrouped-{id}"),
        }
    }

    /// The moments between which all of it lies: start and end, exclusive.
    pub fn span(self) -> Option<(Timestamp, Timestamp)> {
        match self {
            Group::Follows(day) => {
                let start = |day: i64| Timestamp(day.saturating_mul(DAY));
                Some((start(day), start(day.saturating_add(1))))
            }
            _ => None,
        }
    }
}

/// GroupedNotificationsResults.
#[derive(Serialize)]
pub struct Grouped {
    accounts: Vec<Arc<RawValue>>,
    statuses: Vec<Status>,
    notification_groups: Vec<NotificationGroup>,
}

/// NotificationGroup. Its newest notification's id is a number, as clients decode it.
#[derive(Serialize)]
struct NotificationGroup {
    group_key: String,
    notifications_count: i64,
    r#type: String,
    most_recent_notification_id: i64,
    page_min_id: NotificationId,
    page_max_id: NotificationId,
    latest_page_notification_at: Timestamp,
    sample_account_ids: Vec<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_id: Option<StatusId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji_url: Option<String>,
}

/// People shown of a group.
const SAMPLE: usize = 8;

/// A group as a page shows it.
pub struct Members {
    /// What they have in common.
    pub group: Group,
    /// Those of its notifications that stand on the page, newest first.
    pub rows: Vec<NotificationRow>,
    /// How many it has, on the page or not.
    pub total: i64,
}

impl View<'_> {
    /// Groups in the order given. A group whose status is gone, or hidden by a filter, is left out.
    pub fn notification_groups(&self, groups: Vec<Members>) -> Result<Grouped> {
        let rows = groups.iter().flat_map(|members| &members.rows);
        let statuses: BTreeSet<StatusId> = rows.filter_map(|row| row.status).collect();
        let mut statuses = self.statuses(&Vec::from_iter(statuses))?;
        statuses.retain(|status| !status.is_hidden_in(Context::Notifications));
        let shown: HashSet<StatusId> = statuses.iter().map(Status::id).collect();
        let groups: Vec<NotificationGroup> = groups
            .into_iter()
            .filter(|members| {
                let status = members.rows.first().and_then(|row| row.status);
                status.is_none_or(|status| shown.contains(&status))
            })
            .filter_map(|members| self.notification_group(&members))
            .collect();
        let people = groups.iter().flat_map(|group| &group.sample_account_ids);
        let people: BTreeSet<AccountId> = people.copied().collect();
        Ok(Grouped {
            accounts: self.accounts(&Vec::from_iter(people))?,
            statuses,
            notification_groups: groups,
        })
    }

    fn notification_group(&self, members: &Members) -> Option<NotificationGroup> {
        let Members { group, rows, total } = members;
        let (newest, oldest) = (rows.first()?, rows.last()?);
        let emoji = newest.emoji.clone();
        Some(NotificationGroup {
            group_key: group.key(),
            notifications_count: *total,
            r#type: newest.kind.clone(),
            most_recent_notification_id: newest.id.0,
            page_min_id: oldest.id,
            page_max_id: newest.id,
            latest_page_notification_at: newest.created_at,
            sample_account_ids: rows.iter().map(|row| row.actor).take(SAMPLE).collect(),
            status_id: newest.status,
            emoji_url: emoji
                .as_ref()
                .and_then(|emoji| self.emoji_picture(emoji, newest.emoji_url.as_deref())),
            emoji,
        })
    }

    /// The people behind a group, the latest first.
    pub fn group_accounts(&self, rows: &[NotificationRow]) -> Result<Vec<Arc<RawValue>>> {
        let people: Vec<AccountId> = rows.iter().map(|row| row.actor).collect();
        let mut rendered = self.rendered(&db::accounts::revs(self.db, &people)?)?;
        Ok(people.iter().filter_map(|id| rendered.remove(id)).collect())
    }
}
