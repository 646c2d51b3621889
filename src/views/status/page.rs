//! Puts a page together from what was loaded for it, without the database.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::core::{BodyOf, HeadOf, PleromaOf, StatusCore};
use super::entity::{Entity, Pleroma};
use super::poll::Poll;
use super::quote::{self, Quote, QuoteApproval};
use crate::db::reactions::ReactionRow;
use crate::db::statuses::StatusState;
use crate::ids::{AccountId, StatusId};
use crate::views::View;
use crate::views::filter::Matches;
use crate::views::reaction::Reaction;

/// A page whose rows are all here.
pub(super) struct Page<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) states: &'a HashMap<StatusId, StatusState>,
    pub(super) cores: HashMap<StatusId, Arc<StatusCore>>,
    pub(super) accounts: HashMap<AccountId, Arc<RawValue>>,
    pub(super) filtered: Matches,
    pub(super) reactions: &'a HashMap<StatusId, Vec<ReactionRow>>,
    /// The viewer's votes.
    pub(super) votes: HashMap<StatusId, Vec<i64>>,
}

impl Page<'_> {
    pub(super) fn status(&self, id: StatusId) -> Option<Entity> {
        self.rendered(id, true)
    }

    /// A quoted status shows only the id of what it quotes in turn.
    fn rendered(&self, id: StatusId, with_quote: bool) -> Option<Entity> {
        let state = self.states.get(&id)?;
        // A wrapper shows the inner status's content, counts and the viewer's marks on it, as clients expect.
        let reblog = match state.reblog_of {
            Some(inner) => Some(Box::new(self.status(inner)?)),
            None => None,
        };
        let marks = state
            .reblog_of
            .and_then(|inner| self.states.get(&inner))
            .unwrap_or(state);
        let tally = self.tally(marks.id);
        let (head, body) = (self.cores.get(&id)?, self.cores.get(&marks.id)?);
        let is_author = self.view.viewer == Some(state.account);
        let quote_shown = quote::shown(state);
        let quoted = quote::wanted(state).filter(|_| with_quote);
        let quoted = quoted.and_then(|id| self.rendered(id, false)).map(Arc::new);
        let quote_id = quote::wanted(state);
        Some(Entity {
            head: HeadOf(head.clone()),
            body: BodyOf(body.clone()),
            account: self.accounts.get(&state.account)?.clone(),
            author: state.account,
            reblog,
            poll: self.poll(marks, body),
            favourited: marks.favourited,
            reblogged: marks.reblogged,
            bookmarked: marks.bookmark.is_some(),
            muted: state.author_muted || state.thread_muted,
            pinned: state.pinned_at.is_some(),
            filtered: self.filtered.get(&marks.id).cloned().unwrap_or_default(),
            is_own: is_author,
            quote: quote_shown.map(|state| match with_quote {
                true => Quote::Whole {
                    state,
                    quoted_status: quoted.clone(),
                },
                false => Quote::Shallow {
                    state,
                    quoted_status_id: quote_id,
                },
            }),
            quote_approval: QuoteApproval::of(marks, self.view.viewer),
            emoji_reactions: tally.clone(),
            text: None,
            pleroma: Pleroma {
                core: PleromaOf(head.clone()),
                direct_conversation_id: state.participation,
                expires_at: state.expires_at.filter(|_| is_author),
                thread_muted: state.thread_muted,
                emoji_reactions: tally,
                parent_visible: state.parent_visible,
                pinned_at: state.pinned_at,
                quote: quoted,
                quote_id,
                quote_url: state.quote_uri.clone().filter(|_| quote_id.is_some()),
                quote_visible: quote_id.is_some(),
                bookmark_folder: marks.bookmark.filter(|folder| folder.0 != 0),
            },
        })
    }

    fn tally(&self, id: StatusId) -> Arc<[Reaction]> {
        let rows = self.reactions.get(&id);
        let mut tally = self.view.tally(rows.map_or(&[], Vec::as_slice));
        if !self.view.house.show_reactions {
            let all = tally.iter_mut();
            all.for_each(|reaction| reaction.account_ids.clear());
        }
        tally.into()
    }

    fn poll(&self, state: &StatusState, core: &StatusCore) -> Option<Poll> {
        let votes = self.votes.get(&state.id).cloned().unwrap_or_default();
        let poll = core.poll.as_ref()?;
        Some(poll.shown(self.view.viewer, state.account, votes))
    }
}
