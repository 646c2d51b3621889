//! CredentialAccount: the own account, with what only its owner sees (mastodon-api 2.4, pleroma-contract A.3).

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::account::{Core, PleromaPart, raw};
use crate::db;
use crate::db::accounts::AccountRow;
use crate::db::preferences::{NotificationSettings, PrivateRow};
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// CredentialAccount.
#[derive(Serialize)]
pub struct CredentialAccount {
    #[serde(flatten)]
    core: Core,
    follow_requests_count: i64,
    source: Source,
    role: Role,
    pleroma: OwnPleromaPart,
}

#[derive(Serialize)]
struct Source {
    note: String,
    fields: Box<RawValue>,
    privacy: String,
    sensitive: bool,
    language: Option<String>,
    follow_requests_count: i64,
    discoverable: bool,
    indexable: bool,
    hide_collections: bool,
    attribution_domains: [(); 0],
    quote_policy: &'static str,
    pleroma: SourcePleroma,
}

#[derive(Serialize)]
struct SourcePleroma {
    show_role: bool,
    no_rich_text: bool,
    discoverable: bool,
    actor_type: String,
    show_birthday: bool,
}

/// `permissions` are those of Mastodon's own admin interface, which is not here.
#[derive(Serialize)]
struct Role {
    id: &'static str,
    name: &'static str,
    permissions: &'static str,
    color: &'static str,
    highlighted: bool,
}

#[derive(Serialize)]
struct OwnPleromaPart {
    #[serde(flatten)]
    shown: PleromaPart,
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings_store: Option<Box<RawValue>>,
    allow_following_move: bool,
    unread_conversation_count: i64,
    unread_notifications_count: i64,
    /// Clients look for the number of requests under either name.
    follow_requests_count: i64,
    follow_request_count: i64,
    notification_settings: OwnNotificationSettings,
}

#[derive(Serialize)]
struct OwnNotificationSettings {
    #[serde(flatten)]
    settings: NotificationSettings,
    /// The old name of `hide_notification_contents`.
    privacy_option: bool,
}

/// The own account with the settings that front-ends keep here: what a login and a change of settings answer.
pub fn load(view: &View, me: AccountId) -> Result<CredentialAccount> {
    let (row, private) = rows(view, me)?;
    let store = raw(&private.settings_store, "{}");
    build(view, row, private, Some(store))
}

/// The own account among others: everything but the settings of front-ends.
pub fn without_store(view: &View, me: AccountId) -> Result<CredentialAccount> {
    let (row, private) = rows(view, me)?;
    build(view, row, private, None)
}

fn rows(view: &View, me: AccountId) -> Result<(AccountRow, PrivateRow)> {
    let row = db::accounts::by_id(view.db, me)?.ok_or(Error::record())?;
    Ok((row, db::preferences::of(view.db, me)?))
}

fn build(
    view: &View,
    row: AccountRow,
    private: PrivateRow,
    settings_store: Option<Box<RawValue>>,
) -> Result<CredentialAccount> {
    let rows = [row];
    let mut shown = view.built(&rows)?.pop().ok_or(Error::record())?;
    let [row] = rows;
    // The owner sees the counts and the role that others may not.
    shown.core.followers_count = row.followers_count;
    shown.core.following_count = row.following_count;
    shown.pleroma.is_admin = Some(private.is_admin);
    shown.pleroma.is_moderator = Some(private.is_moderator);
    Ok(CredentialAccount {
        follow_requests_count: private.follow_requests,
        source: source(&row, &private),
        role: role(&private),
        core: shown.core,
        pleroma: OwnPleromaPart {
            shown: shown.pleroma,
            email: private.email,
            settings_store,
            allow_following_move: private.allow_following_move,
            unread_conversation_count: private.unread_conversations,
            unread_notifications_count: private.unread_notifications,
            follow_requests_count: private.follow_requests,
            follow_request_count: private.follow_requests,
            notification_settings: OwnNotificationSettings {
                privacy_option: private.notification_settings.hide_notification_contents,
                settings: private.notification_settings,
            },
        },
    })
}

fn source(row: &AccountRow, private: &PrivateRow) -> Source {
    Source {
        note: private.note_source.clone(),
        fields: raw(&private.fields_source, "[]"),
        privacy: private.default_visibility.clone(),
        sensitive: private.default_sensitive,
        language: private.default_language.clone(),
        follow_requests_count: private.follow_requests,
        discoverable: row.discoverable,
        indexable: row.discoverable,
        hide_collections: row.hide_followers && row.hide_follows,
        attribution_domains: [],
        quote_policy: "nobody",
        pleroma: SourcePleroma {
            show_role: private.show_role,
            no_rich_text: private.no_rich_text,
            discoverable: row.discoverable,
            actor_type: row.actor_type.clone(),
            show_birthday: false,
        },
    }
}

fn role(private: &PrivateRow) -> Role {
    let (id, name) = match (private.is_admin, private.is_moderator) {
        (true, _) => ("1", "Admin"),
        (false, true) => ("2", "Moderator"),
        (false, false) => ("-99", ""),
    };
    Role {
        id,
        name,
        permissions: "0",
        color: "",
        highlighted: private.show_role && id != "-99",
    }
}
