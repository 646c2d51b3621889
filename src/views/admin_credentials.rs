//! Somebody's own settings, as admins read them (pleroma-contract D.1).

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::account::{build, raw};
use crate::db;
use crate::db::accounts::AccountRow;
use crate::error::Result;
use crate::ids::AccountId;

/// The settings of a local account.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct AdminCredentials {
    pub id: AccountId,
    pub email: Option<String>,
    pub nickname: String,
    pub name: String,
    pub bio: String,
    pub fields: Box<RawValue>,
    pub raw_fields: Box<RawValue>,
    pub locked: bool,
    pub no_rich_text: bool,
    pub default_scope: String,
    pub hide_favorites: bool,
    pub hide_followers: bool,
    pub hide_follows: bool,
    pub hide_followers_count: bool,
    pub hide_follows_count: bool,
    pub allow_following_move: bool,
    pub show_role: bool,
    pub skip_thread_containment: bool,
    pub pleroma_settings_store: Box<RawValue>,
    pub discoverable: bool,
    pub actor_type: String,
    pub avatar: String,
    pub banner: String,
    pub background: Option<String>,
}

impl View<'_> {
    /// The settings of a local account.
    pub fn admin_credentials(&self, row: &AccountRow) -> Result<AdminCredentials> {
        let private = db::preferences::of(self.db, row.id)?;
        let shown = build(row, self.house, true);
        Ok(AdminCredentials {
            id: row.id,
            email: private.email,
            nickname: row.username.clone(),
            name: row.display_name.clone(),
            bio: row.note.clone(),
            fields: raw(&row.fields, "[]"),
            raw_fields: raw(&private.fields_source, "[]"),
            locked: row.locked,
            no_rich_text: private.no_rich_text,
            default_scope: private.default_visibility,
            hide_favorites: row.hide_favourites,
            hide_followers: row.hide_followers,
            hide_follows: row.hide_follows,
            hide_followers_count: row.hide_followers_count,
            hide_follows_count: row.hide_follows_count,
            allow_following_move: private.allow_following_move,
            show_role: private.show_role,
            skip_thread_containment: shown.pleroma.skip_thread_containment,
            pleroma_settings_store: raw(&private.settings_store, "{}"),
            discoverable: row.discoverable,
            actor_type: row.actor_type.clone(),
            avatar: shown.core.avatar,
            banner: shown.core.header,
            background: shown.pleroma.background_image,
        })
    }
}
