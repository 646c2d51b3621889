//! The Status entity as it is written.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::core::{BodyOf, HeadOf, PleromaOf};
use super::poll::Poll;
use super::quote::{Quote, QuoteApproval};
use crate::clock::Timestamp;
use crate::db::filters::Context;
use crate::ids::{AccountId, FolderId, StatusId};
use crate::views::filter::FilterResult;
use crate::views::reaction::Reaction;

/// Status.
#[derive(Serialize)]
pub(super) struct Entity {
    #[serde(flatten)]
    pub(super) head: HeadOf,
    #[serde(flatten)]
    pub(super) body: BodyOf,
    pub(super) account: Arc<RawValue>,
    #[serde(skip)]
    pub(super) author: AccountId,
    pub(super) reblog: Option<Box<Entity>>,
    pub(super) poll: Option<Poll>,
    pub(super) favourited: bool,
    pub(super) reblogged: bool,
    pub(super) bookmarked: bool,
    pub(super) muted: bool,
    pub(super) pinned: bool,
    pub(super) filtered: Vec<FilterResult>,
    pub(super) quote: Option<Quote>,
    pub(super) quote_approval: QuoteApproval,
    pub(super) emoji_reactions: Arc<[Reaction]>,
    /// The source, in the answer to a deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    pub(super) pleroma: Pleroma,
    #[serde(skip)]
    pub(super) is_own: bool,
}

#[derive(Serialize)]
pub(super) struct Pleroma {
    #[serde(flatten)]
    pub(super) core: PleromaOf,
    pub(super) direct_conversation_id: Option<i64>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) thread_muted: bool,
    pub(super) emoji_reactions: Arc<[Reaction]>,
    pub(super) parent_visible: bool,
    pub(super) pinned_at: Option<Timestamp>,
    pub(super) quote: Option<Arc<Entity>>,
    pub(super) quote_id: Option<StatusId>,
    pub(super) quote_url: Option<String>,
    pub(super) quote_visible: bool,
    pub(super) bookmark_folder: Option<FolderId>,
}

impl Entity {
    pub(super) fn id(&self) -> StatusId {
        self.head.0.id()
    }

    pub(super) fn is_hidden_in(&self, context: Context) -> bool {
        let mut hiding = self.filtered.iter();
        !self.is_own && hiding.any(|result| result.hides_in(context))
    }
}
