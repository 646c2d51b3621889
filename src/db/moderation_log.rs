//! What admins did, for other admins to read.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// An entry.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// JSON `{actor, action, subject}`.
    pub data: String,
    /// In a sentence.
    pub message: String,
    /// When.
    pub created_at: Timestamp,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not older.
    pub since: Option<Timestamp>,
    /// Not younger.
    pub until: Option<Timestamp>,
    /// Who did it.
    pub actor: Option<AccountId>,
    /// Part of the message.
    pub search: Option<String>,
}

/// Writes an entry.
pub fn insert(db: &Connection, actor: Option<AccountId>, data: &str, message: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO moderation_log (actor_id, data, message, created_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![actor, data, message, Timestamp::now()])?;
    Ok(())
}

/// A page of entries, newest first, and how many there are in all.
pub fn page(
    db: &Connection,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<(Vec<EntryRow>, i64)> {
    const WANTED: &str = "(?1 IS NULL OR created_at >= ?1) AND (?2 IS NULL OR created_at <= ?2)
                      AND (?3 IS NULL OR actor_id = ?3) AND (?4 IS NULL OR instr(lower(message), lower(?4)) > 0)";
    let (since, until) = (filter.since, filter.until);
    let count = db
        .prepare_cached(&format!(
            "SELECT count(*) FROM moderation_log WHERE {WANTED}"
        ))?
        .query_row(params![since, until, filter.actor, filter.search], |row| {
            row.get(0)
        })?;
    let mut stmt = db.prepare_cached(&format!(
        "SELECT data, message, created_at FROM moderation_log WHERE {WANTED} ORDER BY id DESC LIMIT ?5 OFFSET ?6"
    ))?;
    let given = params![since, until, filter.actor, filter.search, limit, offset];
    let rows = stmt.query_map(given, |row| {
        Ok(EntryRow {
            data: row.get(0)?,
            message: row.get(1)?,
            created_at: row.get(2)?,
        })
    })?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, count))
}
