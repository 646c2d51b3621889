//! Accounts elsewhere, as their servers describe them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// What an actor document says, cleaned.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct RemoteAccount {
    pub uri: String,
    pub url: String,
    pub username: String,
    pub host: String,
    pub actor_type: &'static str,
    pub display_name: String,
    pub note: String,
    pub fields: String,
    pub emojis: String,
    pub avatar: Option<String>,
    pub header: Option<String>,
    pub locked: bool,
    pub discoverable: bool,
    pub accepts_chat_messages: Option<bool>,
    pub also_known_as: String,
    pub inbox: String,
    pub shared_inbox: Option<String>,
    pub outbox: Option<String>,
    pub followers_uri: Option<String>,
    pub following_uri: Option<String>,
    pub featured_uri: Option<String>,
    pub created_at: Timestamp,
    /// `suspended`: its own server hides it.
    pub suspended: bool,
}

/// Adds an account, or brings the one with that actor id up to date. The name must be free, or its own.
pub fn put(db: &Connection, new: &RemoteAccount) -> Result<AccountId> {
    let id = db
        .prepare_cached(
            "INSERT INTO accounts (id, uri, url, username, host, actor_type, display_name, note, fields, emojis, avatar, header,
                                   locked, discoverable, accepts_chat_messages, also_known_as, inbox, shared_inbox, outbox,
                                   followers_uri, following_uri, featured_uri, created_at, fetched_at, deactivated, hidden)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
                     ?24, 0, ?25)
             ON CONFLICT (uri) DO UPDATE SET
                url = excluded.url, username = excluded.username, host = excluded.host, actor_type = excluded.actor_type,
                display_name = excluded.display_name, note = excluded.note, fields = excluded.fields, emojis = excluded.emojis,
                avatar = excluded.avatar, header = excluded.header, locked = excluded.locked,
                discoverable = excluded.discoverable, accepts_chat_messages = excluded.accepts_chat_messages,
                also_known_as = excluded.also_known_as, inbox = excluded.inbox, shared_inbox = excluded.shared_inbox,
                outbox = excluded.outbox, followers_uri = excluded.followers_uri, following_uri = excluded.following_uri,
                featured_uri = excluded.featured_uri, fetched_at = excluded.fetched_at,
                hidden = excluded.hidden OR deactivated OR deleted_at IS NOT NULL
              WHERE accounts.host <> ''
             RETURNING id",
        )?
        .query_row(
            params![
                AccountId::new(),
                new.uri,
                new.url,
                new.username,
                new.host,
                new.actor_type,
                new.display_name,
                new.note,
                new.fields,
                new.emojis,
                new.avatar,
                new.header,
                new.locked,
                new.discoverable,
                new.accepts_chat_messages,
                new.also_known_as,
                new.inbox,
                new.shared_inbox,
                new.outbox,
                new.followers_uri,
                new.following_uri,
                new.featured_uri,
                new.created_at,
                Timestamp::now(),
                new.suspended,
            ],
            |row| row.get(0),
        )?;
    Ok(id)
}

/// Takes the name from whoever else has it: its server says that it belongs to another actor now.
pub fn free_name(db: &Connection, username: &str, host: &str, but: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE accounts SET username = 'formerly-' || id WHERE username = ?1 AND host = ?2 AND uri <> ?3 AND host <> ''",
    )?
    .execute(params![username, host, but])?;
    Ok(())
}

/// Where an account elsewhere is spoken to and what belongs to it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct Whereabouts {
    pub id: AccountId,
    pub uri: String,
    pub host: String,
    pub inbox: Option<String>,
    pub shared_inbox: Option<String>,
    pub outbox: Option<String>,
    pub followers_uri: Option<String>,
    pub following_uri: Option<String>,
    pub featured_uri: Option<String>,
    pub fetched_at: Option<Timestamp>,
}

macro_rules! whereabouts {
    ($rest:literal) => {
        concat!(
            "SELECT id, uri, host, inbox, shared_inbox, outbox, followers_uri, following_uri, featured_uri, fetched_at
               FROM accounts WHERE ",
            $rest
        )
    };
}

impl Whereabouts {
    fn read(row: &Row) -> rusqlite::Result<Whereabouts> {
        Ok(Whereabouts {
            id: row.get(0)?,
            uri: row.get(1)?,
            host: row.get(2)?,
            inbox: row.get(3)?,
            shared_inbox: row.get(4)?,
            outbox: row.get(5)?,
            followers_uri: row.get(6)?,
            following_uri: row.get(7)?,
            featured_uri: row.get(8)?,
            fetched_at: row.get(9)?,
        })
    }
}

/// Of the account with that actor id, wherever it lives.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Whereabouts>> {
    Ok(db
        .prepare_cached(whereabouts!("uri = ?1"))?
        .query_row(params![uri], Whereabouts::read)
        .optional()?)
}

/// Of an account elsewhere.
pub fn by_id(db: &Connection, id: AccountId) -> Result<Option<Whereabouts>> {
    Ok(db
        .prepare_cached(whereabouts!("id = ?1 AND host <> ''"))?
        .query_row(params![id], Whereabouts::read)
        .optional()?)
}

/// How many its server says there are; `None`: it does not say.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the collections")]
pub struct Counts {
    pub followers: Option<i64>,
    pub following: Option<i64>,
    pub statuses: Option<i64>,
}

/// Takes the counts of an account's server over; never fewer than are known here.
pub fn set_counts(db: &Connection, account: AccountId, counts: &Counts) -> Result<()> {
    db.prepare_cached(
        "UPDATE accounts SET
            followers_count = max(coalesce(?2, followers_count), (SELECT count(*) FROM follows WHERE target_id = ?1 AND pending = 0)),
            following_count = max(coalesce(?3, following_count), (SELECT count(*) FROM follows WHERE account_id = ?1 AND pending = 0)),
            statuses_count = max(coalesce(?4, statuses_count), (SELECT count(*) FROM statuses WHERE account_id = ?1 AND visibility < 3))
          WHERE id = ?1 AND host <> ''",
    )?
    .execute(params![
        account,
        counts.followers,
        counts.following,
        counts.statuses
    ])?;
    Ok(())
}

/// Notes that an account's collections are about to be read; `false` when they were since that moment, or it lives here.
pub fn look_at(db: &Connection, account: AccountId, since: Timestamp) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "UPDATE accounts SET looked_at = ?2 WHERE id = ?1 AND host <> '' AND coalesce(looked_at, 0) < ?3",
        )?
        .execute(params![account, Timestamp::now(), since])?;
    Ok(changed == 1)
}

/// When they were read last.
pub fn looked_at(db: &Connection, account: AccountId) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached("SELECT looked_at FROM accounts WHERE id = ?1")?
        .query_row(params![account], |row| row.get(0))
        .optional()?
        .flatten())
}

/// Accounts with these actor ids, local or not; unknown ones are left out.
pub fn ids_of(db: &Connection, uris: &[&str]) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.id FROM json_each(?1) AS wanted JOIN accounts AS a ON a.uri = wanted.value ORDER BY wanted.key",
    )?;
    let found = stmt.query_map(params![serde_json::to_string(uris)?], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
