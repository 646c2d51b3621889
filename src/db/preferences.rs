//! What a local user chose for itself, and what only the user sees of its account.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::visibility::Visibility;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;
use crate::none_of;

/// What only the owner sees of an account.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct PrivateRow {
    pub email: Option<String>,
    pub note_source: String,
    pub fields_source: String,
    pub is_admin: bool,
    pub is_moderator: bool,
    pub default_visibility: String,
    pub default_sensitive: bool,
    pub default_language: Option<String>,
    pub show_role: bool,
    pub no_rich_text: bool,
    pub allow_following_move: bool,
    pub notification_settings: NotificationSettings,
    pub settings_store: String,
    /// The language that push messages are told to be in.
    pub locale: String,
    /// Notifications not seen yet, of kinds that lists show unasked and of actors that the owner wants to hear of.
    pub unread_notifications: i64,
    /// Direct-message threads with something new.
    pub unread_conversations: i64,
    /// People who wait for the owner's consent.
    pub follow_requests: i64,
}

/// Which notifications somebody wants (pleroma-contract 14). The database holds only what differs from the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct NotificationSettings {
    pub followers: bool,
    pub follows: bool,
    pub non_followers: bool,
    pub non_follows: bool,
    pub remote: bool,
    pub local: bool,
    pub block_from_strangers: bool,
    pub hide_notification_contents: bool,
}

impl Default for NotificationSettings {
    fn default() -> NotificationSettings {
        NotificationSettings {
            followers: true,
            follows: true,
            non_followers: true,
            non_follows: true,
            remote: true,
            local: true,
            block_from_strangers: false,
            hide_notification_contents: false,
        }
    }
}

/// Reads a local user's private side, counts included, in one query. Of unread notifications it counts a thousand at most:
/// many clients never mark any as read, and a count of all would grow with the years to a second for each look.
pub fn of(db: &Connection, user: AccountId) -> Result<PrivateRow> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT u.email, a.note_source, a.fields_source, u.is_admin, u.is_moderator, u.default_visibility, u.default_sensitive,
                u.default_language, u.show_role, u.no_rich_text, u.allow_following_move, u.notification_settings, u.settings_store,
                (SELECT coalesce(sum(n.count), 0) FROM (
                    SELECT actor_id, count(*) AS count FROM (
                        SELECT actor_id FROM notifications
                         WHERE account_id = ?1 AND seen = 0 AND kind NOT IN ('pleroma:chat_mention', 'pleroma:report')
                         ORDER BY actor_id LIMIT 1000)
                     GROUP BY actor_id) AS n
                   JOIN accounts AS actor ON actor.id = n.actor_id
                  WHERE actor.hidden = 0 AND ",
        none_of!("blocks", "account_id = ?1", "target_id = n.actor_id"),
        " AND ",
        none_of!(
            "mutes",
            "account_id = ?1",
            "target_id = n.actor_id AND notifications = 1 AND (expires_at IS NULL OR expires_at > ?2)"
        ),
        "),
                (SELECT count(*) FROM participations WHERE account_id = ?1 AND unread = 1),
                (SELECT count(*) FROM follows AS f JOIN accounts AS asking ON asking.id = f.account_id
                  WHERE f.target_id = ?1 AND f.pending = 1 AND asking.hidden = 0),
                u.locale
           FROM users AS u JOIN accounts AS a ON a.id = u.account_id WHERE u.account_id = ?1"
    ))?;
    Ok(stmt.query_row(params![user, Timestamp::now()], |row| {
        let notifications: String = row.get(11)?;
        Ok(PrivateRow {
            email: row.get(0)?,
            note_source: row.get(1)?,
            fields_source: row.get(2)?,
            is_admin: row.get(3)?,
            is_moderator: row.get(4)?,
            default_visibility: row.get(5)?,
            default_sensitive: row.get(6)?,
            default_language: row.get(7)?,
            show_role: row.get(8)?,
            no_rich_text: row.get(9)?,
            allow_following_move: row.get(10)?,
            notification_settings: serde_json::from_str(&notifications).unwrap_or_default(),
            settings_store: row.get(12)?,
            unread_notifications: row.get(13)?,
            unread_conversations: row.get(14)?,
            follow_requests: row.get(15)?,
            locale: row.get(16)?,
        })
    })?)
}

