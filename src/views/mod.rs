//! JSON out. A view loads what a whole page needs in a fixed number of statements, then renders without the database.
//!
//! Entities are structs with `#[derive(Serialize)]`; what every viewer sees alike is rendered once and kept as a fragment.

pub mod about;
pub mod account;
pub mod admin_credentials;
pub mod admin_status;
pub mod admin_user;
pub mod announcement;
pub mod app;
pub mod backup;
pub mod bookmark_folder;
pub mod card;
pub mod chat;
pub mod conversation;
pub mod credential_account;
pub mod delivery;
pub mod emoji;
pub mod emoji_pack;
pub mod featured_tag;
pub mod filter;
pub mod fragments;
pub mod import;
pub mod instance;
pub mod list;
pub mod marker;
pub mod media;
pub mod nodeinfo;
pub mod notification;
pub mod notification_group;
pub mod profile;
pub mod push;
pub mod reaction;
pub mod relationship;
pub mod report;
pub mod scheduled_status;
pub mod scrobble;
pub mod search;
pub mod status;
pub mod status_edit;
pub mod tag;
pub mod token;

use std::sync::Arc;

use rusqlite::Connection;

use crate::config::BaseUrl;
use crate::ids::AccountId;
use crate::media::remote::RemoteMedia;
use emoji::EmojiTable;
use fragments::Fragments;

/// What rendering needs beside rows: where we are, which emoji we have, what was rendered before.
pub struct House {
    /// The base of every URL we make.
    pub base: BaseUrl,
    /// Rendered parts.
    pub fragments: Fragments,
    /// Local custom emoji.
    pub emojis: EmojiTable,
    /// Statuses say who reacted, not only how many (`instance.show_reactions`).
    pub show_reactions: bool,
    /// How files of other servers are named.
    pub remote_media: Arc<RemoteMedia>,
}

impl House {
    /// The same house without memory: for rendering what will be rolled back, whose revisions are given out again.
    pub fn without_memory(&self) -> House {
        let emojis = EmojiTable::default();
        emojis.replace((*self.emojis.all()).clone());
        House {
            base: self.base.clone(),
            fragments: Fragments::default(),
            emojis,
            show_reactions: self.show_reactions,
            remote_media: Arc::clone(&self.remote_media),
        }
    }
}

/// A look at the database by somebody. Handlers make one with `Ctx::view`.
pub struct View<'a> {
    /// Rows.
    pub db: &'a Connection,
    /// The house.
    pub house: &'a House,
    /// Who looks; `None` is anybody.
    pub viewer: Option<AccountId>,
    /// The viewer is an admin, who is shown more of accounts.
    pub admin: bool,
    /// Muted people's reactions are shown too.
    pub with_muted: bool,
}

impl<'a> View<'a> {
    /// What anybody sees: pages, feeds.
    pub fn anonymous(db: &'a Connection, house: &'a House) -> View<'a> {
        View {
            db,
            house,
            viewer: None,
            admin: false,
            with_muted: false,
        }
    }
}

/// The page of a hashtag, as the links in texts have it: clients compare the two.
pub fn tag_url(base: &BaseUrl, name: &str) -> String {
    crate::text::format::tag_url(base.as_str(), name)
}
