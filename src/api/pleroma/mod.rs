//! Pleroma's extensions to the client API.

pub mod backups;
pub mod bookmark_folders;
pub mod captcha;
pub mod chats;
pub mod confirmation;
pub mod conversations;
pub mod emoji;
pub mod emoji_packs;
pub mod favourites;
pub mod imports;
pub mod instance;
pub mod mascot;
pub mod mfa;
pub mod moves;
pub mod notification_settings;
pub mod notifications;
pub mod password_resets;
pub mod pictures;
pub mod reactions;
pub mod remote_emoji_packs;
pub mod remote_interactions;
pub mod scrobbles;
pub mod users;
