//! The fediverse: what other servers find here, say to us and hear from us.

mod addressing;
mod batches;
mod blocks;
mod chat_messages;
mod costs;
mod deletion;
mod discovery;
mod documents;
mod edits;
mod fake;
mod fetching;
mod follower_sync;
mod forwarded;
mod groups;
mod host_meta;
mod inbox;
mod keys;
mod kills;
mod kinds;
mod listens;
mod look_around;
mod media_proxy;
mod moves;
mod pair;
mod people;
mod pins;
mod policy;
mod polls;
mod pruning;
mod queue;
mod quotes;
mod relays;
mod remote_interactions;
mod reports;
mod samples;
mod split_domain;
mod stranger;
mod threads;

use crate::support::{Answer, TestServer};

/// The media type of documents.
pub const ACTIVITY: &str = "application/activity+json";

/// Fetches a document as a stranger.
pub fn fetch(server: &TestServer, target: &str) -> Answer {
    server.request("GET", target, &[("Accept", ACTIVITY)], b"")
}

/// The path of one of our ids.
pub fn path(id: &serde_json::Value) -> String {
    let id = id.as_str().unwrap();
    id.strip_prefix(crate::support::BASE).unwrap().to_owned()
}
