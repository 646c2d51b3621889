//! The Mastodon client API.

pub mod accounts;
pub mod apps;
pub mod instance;
pub mod status_actions;
pub mod statuses;
pub mod timelines;
