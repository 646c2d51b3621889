//! What the server does: verbs on nouns, each in one place, inside a transaction that the caller opened. Never a request,
//! never JSON, never the network.

pub mod accounts;
pub mod administration;
pub mod apps;
pub mod blocks;
pub mod confirmation;
pub mod conversations;
pub mod emoji_packs;
pub mod endorsements;
pub mod favourites;
pub mod featured_tags;
pub mod filters;
pub mod follows;
pub mod invites;
pub mod lists;
pub mod login;
pub mod mails;
pub mod markers;
pub mod media;
pub mod mfa;
pub mod moderation_log;
pub mod notifications;
pub mod password_resets;
pub mod pins;
pub mod polls;
pub mod profiles;
pub mod reactions;
pub mod registration;
pub mod scrobbles;
pub mod server_keys;
pub mod sessions;
pub mod statuses;
pub mod tags;
pub mod tokens;
pub mod user_creation;
pub mod users;
