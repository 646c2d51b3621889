//! The Relationship entity: how the viewer and another account stand to each other (mastodon-api 2.8, pleroma-contract A.8).

use rusqlite::Connection;
use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::account::raw;
use crate::clock::Timestamp;
use crate::db::accounts;
use crate::db::relationships::{self, RelationshipRow};
use crate::error::{Error, Result};
use crate::events::FollowState;
use crate::ids::AccountId;

/// Relationship.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Relationship {
    pub id: AccountId,
    pub following: bool,
    pub showing_reblogs: bool,
    pub notifying: bool,
    pub languages: Option<Box<RawValue>>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub mute_expires_at: Option<Timestamp>,
    pub requested: bool,
    pub requested_by: bool,
    pub domain_blocking: bool,
    pub endorsed: bool,
    pub subscribing: bool,
    pub note: String,
}

impl From<RelationshipRow> for Relationship {
    fn from(row: RelationshipRow) -> Relationship {
        Relationship {
            id: row.id,
            following: row.follow_pending == Some(false),
            // As in Pleroma, nobody's reblogs are hidden until somebody says so.
            showing_reblogs: row.show_reblogs.unwrap_or(true),
            notifying: row.subscribing,
            languages: row.languages.map(|languages| raw(&languages, "[]")),
            followed_by: row.follower_pending == Some(false),
            blocking: row.blocking,
            blocked_by: row.blocked_by,
            muting: row.mute_notifications.is_some(),
            muting_notifications: row.mute_notifications == Some(true),
            mute_expires_at: row.mute_expires_at,
            requested: row.follow_pending == Some(true),
            requested_by: row.follower_pending == Some(true),
            domain_blocking: row.domain_blocking,
            endorsed: row.endorsed,
            subscribing: row.subscribing,
            note: row.note,
        }
    }
}

impl View<'_> {
    /// Relationships in the order of the ids, none for strangers. Unknown accounts are left out; hidden ones too, unless
    /// the caller's list is one of accounts that may be seen.
    pub fn relationships(&self, ids: &[AccountId], with_hidden: bool) -> Result<Vec<Relationship>> {
        let Some(viewer) = self.viewer else {
            return Ok(Vec::new());
        };
        let rows = relationships::page(self.db, viewer, ids, with_hidden)?;
        Ok(rows.into_iter().map(Relationship::from).collect())
    }
}

/// The relationship after a change, be the other account hidden or not.
pub fn one(db: &Connection, viewer: AccountId, other: AccountId) -> Result<Relationship> {
    let mut rows = relationships::page(db, viewer, &[other], true)?;
    rows.pop().map(Relationship::from).ok_or(Error::record())
}

/// How a follow stands, with what it did to both accounts: `pleroma:follow_relationships_update` (pleroma-contract A.10).
#[derive(Serialize)]
pub struct Change {
    state: &'static str,
    follower: Side,
    following: Side,
}

#[derive(Serialize)]
struct Side {
    id: AccountId,
    follower_count: i64,
    following_count: i64,
}

/// What the follower's clients are told of a change; `None` when one of the two is gone. Hidden numbers are 0, but for one's own.
pub fn change(
    db: &Connection,
    follower: AccountId,
    target: AccountId,
    state: FollowState,
) -> Result<Option<Change>> {
    let (Some(one), Some(other)) = (accounts::by_id(db, follower)?, accounts::by_id(db, target)?)
    else {
        return Ok(None);
    };
    Ok(Some(Change {
        state: match state {
            FollowState::Pending => "follow_pending",
            FollowState::Accepted => "follow_accept",
            FollowState::Rejected => "follow_reject",
        },
        follower: Side {
            id: one.id,
            follower_count: one.followers_count,
            following_count: one.following_count,
        },
        following: Side {
            id: other.id,
            follower_count: if other.hide_followers_count {
                0
            } else {
                other.followers_count
            },
            following_count: if other.hide_follows_count {
                0
            } else {
                other.following_count
            },
        },
    }))
}
