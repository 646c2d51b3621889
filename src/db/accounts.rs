//! Accounts: every actor that this server knows, local or remote.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use super::row::Columns;
use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// What is needed to show an account to anybody.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Name without host, folded for local accounts.
    pub username: String,
    /// `""` for this server.
    pub host: String,
    /// ActivityPub id.
    pub uri: String,
    /// Profile page.
    pub url: String,
    /// `Person`, `Service`, …
    pub actor_type: String,
    /// Plain text, may be empty.
    pub display_name: String,
    /// Sanitised HTML.
    pub note: String,
    /// JSON `[{name, value, verified_at}]`.
    pub fields: String,
    /// JSON `[{shortcode, url}]`, remote accounts only.
    pub emojis: String,
    /// Name in `uploads/` (local) or URL (remote).
    pub avatar: Option<String>,
    /// As `avatar`.
    pub header: Option<String>,
    /// As `avatar`.
    pub background: Option<String>,
    /// Follows need the owner's consent.
    pub locked: bool,
    /// May be recommended and listed.
    pub discoverable: bool,
    /// Others do not see what it favourited.
    pub hide_favourites: bool,
    /// Others do not see who follows it.
    pub hide_followers: bool,
    /// Others do not see whom it follows.
    pub hide_follows: bool,
    /// Others do not see how many follow it; counts only together with `hide_followers`.
    pub hide_followers_count: bool,
    /// Others do not see how many it follows; counts only together with `hide_follows`.
    pub hide_follows_count: bool,
    /// `None`: not known.
    pub accepts_chat_messages: Option<bool>,
    /// JSON array of actor ids.
    pub also_known_as: String,
    /// Where it moved, if it did.
    pub moved_to: Option<AccountId>,
    /// JSON array of moderation tags.
    pub moderation_tags: String,
    /// Active followers.
    pub followers_count: i64,
    /// Active follows.
    pub following_count: i64,
    /// Statuses that are not direct, reblogs included.
    pub statuses_count: i64,
    /// Newest status.
    pub last_status_at: Option<Timestamp>,
    /// Invisible to everyone but admins.
    pub hidden: bool,
    /// An admin or its owner switched it off.
    pub deactivated: bool,
    /// Deleted for good; the row keeps the name taken.
    pub deleted_at: Option<Timestamp>,
    /// When it was made, here or there.
    pub created_at: Timestamp,
    /// Changes of what everybody sees.
    pub rev: i64,
    /// The local part of a local account, where it bears on what others see.
    pub role: Option<Role>,
}

/// The part of a local user that shows on its account.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// Full rights.
    pub admin: bool,
    /// Reports and statuses.
    pub moderator: bool,
    /// The two above are shown to everybody.
    pub shown: bool,
    /// The e-mail address is not confirmed yet.
    pub confirmation_pending: bool,
    /// An admin has not approved it yet.
    pub approval_pending: bool,
    /// A preference of the owner.
    pub skip_thread_containment: bool,
}

impl AccountRow {
    /// Whether it lives here.
    pub fn is_local(&self) -> bool {
        self.host.is_empty()
    }

    /// `name` for local accounts, `name@host` for others.
    pub fn acct(&self) -> String {
        acct(&self.username, &self.host)
    }

    fn read(row: &Row) -> rusqlite::Result<AccountRow> {
        let row = Columns::of(row);
        let role = match row.get::<Option<bool>>("is_admin")? {
            None => None,
            Some(admin) => Some(Role {
                admin,
                moderator: row.get("is_moderator")?,
                shown: row.get("show_role")?,
                confirmation_pending: row.get("confirmation_pending")?,
                approval_pending: row.get("approval_pending")?,
                skip_thread_containment: row.get("skip_thread_containment")?,
            }),
        };
        Ok(AccountRow {
            id: row.get("id")?,
            username: row.get("username")?,
            host: row.get("host")?,
            uri: row.get("uri")?,
            url: row.get("url")?,
            actor_type: row.get("actor_type")?,
            display_name: row.get("display_name")?,
            note: row.get("note")?,
            fields: row.get("fields")?,
            emojis: row.get("emojis")?,
            avatar: row.get("avatar")?,
            header: row.get("header")?,
            background: row.get("background")?,
            locked: row.get("locked")?,
            discoverable: row.get("discoverable")?,
            hide_favourites: row.get("hide_favourites")?,
            hide_followers: row.get("hide_followers")?,
            hide_follows: row.get("hide_follows")?,
            hide_followers_count: row.get("hide_followers_count")?,
            hide_follows_count: row.get("hide_follows_count")?,
            accepts_chat_messages: row.get("accepts_chat_messages")?,
            also_known_as: row.get("also_known_as")?,
            moved_to: row.get("moved_to_id")?,
            moderation_tags: row.get("moderation_tags")?,
            followers_count: row.get("followers_count")?,
            following_count: row.get("following_count")?,
            statuses_count: row.get("statuses_count")?,
            last_status_at: row.get("last_status_at")?,
            hidden: row.get("hidden")?,
            deactivated: row.get("deactivated")?,
            deleted_at: row.get("deleted_at")?,
            created_at: row.get("created_at")?,
            rev: row.get("rev")?,
            role,
        })
    }
}

