//! The federation room: what is said to other servers and heard from them.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`fetch`], [`guard`] | the one HTTP client, and which addresses it may call |
//! | [`signature`], [`keys`] | who says it: ours and theirs, in both standards |
//! | [`wire`], [`reading`], [`descriptor`] | documents in, without I/O: the parts, then actors and posts; what WebFinger says |
//! | [`documents`] | documents out |
//! | [`webfinger`], [`actors`], [`objects`], [`collections`], [`caller`] | doors: what others fetch, and who they are |
//! | [`policy`] | which servers are spoken with at all |
//! | [`resolve`] | from an id or a handle to a row |
//! | [`look_around`] | what an account elsewhere shows of itself: counts, pinned posts, the newest posts |
//! | [`threads`] | what is missing above and below a post that somebody opens |
//! | [`relays`] | servers that pass on what others say |
//! | [`follower_sync`] | who on the other server follows, compared with what we know |
//! | [`media_proxy`] | files elsewhere that people here look at |
//! | [`inbox`], [`intake`], [`incoming`] | what others say: stored at the door where nobody need be asked, else taken down and acted upon by `jobs::incoming` |
//! | [`outgoing`], [`delivery`] | what we say: noted by `ops::outgoing`, written by a job, sent by `jobs::deliver` |
//!
//! In, so far: Accept, Add, Announce, Block, Create (posts, votes, chat messages), Delete, EmojiReact, Flag, Follow, Like, Listen,
//! Move, QuoteRequest, Reject, Remove, Undo, Update. Out: the same.

pub mod actors;
pub mod caller;
pub mod collections;
pub mod delivery;
pub mod descriptor;
pub mod documents;
pub mod emoji_packs;
pub mod fetch;
pub mod follower_sync;
pub mod guard;
pub mod inbox;
pub mod incoming;
pub mod intake;
pub mod keys;
pub mod look_around;
pub mod media_proxy;
pub mod objects;
pub mod outgoing;
pub mod policy;
pub mod reading;
pub mod relays;
pub mod resolve;
pub mod signature;
pub mod threads;
pub mod turns;
pub mod webfinger;
pub mod wire;

use crate::config::BaseUrl;
use crate::db::Bell;

/// What the room remembers between requests.
#[derive(Default)]
pub struct Federation {
    /// Keys in use.
    pub keys: keys::Keys,
    /// Requests that wait for other servers.
    pub turns: turns::Turns,
    /// What is being written down.
    pub intake: intake::Intake,
    /// For whose words somebody is at work.
    pub speaking: incoming::batch::Speaking,
    /// Rings when something came to the inboxes.
    pub readers: Bell,
    /// Rings when there may be something to fetch.
    pub fetchers: Bell,
    /// Rings when there may be something to send.
    pub senders: Bell,
    /// Threads that are to be looked at.
    pub threads: threads::Threads,
    /// What could not be fetched a while ago.
    pub failures: resolve::Failures,
    /// Files elsewhere that are being looked at.
    pub media_proxy: media_proxy::MediaProxy,
}

/// The id of the actor that stands for the server itself: it signs what no person asks for.
pub fn instance_actor(base: &BaseUrl) -> String {
    base.join("/actor")
}

/// The id of the actor by which the server follows relays, and tells them what is new here (federation.md 9.5).
pub fn relay_actor(base: &BaseUrl) -> String {
    base.join("/relay")
}
