//! Finding statuses by the words in them and by what they are.
//!
//! The index reads its rows upwards much faster than downwards, and the newest is wanted first: its rowid is the id negated.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::server_state;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::text::query::{Query, Scope};
use crate::text::words;
use crate::{unblocked, visible};

/// What of a query stands in the database: names are looked up before.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Who searches.
    pub viewer: AccountId,
    /// What was typed.
    pub query: &'a Query,
    /// Of this account only.
    pub author: Option<AccountId>,
    /// At most so many …
    pub limit: i64,
    /// … after so many.
    pub offset: i64,
}

/// Under this name is kept how far the index reaches.
const REACH: &str = "status_search.reach";

macro_rules! text {
    () => {
        "SELECT id, iif(local AND content_type = 'text/plain', source, NULL), content, spoiler_text FROM statuses"
    };
}

/// A search without words and without an author looks at so many of the newest statuses.
macro_rules! recent {
    () => {
        "(SELECT id FROM statuses WHERE id > 0 ORDER BY id DESC LIMIT 5000)"
    };
}

/// The rest of the statement, whichever way the rows `s` are come by. The bits are those of [`crate::text::query::TRAITS`].
macro_rules! matching {
    () => {
        concat!(
            " AND (?3 IS NULL OR s.account_id = ?3)
              AND (?6 IS NULL OR s.created_at >= ?6) AND (?7 IS NULL OR s.created_at < ?7)
              AND (?8 IS NULL OR s.language = ?8)
              AND (?9 IS NULL OR NOT EXISTS (SELECT 1 FROM status_search WHERE rowid = -s.id AND status_search MATCH ?9))
              AND (?10 | ?11 = 0 OR (?10 | ?11) & (
                     EXISTS (SELECT 1 FROM media WHERE status_id = s.id)
                   + EXISTS (SELECT 1 FROM media WHERE status_id = s.id AND kind = 'image') * 2
                   + EXISTS (SELECT 1 FROM media WHERE status_id = s.id AND kind IN ('video', 'gifv')) * 4
                   + EXISTS (SELECT 1 FROM media WHERE status_id = s.id AND kind = 'audio') * 8
                   + EXISTS (SELECT 1 FROM polls WHERE status_id = s.id) * 16
                   + (s.card_id IS NOT NULL) * 32
                   + (s.quote_of_id IS NOT NULL) * 64
                   + (s.in_reply_to_id IS NOT NULL OR s.in_reply_to_uri IS NOT NULL) * 128
                   + s.sensitive * 256) = ?10)
              AND (?12 <> 1 OR s.account_id = ?2
                   OR EXISTS (SELECT 1 FROM mentions WHERE status_id = s.id AND account_id = ?2)
                   OR EXISTS (SELECT 1 FROM favourites WHERE status_id = s.id AND account_id = ?2)
                   OR EXISTS (SELECT 1 FROM bookmarks WHERE status_id = s.id AND account_id = ?2)
                   OR EXISTS (SELECT 1 FROM statuses WHERE reblog_of_id = s.id AND account_id = ?2))
              AND (?12 <> 2 OR s.visibility = 0) AND ",
            visible!("s", "?2"),
            " AND ",
            unblocked!("s", "?2"),
            " ORDER BY "
        )
    };
}