/// `name` for this server's accounts (`host` is `""`), `name@host` for others.
pub fn acct(username: &str, host: &str) -> String {
    if host.is_empty() {
        username.to_owned()
    } else {
        format!("{username}@{host}")
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.username, a.host, a.uri, a.url, a.actor_type, a.display_name, a.note, a.fields, a.emojis, a.avatar, a.header,
                    a.background, a.locked, a.discoverable, a.hide_favourites, a.hide_followers, a.hide_follows, a.hide_followers_count,
                    a.hide_follows_count, a.accepts_chat_messages, a.also_known_as, a.moved_to_id, a.moderation_tags, a.followers_count,
                    a.following_count, a.statuses_count, a.last_status_at, a.hidden, a.deactivated, a.deleted_at, a.created_at, a.rev,
                    u.is_admin, u.is_moderator, u.show_role, u.confirmation_pending, u.approval_pending, u.skip_thread_containment
               FROM accounts AS a LEFT JOIN users AS u ON u.account_id = a.id ",
            $rest
        )
    };
}

/// The account with that id, hidden or not.
pub fn by_id(db: &Connection, id: AccountId) -> Result<Option<AccountRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE a.id = ?1"))?;
    Ok(stmt.query_row(params![id], AccountRow::read).optional()?)
}

/// An account that everybody may see; 404 for any other, known or not.
pub fn visible(db: &Connection, id: AccountId) -> Result<AccountRow> {
    by_id(db, id)?
        .filter(|account| !account.hidden)
        .ok_or(Error::record())
}

/// Which of these accounts may be seen, in the same order; admins see hidden ones too.
pub fn visible_among(
    db: &Connection,
    ids: &[AccountId],
    with_hidden: bool,
) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.id FROM json_each(?1) AS wanted JOIN accounts AS a ON a.id = wanted.value
          WHERE a.hidden = 0 OR ?2 ORDER BY wanted.key",
    )?;
    let rows = stmt.query_map(params![json_ids(ids), with_hidden], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Many accounts in one query, in no particular order; unknown ids are left out.
pub fn by_ids(db: &Connection, ids: &[AccountId]) -> Result<Vec<AccountRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE a.id IN (SELECT value FROM json_each(?1))"))?;
    let rows = stmt.query_map(params![json_ids(ids)], AccountRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The account with that name; `host` is `""` for this server. Names compare without regard to case.
pub fn by_handle(db: &Connection, username: &str, host: &str) -> Result<Option<AccountRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE a.username = ?1 AND a.host = ?2"))?;
    let found = stmt
        .query_row(
            params![username.to_lowercase(), host.to_lowercase()],
            AccountRow::read,
        )
        .optional()?;
    if found.is_some() || host.is_empty() {
        return Ok(found);
    }
    // Remote names keep their case.
    Ok(stmt
        .query_row(params![username, host.to_lowercase()], AccountRow::read)
        .optional()?)
}

/// The account that a client means: by id, or by name with or without a host (mastodon-api 0.3).
pub fn by_id_or_name(db: &Connection, base: &BaseUrl, text: &str) -> Result<Option<AccountRow>> {
    if let Ok(id) = text.parse()
        && let Some(found) = by_id(db, id)?
    {
        return Ok(Some(found));
    }
    by_name(db, base, text)
}

/// The account of that name, `@` in front or not, with or without a host; our own host is none.
pub fn by_name(db: &Connection, base: &BaseUrl, text: &str) -> Result<Option<AccountRow>> {
    let text = text.strip_prefix('@').unwrap_or(text);
    match text.split_once('@') {
        Some((name, host)) if !base.is_own(host) => by_handle(db, name, host),
        Some((name, _)) => by_handle(db, name, ""),
        None => by_handle(db, text, ""),
    }
}

/// An account as far as a text can name it.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its id.
    pub id: AccountId,
    /// Name without host.
    pub username: String,
    /// `""` for this server.
    pub host: String,
    /// Profile page.
    pub url: String,
}

