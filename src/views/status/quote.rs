//! The Quote entity and what quoting is allowed (mastodon-api 2.5, 2.6). What the viewer may not see is never in it.

use std::sync::Arc;

use serde::Serialize;

use super::entity::Entity;
use crate::db::quotes::{QuotePolicy, QuoteState};
use crate::db::statuses::StatusState;
use crate::db::visibility::Visibility;
use crate::ids::{AccountId, StatusId};

/// Quote, or inside a quoted status a ShallowQuote.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Quote {
    Whole {
        state: Shown,
        quoted_status: Option<Arc<Entity>>,
    },
    Shallow {
        state: Shown,
        quoted_status_id: Option<StatusId>,
    },
}

/// How a quote stands for one viewer.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Shown {
    Pending,
    Accepted,
    Rejected,
    Revoked,
    /// What was quoted is gone.
    Deleted,
    /// The viewer may not see it.
    Unauthorized,
}

/// How the quote of a status stands for who looks; `None` where it quotes nothing.
pub(super) fn shown(state: &StatusState) -> Option<Shown> {
    Some(match (state.quote_state?, state.quote_of) {
        (QuoteState::Pending, _) => Shown::Pending,
        (QuoteState::Rejected, _) => Shown::Rejected,
        (QuoteState::Revoked, _) => Shown::Revoked,
        (QuoteState::Accepted, None) => Shown::Deleted,
        (QuoteState::Accepted, Some(_)) if state.quote_visible => Shown::Accepted,
        (QuoteState::Accepted, Some(_)) => Shown::Unauthorized,
    })
}

/// What a page has to load to show the quote of a status.
pub(super) fn wanted(state: &StatusState) -> Option<StatusId> {
    state
        .quote_of
        .filter(|_| shown(state) == Some(Shown::Accepted))
}

/// `quote_approval`: who may quote a status, and whether the viewer may.
#[derive(Serialize)]
pub(super) struct QuoteApproval {
    automatic: &'static [&'static str],
    manual: &'static [&'static str],
    current_user: &'static str,
}

impl QuoteApproval {
    /// Only what everybody may see can be quoted by others.
    pub fn of(state: &StatusState, viewer: Option<AccountId>) -> QuoteApproval {
        let is_open = matches!(state.visibility, Visibility::Public | Visibility::Unlisted);
        let policy = match state.quote_policy {
            _ if !is_open => QuotePolicy::Nobody,
            policy => policy.unwrap_or(QuotePolicy::Public),
        };
        let is_author = viewer == Some(state.account);
        let is_quotable = is_open || state.visibility == Visibility::Private;
        let (automatic, manual): (&[_], &[_]) = match policy {
            QuotePolicy::Public => (&["public"], &[]),
            QuotePolicy::Followers => (&["followers"], &[]),
            QuotePolicy::Manual => (&[], &["public"]),
            QuotePolicy::Nobody => (&[], &[]),
        };
        let current_user = match policy {
            _ if viewer.is_none() => "denied",
            _ if is_author && is_quotable => "automatic",
            QuotePolicy::Public => "automatic",
            QuotePolicy::Followers if state.author_followed => "automatic",
            QuotePolicy::Manual => "manual",
            QuotePolicy::Followers | QuotePolicy::Nobody => "denied",
        };
        QuoteApproval {
            automatic,
            manual,
            current_user,
        }
    }
}
