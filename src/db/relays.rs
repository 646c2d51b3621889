//! Relays that we follow.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, RelayId};

/// How a relay works (federation.md 9.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It announces posts by their ids, and is told of ours in the same way.
    LitePub,
    /// It passes on what people say, as they said it.
    Mastodon,
}

impl Kind {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Kind::LitePub => "litepub",
            Kind::Mastodon => "mastodon",
        }
    }
}

/// What a relay said to our wish to follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Asked,
    /// Yes.
    Accepted,
    /// No.
    Refused,
}

impl State {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            State::Asked => "asked",
            State::Accepted => "accepted",
            State::Refused => "refused",
        }
    }
}

/// A relay.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct RelayRow {
    pub id: RelayId,
    pub url: String,
    pub kind: Kind,
    pub inbox: String,
    pub account: Option<AccountId>,
    pub state: State,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, url, kind, inbox, account_id, state FROM relays AS decided ",
            $rest
        )
    };
}

impl RelayRow {
    fn read(row: &Row) -> rusqlite::Result<RelayRow> {
        Ok(RelayRow {
            id: row.get(0)?,
            url: row.get(1)?,
            kind: match row.get::<_, String>(2)?.as_str() {
                "mastodon" => Kind::Mastodon,
                _ => Kind::LitePub,
            },
            inbox: row.get(3)?,
            account: row.get(4)?,
            state: match row.get::<_, String>(5)?.as_str() {
                "accepted" => State::Accepted,
                "refused" => State::Refused,
                _ => State::Asked,
            },
        })
    }
}

/// Adds a relay that is about to be asked. One of that address is asked anew, under another id.
pub fn insert(db: &Connection, row: &RelayRow) -> Result<()> {
    remove(db, &row.url)?;
    db.prepare_cached(
        "INSERT INTO relays (id, url, kind, inbox, account_id, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        row.id,
        row.url,
        row.kind.name(),
        row.inbox,
        row.account,
        row.state.name(),
        Timestamp::now()
    ])?;
    Ok(())
}

/// Removes the relay of that address.
pub fn remove(db: &Connection, url: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM relays WHERE url = ?1")?
        .execute(params![url])?;
    Ok(())
}

/// All of them, the oldest first: admins follow a few.
pub fn all(db: &Connection) -> Result<Vec<RelayRow>> {
    let mut stmt = db.prepare_cached(select!("ORDER BY id"))?;
    let rows = stmt.query_map([], RelayRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The relay of that id.
pub fn by_id(db: &Connection, id: RelayId) -> Result<Option<RelayRow>> {
    Ok(db
        .prepare_cached(select!("WHERE id = ?1"))?
        .query_row(params![id], RelayRow::read)
        .optional()?)
}

/// The relay of that address.
pub fn by_url(db: &Connection, url: &str) -> Result<Option<RelayRow>> {
    Ok(db
        .prepare_cached(select!("WHERE url = ?1"))?
        .query_row(params![url], RelayRow::read)
        .optional()?)
}

/// Relays that are this account.
pub fn of_account(db: &Connection, account: AccountId) -> Result<Vec<RelayRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE account_id = ?1"))?;
    let rows = stmt.query_map(params![account], RelayRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether the account is a relay that lets us follow it: what it passes on is taken.
pub fn is_followed(db: &Connection, account: AccountId) -> Result<bool> {
    let relays = of_account(db, account)?;
    Ok(relays.iter().any(|relay| relay.state == State::Accepted))
}

/// It answered, as that account.
pub fn answered(db: &Connection, id: RelayId, account: AccountId, state: State) -> Result<()> {
    db.prepare_cached("UPDATE relays SET state = ?2, account_id = ?3 WHERE id = ?1")?
        .execute(params![id, state.name(), account])?;
    Ok(())
}

/// Where relays of a kind hear what is new here.
pub fn inboxes(db: &Connection, kind: Kind) -> Result<Vec<String>> {
    let relays = all(db)?.into_iter();
    Ok(relays
        .filter(|relay| relay.state == State::Accepted && relay.kind == kind)
        .map(|relay| relay.inbox)
        .collect())
}
