//! The Status entity (mastodon-api 2.5, pleroma-contract A.2). What everybody sees is a [`StatusCore`], rendered once per
//! revision; what depends on the viewer is read for every showing in one statement.

mod core;
mod page;
mod poll;
mod quote;

pub use self::core::StatusCore;
pub use self::poll::Poll;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use self::core::{BodyOf, HeadOf, PleromaOf};
use super::View;
use super::filter::{FilterResult, Matches};
use super::reaction::Reaction;
use crate::clock::Timestamp;
use crate::db;
use crate::db::filters::Context;
use crate::db::statuses::StatusState;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FolderId, StatusId};
use page::Page;
use quote::{Quote, QuoteApproval};

/// Status.
#[derive(Serialize)]
pub struct Status {
    #[serde(flatten)]
    head: HeadOf,
    #[serde(flatten)]
    body: BodyOf,
    account: Arc<RawValue>,
    #[serde(skip)]
    author: AccountId,
    reblog: Option<Box<Status>>,
    poll: Option<Poll>,
    favourited: bool,
    reblogged: bool,
    bookmarked: bool,
    muted: bool,
    pinned: bool,
    filtered: Vec<FilterResult>,
    quote: Option<Quote>,
    quote_approval: QuoteApproval,
    emoji_reactions: Arc<[Reaction]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    pleroma: Pleroma,
    #[serde(skip)]
    is_own: bool,
}

#[derive(Serialize)]
struct Pleroma {
    #[serde(flatten)]
    core: PleromaOf,
    direct_conversation_id: Option<i64>,
    expires_at: Option<Timestamp>,
    thread_muted: bool,
    emoji_reactions: Arc<[Reaction]>,
    parent_visible: bool,
    pinned_at: Option<Timestamp>,
    quote: Option<Arc<Status>>,
    quote_id: Option<StatusId>,
    quote_url: Option<String>,
    quote_visible: bool,
    bookmark_folder: Option<FolderId>,
}

impl Status {
    /// Adds the source text, as the answer to a deletion carries it.
    pub fn with_text(mut self, text: Option<String>) -> Status {
        self.text = text;
        self
    }

    /// Its poll alone.
    pub fn into_poll(self) -> Option<Poll> {
        self.poll
    }

    /// Who wrote it, or reblogged it.
    pub fn author(&self) -> AccountId {
        self.author
    }

    /// Its id.
    pub fn id(&self) -> StatusId {
        self.head.0.id()
    }

    /// Whether a filter of the viewer's hides it in that context. Nobody's own posts are hidden from themselves.
    pub fn is_hidden_in(&self, context: Context) -> bool {
        let mut hiding = self.filtered.iter();
        !self.is_own && hiding.any(|result| result.hides_in(context))
    }
}

impl View<'_> {
    /// Statuses in the order of the ids. The ids come from lists made through the visibility predicate.
    pub fn statuses(&self, ids: &[StatusId]) -> Result<Vec<Status>> {
        let states = self.states(ids)?;
        let cores = self.cores(&states)?;
        let authors: BTreeSet<(AccountId, i64)> = states
            .iter()
            .map(|state| (state.account, state.account_rev))
            .collect();
        let accounts = self.rendered(&authors.into_iter().collect::<Vec<_>>())?;
        let filtered = match states.first() {
            Some(state) if state.viewer_filters => self.filtered(&cores)?,
            _ => Matches::default(),
        };
        let reactions = self.reactions(&states)?;
        let votes = self.votes(&cores)?;
        let states: HashMap<StatusId, StatusState> =
            states.into_iter().map(|state| (state.id, state)).collect();
        let page = Page {
            view: self,
            states: &states,
            cores: &cores,
            accounts: &accounts,
            filtered: &filtered,
            reactions,
            votes,
        };
        Ok(ids.iter().filter_map(|id| page.status(*id)).collect())
    }

    /// How the statuses of a page stand, and those that they reblog and quote. Most pages quote nothing.
    fn states(&self, ids: &[StatusId]) -> Result<Vec<StatusState>> {
        let mut states = db::statuses::states(self.db, self.viewer, ids)?;
        let known: BTreeSet<StatusId> = states.iter().map(|state| state.id).collect();
        let quoted: BTreeSet<StatusId> = states.iter().filter_map(quote::wanted).collect();
        let quoted: Vec<StatusId> = quoted.difference(&known).copied().collect();
        if !quoted.is_empty() {
            states.extend(db::statuses::states(self.db, self.viewer, &quoted)?);
        }
        Ok(states)
    }

    /// The viewer's votes in the polls of a page. Most pages have none.
    fn votes(
        &self,
        cores: &HashMap<StatusId, Arc<StatusCore>>,
    ) -> Result<HashMap<StatusId, Vec<i64>>> {
        let polls = cores.values().filter(|core| core.poll.is_some());
        let polls: Vec<StatusId> = polls.map(|core| core.id()).collect();
        match self.viewer {
            Some(viewer) if !polls.is_empty() => db::polls::own_votes(self.db, viewer, &polls),
            _ => Ok(HashMap::new()),
        }
    }

    /// What the viewer's filters match among these.
    fn filtered(&self, cores: &HashMap<StatusId, Arc<StatusCore>>) -> Result<Matches> {
        let ids: Vec<StatusId> = cores.keys().copied().collect();
        let filters = self.filters(&ids)?;
        let matches = cores.iter().map(|(id, core)| {
            let matches = filters.matching(*id, || core.words());
            (*id, matches)
        });
        Ok(matches.filter(|(_, matches)| !matches.is_empty()).collect())
    }

    /// One status, 404 when unknown.
    pub fn status(&self, id: StatusId) -> Result<Status> {
        self.statuses(&[id])?.pop().ok_or(Error::record())
    }
}
