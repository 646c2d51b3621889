//! The Mastodon client API.

pub mod accounts;
pub mod apps;
pub mod custom_emojis;
pub mod instance;
pub mod media;
pub mod notifications;
pub mod registration;
pub mod status_actions;
pub mod statuses;
pub mod timelines;