/// Statuses that the viewer may see and looks for, newest first. With words the index of words leads to them, else that of
/// the author's statuses, else only the newest ones are looked at.
pub fn find(db: &Connection, search: &Search) -> Result<Vec<StatusId>> {
    let Search { query, author, .. } = search;
    let sql = match (&query.words, author) {
        (Some(_), _) => concat!(
            "SELECT s.id FROM status_search CROSS JOIN statuses AS s ON s.id = -status_search.rowid WHERE status_search MATCH ?1",
            matching!(),
            "status_search.rowid LIMIT ?4 OFFSET ?5"
        ),
        (None, Some(_)) => concat!(
            "SELECT s.id FROM statuses AS s INDEXED BY statuses_account
              WHERE s.account_id = ?3 AND s.reblog_of_id IS NULL AND ?1 IS NULL",
            matching!(),
            "s.id DESC LIMIT ?4 OFFSET ?5"
        ),
        (None, None) => concat!(
            "SELECT s.id FROM ",
            recent!(),
            " AS recent CROSS JOIN statuses AS s ON s.id = recent.id WHERE s.reblog_of_id IS NULL AND ?1 IS NULL",
            matching!(),
            "recent.id DESC LIMIT ?4 OFFSET ?5"
        ),
    };
    let scope = match query.scope {
        Scope::All => 0,
        Scope::Library => 1,
        Scope::Public => 2,
    };
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(
        params![
            query.words,
            search.viewer,
            author,
            search.limit,
            search.offset,
            query.since,
            query.until,
            query.language,
            query.without,
            query.wanted,
            query.unwanted,
            scope
        ],
        |row| row.get(0),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the index takes a status's words from.
#[derive(Clone, Debug)]
pub struct Text {
    /// Whose words.
    pub status: StatusId,
    /// As typed, where that is plain text of ours.
    pub typed: Option<String>,
    /// Sanitised HTML.
    pub content: String,
    /// The warning in front of it.
    pub spoiler_text: String,
}

/// Whether there are statuses that the index does not reach yet. One statement: each search asks it first.
pub fn is_behind(db: &Connection) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce((SELECT max(id) FROM statuses), 0)
                  > coalesce((SELECT CAST(value AS INTEGER) FROM server_state WHERE key = ?1), 0)",
        )?
        .query_row(params![REACH], |row| row.get(0))?)
}

/// The index holds no status with a larger id than this, and all up to it.
pub fn reach(db: &Connection) -> Result<StatusId> {
    let reach = server_state::get(db, REACH)?.and_then(|id| id.parse().ok());
    Ok(reach.unwrap_or(StatusId(0)))
}

/// The index now holds all up to this status.
pub fn set_reach(db: &Connection, status: StatusId) -> Result<()> {
    server_state::set(db, REACH, &status.to_string())
}

/// Statuses after that one, in the order in which they came; reblogs have no words.
pub fn after(db: &Connection, status: StatusId, at_most: i64) -> Result<Vec<Text>> {
    let mut stmt = db.prepare_cached(concat!(text!(), " WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
    let found = stmt.query_map(params![status, at_most], read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// What that status says.
pub fn of(db: &Connection, status: StatusId) -> Result<Text> {
    Ok(db
        .prepare_cached(concat!(text!(), " WHERE id = ?1"))?
        .query_row(params![status], read)?)
}

fn read(row: &Row) -> rusqlite::Result<Text> {
    Ok(Text {
        status: row.get(0)?,
        typed: row.get(1)?,
        content: row.get(2)?,
        spoiler_text: row.get(3)?,
    })
}

/// Lets the search find the status by this text. Of several in one transaction the newest goes in first: the index gathers rows
/// in memory as long as their rowids rise.
pub fn index(db: &Connection, status: StatusId, text: &str) -> Result<()> {
    db.prepare_cached("INSERT INTO status_search (rowid, content) VALUES (-?1, ?2)")?
        .execute(params![status, words::indexed(text)])?;
    Ok(())
}

/// Lets the search find the status no more.
pub fn forget(db: &Connection, status: StatusId) -> Result<()> {
    db.prepare_cached("DELETE FROM status_search WHERE rowid = -?1")?
        .execute(params![status])?;
    Ok(())
}

/// The status with that ActivityPub id. Whether it may be seen is the caller's care.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<StatusId>> {
    Ok(db
        .prepare_cached("SELECT id FROM statuses WHERE uri = ?1")?
        .query_row(params![uri], |row| row.get(0))
        .optional()?)
}
