//! The federation room: what is said to other servers and heard from them.
//!
//! [`fetch`] is the only place that opens sockets outward; [`guard`] says which addresses it may call.

pub mod actors;
pub mod caller;
pub mod collections;
pub mod documents;
pub mod emoji_packs;
pub mod fetch;
pub mod guard;
pub mod keys;
pub mod objects;
pub mod signature;
pub mod turns;
pub mod webfinger;
pub mod wire;

use crate::config::BaseUrl;

/// What the room remembers between requests.
#[derive(Default)]
pub struct Federation {
    /// Keys in use.
    pub keys: keys::Keys,
    /// Requests that wait for other servers.
    pub turns: turns::Turns,
}

/// The id of the actor that stands for the server itself: it signs what no person asks for.
pub fn instance_actor(base: &BaseUrl) -> String {
    base.join("/actor")
}