/// Those of the accounts, given by name and host, that are known and not hidden; in one query.
pub fn named(db: &Connection, names: &[(String, String)]) -> Result<Vec<Named>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT a.id, a.username, a.host, a.url
           FROM json_each(?1) AS wanted CROSS JOIN accounts AS a
             ON a.username = wanted.value ->> 0 AND a.host = wanted.value ->> 1
          WHERE a.hidden = 0",
    )?;
    let rows = stmt.query_map(params![serde_json::to_string(names)?], |row| {
        Ok(Named {
            id: row.get(0)?,
            username: row.get(1)?,
            host: row.get(2)?,
            url: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The account with that ActivityPub id.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<AccountRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE a.uri = ?1"))?;
    Ok(stmt.query_row(params![uri], AccountRow::read).optional()?)
}

/// ActivityPub ids of accounts, in the same order.
pub fn uris(db: &Connection, ids: &[AccountId]) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.uri FROM json_each(?1) AS wanted JOIN accounts AS a ON a.id = wanted.value ORDER BY wanted.key",
    )?;
    let rows = stmt.query_map(params![json_ids(ids)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The actor id of where an account moved, if it did.
pub fn moved_to(db: &Connection, id: AccountId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(
            "SELECT target.uri FROM accounts AS a JOIN accounts AS target ON target.id = a.moved_to_id WHERE a.id = ?1",
        )?
        .query_row(params![id], |row| row.get(0))
        .optional()?)
}

/// The ids and revisions of accounts, for finding their rendered fragments.
pub fn revs(db: &Connection, ids: &[AccountId]) -> Result<Vec<(AccountId, i64)>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, rev FROM accounts WHERE id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = stmt.query_map(params![json_ids(ids)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A new local account's row. The search index and counters follow by trigger.
pub fn insert_local(
    db: &Connection,
    id: AccountId,
    username: &str,
    uri: &str,
    url: &str,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO accounts (id, username, uri, url, accepts_chat_messages, created_at) VALUES (?1, ?2, ?3, ?4, 1, ?5)",
    )?
    .execute(params![id, username, uri, url, Timestamp::now()])?;
    Ok(())
}

/// Columns of an account that its owner or an admin changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub enum Column {
    DisplayName,
    Note,
    NoteSource,
    Fields,
    FieldsSource,
    Avatar,
    Header,
    Background,
    Locked,
    Discoverable,
    ActorType,
    HideFavourites,
    HideFollowers,
    HideFollows,
    HideFollowersCount,
    HideFollowsCount,
    AcceptsChatMessages,
    AlsoKnownAs,
    ModerationTags,
}

/// Sets one column. Statements come from the enum, so nothing from outside becomes SQL.
pub fn set(db: &Connection, id: AccountId, column: Column, value: impl Into<Value>) -> Result<()> {
    let sql = match column {
        Column::DisplayName => "UPDATE accounts SET display_name = ?2 WHERE id = ?1",
        Column::Note => "UPDATE accounts SET note = ?2 WHERE id = ?1",
        Column::NoteSource => "UPDATE accounts SET note_source = ?2 WHERE id = ?1",
        Column::Fields => "UPDATE accounts SET fields = ?2 WHERE id = ?1",
        Column::FieldsSource => "UPDATE accounts SET fields_source = ?2 WHERE id = ?1",
        Column::Avatar => "UPDATE accounts SET avatar = ?2 WHERE id = ?1",
        Column::Header => "UPDATE accounts SET header = ?2 WHERE id = ?1",
        Column::Background => "UPDATE accounts SET background = ?2 WHERE id = ?1",
        Column::Locked => "UPDATE accounts SET locked = ?2 WHERE id = ?1",
        Column::Discoverable => "UPDATE accounts SET discoverable = ?2 WHERE id = ?1",
        Column::ActorType => "UPDATE accounts SET actor_type = ?2 WHERE id = ?1",
        Column::HideFavourites => "UPDATE accounts SET hide_favourites = ?2 WHERE id = ?1",
        Column::HideFollowers => "UPDATE accounts SET hide_followers = ?2 WHERE id = ?1",
        Column::HideFollows => "UPDATE accounts SET hide_follows = ?2 WHERE id = ?1",
        Column::HideFollowersCount => "UPDATE accounts SET hide_followers_count = ?2 WHERE id = ?1",
        Column::HideFollowsCount => "UPDATE accounts SET hide_follows_count = ?2 WHERE id = ?1",
        Column::AcceptsChatMessages => {
            "UPDATE accounts SET accepts_chat_messages = ?2 WHERE id = ?1"
        }
        Column::AlsoKnownAs => "UPDATE accounts SET also_known_as = ?2 WHERE id = ?1",
        Column::ModerationTags => "UPDATE accounts SET moderation_tags = ?2 WHERE id = ?1",
    };
    db.prepare_cached(sql)?.execute(params![id, value.into()])?;
    Ok(())
}

/// Which of these live here.
pub fn local_among(db: &Connection, ids: &[AccountId]) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT id FROM accounts WHERE id IN (SELECT value FROM json_each(?1)) AND host = ''",
    )?;
    let rows = stmt.query_map(params![json_ids(ids)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