/// Which notifications a local user wants.
pub fn notification_settings(db: &Connection, user: AccountId) -> Result<NotificationSettings> {
    let text: String = db
        .prepare_cached("SELECT notification_settings FROM users WHERE account_id = ?1")?
        .query_row(params![user], |row| row.get(0))?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Sets them; only what differs from the defaults is stored.
pub fn set_notification_settings(
    db: &Connection,
    user: AccountId,
    settings: &NotificationSettings,
) -> Result<()> {
    let (chosen, usual) = (map_of(settings)?, map_of(&NotificationSettings::default())?);
    let different: BTreeMap<_, _> = chosen
        .iter()
        .filter(|(key, value)| usual.get(*key) != Some(*value))
        .collect();
    db.prepare_cached("UPDATE users SET notification_settings = ?2 WHERE account_id = ?1")?
        .execute(params![user, serde_json::to_string(&different)?])?;
    Ok(())
}

fn map_of(settings: &NotificationSettings) -> Result<BTreeMap<String, bool>> {
    Ok(serde_json::from_value(serde_json::to_value(settings)?)?)
}

/// Columns of a user that it sets itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub enum Column {
    ShowRole,
    NoRichText,
    SkipThreadContainment,
    AllowFollowingMove,
    DefaultSensitive,
    DefaultVisibility,
    DefaultLanguage,
}

/// Sets one column. Statements come from the enum, so nothing from outside becomes SQL.
pub fn set(
    db: &Connection,
    user: AccountId,
    column: Column,
    value: impl Into<Value>,
) -> Result<()> {
    let sql = match column {
        Column::ShowRole => "UPDATE users SET show_role = ?2 WHERE account_id = ?1",
        Column::NoRichText => "UPDATE users SET no_rich_text = ?2 WHERE account_id = ?1",
        Column::SkipThreadContainment => {
            "UPDATE users SET skip_thread_containment = ?2 WHERE account_id = ?1"
        }
        Column::AllowFollowingMove => {
            "UPDATE users SET allow_following_move = ?2 WHERE account_id = ?1"
        }
        Column::DefaultSensitive => "UPDATE users SET default_sensitive = ?2 WHERE account_id = ?1",
        Column::DefaultVisibility => {
            "UPDATE users SET default_visibility = ?2 WHERE account_id = ?1"
        }
        Column::DefaultLanguage => "UPDATE users SET default_language = ?2 WHERE account_id = ?1",
    };
    db.prepare_cached(sql)?
        .execute(params![user, value.into()])?;
    Ok(())
}

/// Sets the visibility that new posts have unless they say otherwise.
pub fn set_default_visibility(
    db: &Connection,
    user: AccountId,
    visibility: Visibility,
) -> Result<()> {
    set(
        db,
        user,
        Column::DefaultVisibility,
        visibility.name().to_owned(),
    )
}

/// The settings that front-ends keep here, by front-end.
pub type Store = BTreeMap<String, Box<RawValue>>;

/// Replaces the settings of the front-ends named and keeps those of the others; returns the size of all together.
pub fn merge_store(db: &Connection, user: AccountId, new: &Store) -> Result<usize> {
    let old: String = db
        .prepare_cached("SELECT settings_store FROM users WHERE account_id = ?1")?
        .query_row(params![user], |row| row.get(0))?;
    let mut store: Store = serde_json::from_str(&old)?;
    store.extend(
        new.iter()
            .map(|(front_end, settings)| (front_end.clone(), settings.clone())),
    );
    let text = serde_json::to_string(&store)?;
    db.prepare_cached("UPDATE users SET settings_store = ?2 WHERE account_id = ?1")?
        .execute(params![user, text])?;
    Ok(text.len())
}
