//! The Status entity (mastodon-api 2.5, pleroma-contract A.2). What everybody sees is a [`StatusCore`], rendered once per
//! revision; what depends on the viewer is read for every showing in one statement; and while that is what it was, the answer is too.

mod core;
mod entity;
mod kept;
mod page;
mod poll;
mod quote;

pub use self::core::StatusCore;
pub use self::kept::{Shown, ShownKey};
pub use self::poll::Poll;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use self::entity::Entity;
use self::kept::States;
use super::View;
use super::filter::Matches;
use crate::db;
use crate::db::filters::Context;
use crate::db::statuses::StatusState;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use page::Page;

/// Status.
pub struct Status {
    id: StatusId,
    author: AccountId,
    form: Form,
}

enum Form {
    /// As it was shown before.
    Kept(Arc<Shown>),
    Fresh(Box<Entity>),
}

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.form {
            Form::Kept(shown) => shown.serialize(serializer),
            Form::Fresh(entity) => entity.serialize(serializer),
        }
    }
}

impl Status {
    fn fresh(entity: Entity) -> Status {
        Status {
            id: entity.id(),
            author: entity.author,
            form: Form::Fresh(Box::new(entity)),
        }
    }

    fn kept(id: StatusId, author: AccountId, shown: Arc<Shown>) -> Status {
        Status {
            id,
            author,
            form: Form::Kept(shown),
        }
    }

    /// Its poll alone; what is kept has none.
    pub fn into_poll(self) -> Option<Poll> {
        match self.form {
            Form::Kept(_) => None,
            Form::Fresh(entity) => entity.poll,
        }
    }

    /// Who wrote it, or reblogged it.
    pub fn author(&self) -> AccountId {
        self.author
    }

    /// Its id.
    pub fn id(&self) -> StatusId {
        self.id
    }

    /// Whether a filter of the viewer's hides it in that context. Nobody's own posts are hidden from themselves, and what is kept is
    /// shown to people without filters.
    pub fn is_hidden_in(&self, context: Context) -> bool {
        match &self.form {
            Form::Kept(_) => false,
            Form::Fresh(entity) => entity.is_hidden_in(context),
        }
    }
}

impl View<'_> {
    /// Statuses in the order of the ids. The ids come from lists made through the visibility predicate.
    pub fn statuses(&self, ids: &[StatusId]) -> Result<Vec<Status>> {
        let states = self.states(ids)?;
        let kept: Vec<Option<Status>> = ids.iter().map(|id| self.kept(*id, &states)).collect();
        let missing = ids.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
        let missing: Vec<StatusId> = missing.map(|(id, _)| *id).collect();
        if missing.is_empty() {
            return Ok(kept.into_iter().flatten().collect());
        }
        let page = self.page(&missing, &states)?;
        let shown = ids.iter().zip(kept).filter_map(|(id, kept)| match kept {
            Some(status) => Some(Ok(status)),
            None => page.status(*id).map(|entity| self.keep(entity, &states)),
        });
        shown.collect()
    }

    /// One status, 404 when unknown.
    pub fn status(&self, id: StatusId) -> Result<Status> {
        self.statuses(&[id])?.pop().ok_or(Error::record())
    }

    /// One status with its source text, as the answer to a deletion carries it. 404 when unknown.
    pub fn status_with_text(&self, id: StatusId, text: String) -> Result<Status> {
        let states = self.states(&[id])?;
        let page = self.page(&[id], &states)?;
        let mut entity = page.status(id).ok_or(Error::record())?;
        entity.text = Some(text);
        Ok(Status::fresh(entity))
    }

    /// How the statuses of a page stand, then those that they reblog or quote, then what the reblogged ones quote. Many pages have
    /// nothing of the kind.
    fn states(&self, ids: &[StatusId]) -> Result<States> {
        let mut by_id: HashMap<StatusId, StatusState> = HashMap::with_capacity(ids.len());
        let mut wanted: BTreeSet<StatusId> = ids.iter().copied().collect();
        for _ in 0..3 {
            if wanted.is_empty() {
                break;
            }
            let wanted_now: Vec<StatusId> = std::mem::take(&mut wanted).into_iter().collect();
            let found = db::statuses::states(self.db, self.viewer, &wanted_now)?;
            wanted.extend(found.iter().filter_map(|state| state.reblog_of));
            wanted.extend(found.iter().filter_map(quote::wanted));
            by_id.extend(found.into_iter().map(|state| (state.id, state)));
            wanted.retain(|id| !by_id.contains_key(id));
        }
        let reactions = self.reactions(by_id.keys().copied().collect())?;
        Ok(States { by_id, reactions })
    }

    /// Everything that these statuses show.
    fn page<'a>(&'a self, ids: &[StatusId], states: &'a States) -> Result<Page<'a>> {
        let shown = states.with_inner(ids);
        let cores = self.cores(&shown)?;
        let authors: BTreeSet<(AccountId, i64)> = shown
            .iter()
            .map(|state| (state.account, state.account_rev))
            .collect();
        let filtered = match shown.first() {
            Some(state) if state.viewer_filters => self.filtered(&cores)?,
            _ => Matches::default(),
        };
        Ok(Page {
            view: self,
            states: &states.by_id,
            accounts: self.rendered(&authors.into_iter().collect::<Vec<_>>())?,
            reactions: &states.reactions,
            votes: self.votes(&cores)?,
            filtered,
            cores,
        })
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
}
