//! Statuses as a viewer saw them last. How one looks follows from how it stands for the viewer, from the revisions that are named
//! there, and from the reactions to it: as long as these are the same, so is the text that was answered.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::entity::Entity;
use super::{Status, quote};
use crate::db::reactions::ReactionRow;
use crate::db::statuses::StatusState;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::views::View;

/// A status, who looks at it, and whether as an admin.
pub type ShownKey = (StatusId, Option<AccountId>, bool);

/// A status as it was answered, and what that followed from.
pub struct Shown {
    state: StatusState,
    reblogged: Option<StatusState>,
    reactions: Vec<ReactionRow>,
    json: Box<RawValue>,
}

impl Shown {
    /// Bytes that it holds, roughly.
    pub fn weight(&self) -> u64 {
        let states = 1 + usize::from(self.reblogged.is_some());
        let parts = states * size_of::<StatusState>() + self.reactions.len() * REACTION;
        (self.json.get().len() + parts + 100) as u64
    }
}

impl Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// Bytes of a reaction, roughly.
const REACTION: usize = size_of::<ReactionRow>() + 16;

/// How the statuses of a page stand, with those that they reblog and quote, and who reacted to them, as far as the viewer is told.
pub(super) struct States {
    pub(super) by_id: HashMap<StatusId, StatusState>,
    pub(super) reactions: HashMap<StatusId, Vec<ReactionRow>>,
}

/// All that the look of one status follows from.
struct Stand<'a> {
    state: &'a StatusState,
    reblogged: Option<&'a StatusState>,
    reactions: &'a [ReactionRow],
}

impl States {
    /// These, what they reblog, and what is quoted there.
    pub(super) fn with_inner(&self, ids: &[StatusId]) -> Vec<&StatusState> {
        let state = |id: &StatusId| self.by_id.get(id);
        let mut all: BTreeSet<StatusId> = ids.iter().copied().collect();
        all.extend(ids.iter().filter_map(|id| state(id)?.reblog_of));
        let quoted: Vec<StatusId> = all
            .iter()
            .filter_map(|id| quote::wanted(state(id)?))
            .collect();
        all.extend(quoted);
        all.iter().filter_map(state).collect()
    }

    /// How one stands, where its look follows from that alone: neither filters nor a quoted status have a say.
    fn stand(&self, id: StatusId) -> Option<Stand<'_>> {
        let state = self.by_id.get(&id)?;
        let reblogged = match state.reblog_of {
            Some(inner) => Some(self.by_id.get(&inner)?),
            None => None,
        };
        let is_plain = |state: &StatusState| !state.viewer_filters && state.quote_state.is_none();
        let reactions = self.reactions.get(&reblogged.unwrap_or(state).id);
        (is_plain(state) && reblogged.is_none_or(is_plain)).then_some(Stand {
            state,
            reblogged,
            reactions: reactions.map_or(&[], Vec::as_slice),
        })
    }
}

impl Stand<'_> {
    fn is_as_of(&self, shown: &Shown) -> bool {
        *self.state == shown.state
            && self.reblogged == shown.reblogged.as_ref()
            && self.reactions == shown.reactions
    }
}

impl View<'_> {
    /// The status as it was shown before, if it still looks like that.
    pub(super) fn kept(&self, id: StatusId, states: &States) -> Option<Status> {
        let stand = states.stand(id)?;
        let shown = self.house.fragments.shown(&self.shown_key(id))?;
        let author = stand.state.account;
        let is_same = stand.is_as_of(&shown);
        is_same.then(|| Status::kept(id, author, shown))
    }

    /// A status of this page, kept for the next one where it may be. A poll looks different when its time is over; an account that
    /// moved shows another, with a revision of its own.
    pub(super) fn keep(&self, entity: Entity, states: &States) -> Result<Status> {
        let id = entity.id();
        let Some(stand) = states.stand(id).filter(|_| entity.poll.is_none()) else {
            return Ok(Status::fresh(entity));
        };
        let fragments = &self.house.fragments;
        let is_known = |state: &StatusState| {
            let key = (state.account, state.account_rev, self.admin);
            fragments.account(&key).is_some()
        };
        if !is_known(stand.state) || !stand.reblogged.is_none_or(is_known) {
            return Ok(Status::fresh(entity));
        }
        let shown = Arc::new(Shown {
            json: to_raw_value(&entity)?,
            state: stand.state.clone(),
            reblogged: stand.reblogged.cloned(),
            reactions: stand.reactions.to_vec(),
        });
        fragments.keep_shown(self.shown_key(id), shown.clone());
        Ok(Status::kept(id, entity.author, shown))
    }

    fn shown_key(&self, id: StatusId) -> ShownKey {
        (id, self.viewer, self.admin)
    }
}
