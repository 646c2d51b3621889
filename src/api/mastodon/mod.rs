//! The Mastodon client API.

pub mod accounts;
pub mod apps;
pub mod instance;
pub mod timelines;
