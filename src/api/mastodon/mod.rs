//! The Mastodon client API.

pub mod accounts;
pub mod apps;
pub mod blocks;
pub mod conversations;
pub mod credentials;
pub mod custom_emojis;
pub mod exports;
pub mod featured_tags;
pub mod filters;
pub mod filters_v1;
pub mod instance;
pub mod lists;
pub mod markers;
pub mod media;
pub mod notifications;
pub mod pictures;
pub mod polls;
pub mod registration;
pub mod relationships;
pub mod search;
pub mod status_actions;
pub mod status_edits;
pub mod statuses;
pub mod tags;
pub mod timelines;
pub mod trends;
