//! What happened: small facts that a write transaction collects ([`crate::db::Tx::emit`]) and that are published once it is
//! committed, in the order of the commits. A transaction that is rolled back tells nobody anything.
//!
//! Events carry ids, never content: whoever hears one reads the rows anew, through the visibility predicate, as its own
//! viewer sees them. Only of what is gone by then an event says who could see it ([`Sight`]).

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ids::{AccountId, AnnouncementId, ChatId, NotificationId, StatusId};

/// Something that open streams may want to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A status arrived, from here or elsewhere.
    Posted(StatusId),
    /// A status was changed by its author.
    Edited(StatusId),
    /// A status is gone; this is who could see it.
    Deleted(Sight),
    /// Somebody was told something.
    Notified {
        /// The reader.
        to: AccountId,
        /// What to read.
        notification: NotificationId,
    },
    /// A direct-message thread has another last message.
    Conversation {
        /// Whose side of the thread.
        owner: AccountId,
        /// That side: a row of `participations`.
        participation: i64,
    },
    /// A follow was asked for, began or ended.
    Relationship {
        /// Who follows.
        follower: AccountId,
        /// Who is followed.
        target: AccountId,
        /// How it stands now.
        state: FollowState,
    },
    /// A message came into somebody's chat, was read there or went.
    Chat {
        /// Whose side of the chat.
        owner: AccountId,
        /// That side.
        chat: ChatId,
    },
    /// An announcement was made or changed.
    Announced(AnnouncementId),
    /// Somebody reacted to an announcement with that emoji, or took it back.
    AnnouncementReaction(AnnouncementId, String),
    /// An announcement is gone.
    AnnouncementDeleted(AnnouncementId),
    /// Somebody's filters are others now.
    FiltersChanged(AccountId),
    /// Somebody read on in a timeline.
    Marker {
        /// The reader.
        owner: AccountId,
        /// `home` or `notifications`.
        timeline: &'static str,
    },
}

/// How a follow stands (pleroma-contract A.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowState {
    /// It waits for consent.
    Pending,
    /// It is.
    Accepted,
    /// It was refused, or ended by either side.
    Rejected,
}

/// A status as streams tell it apart, and those listeners who may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Which status.
    pub status: StatusId,
    /// It belongs into public timelines, those of its hashtags among them.
    pub public: bool,
    /// It belongs to the direct messages.
    pub direct: bool,
    /// It comes from this server.
    pub local: bool,
    /// Its author's host; empty for this server.
    pub host: String,
    /// Files hang on it.
    pub media: bool,
    /// Folded hashtags.
    pub tags: Vec<String>,
    /// Who of those asked may see it and wants to.
    pub seen_by: Vec<Seer>,
}

/// Somebody who may see a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seer {
    /// `None` is anybody.
    pub viewer: Option<AccountId>,
    /// It stands in this person's home timeline.
    pub at_home: bool,
    /// It stands on these lists of this person's.
    pub lists: Vec<i64>,
}

/// Where events wait for whoever renders them. While nobody listens nothing is kept.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
    published: Condvar,
}

#[derive(Default)]
struct State {
    listeners: Vec<Option<AccountId>>,
    waiting: VecDeque<Event>,
    lapsed: bool,
    woken: bool,
}

/// More events than this are never kept waiting: a renderer that far behind has to say so to its listeners.
const MOST_WAITING: usize = 20_000;

/// What was heard.
#[derive(Debug, Default)]
pub struct Heard {
    /// In the order of the commits.
    pub events: VecDeque<Event>,
    /// Some events were lost before these.
    pub lapsed: bool,
}

impl Hub {
    /// Keeps events from now on for these viewers, each named once; nobody ends it, and drops what waits.
    pub fn listen(&self, viewers: Vec<Option<AccountId>>) {
        let mut state = self.state();
        if viewers.is_empty() {
            state.waiting = VecDeque::new();
            state.lapsed = false;
        }
        state.listeners = viewers;
    }

    /// For whom events are kept.
    pub fn listeners(&self) -> Vec<Option<AccountId>> {
        self.state().listeners.clone()
    }

    /// Publishes what one transaction did. The caller has committed it and lets nobody else commit meanwhile.
    pub fn publish(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.listeners.is_empty() {
            return;
        }
        if state.waiting.len() + events.len() > MOST_WAITING {
            state.waiting.clear();
            state.lapsed = true;
        }
        state.waiting.extend(events);
        self.published.notify_one();
    }

    /// Takes what was published, waiting for it at most that long, or until [`Hub::wake`].
    pub fn next(&self, at_most: Duration) -> Heard {
        let quiet = |state: &mut State| state.waiting.is_empty() && !state.lapsed && !state.woken;
        let (mut state, _) = self
            .published
            .wait_timeout_while(self.state(), at_most, quiet)
            .unwrap_or_else(PoisonError::into_inner);
        state.woken = false;
        Heard {
            events: std::mem::take(&mut state.waiting),
            lapsed: std::mem::take(&mut state.lapsed),
        }
    }

    /// Ends a wait, the present or the next one.
    pub fn wake(&self) {
        self.state().woken = true;
        self.published.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(ids: std::ops::Range<i64>) -> Vec<Event> {
        ids.map(|id| Event::Posted(StatusId(id))).collect()
    }

    fn next(hub: &Hub) -> Heard {
        hub.next(Duration::ZERO)
    }

    #[test]
    fn what_is_published_is_heard_once_and_in_order() {
        let hub = Hub::default();
        hub.listen(vec![None]);
        hub.publish(posted(1..3));
        hub.publish(posted(3..4));
        assert_eq!(Vec::from(next(&hub).events), posted(1..4));
        assert!(next(&hub).events.is_empty());
    }

    #[test]
    fn nothing_is_kept_while_nobody_listens() {
        let hub = Hub::default();
        hub.publish(posted(1..3));
        hub.listen(vec![Some(AccountId(1))]);
        assert!(next(&hub).events.is_empty());
        hub.publish(posted(3..4));
        hub.listen(Vec::new());
        assert!(next(&hub).events.is_empty());
    }

    #[test]
    fn a_listener_that_falls_too_far_behind_is_told_so() {
        let hub = Hub::default();
        hub.listen(vec![None]);
        for _ in 0..MOST_WAITING {
            hub.publish(posted(1..2));
        }
        hub.publish(posted(2..3));
        let heard = next(&hub);
        assert!(heard.lapsed);
        assert_eq!(Vec::from(heard.events), posted(2..3));
        assert!(!next(&hub).lapsed);
    }
}
