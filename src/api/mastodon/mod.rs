//! The Mastodon client API.

pub mod accounts;
pub mod timelines;
