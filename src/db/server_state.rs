//! Secrets and switches of this server, by name.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;

/// The value under a name.
pub fn get(db: &Connection, key: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT value FROM server_state WHERE key = ?1")?
        .query_row(params![key], |row| row.get(0))
        .optional()?)
}

/// Sets a value, unless the name has one; answers the one that stands.
pub fn keep_first(db: &Connection, key: &str, value: &str) -> Result<String> {
    db.prepare_cached(
        "INSERT INTO server_state (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![key, value])?;
    Ok(db
        .prepare_cached("SELECT value FROM server_state WHERE key = ?1")?
        .query_row(params![key], |row| row.get(0))?)
}

/// Sets a value.
pub fn set(db: &Connection, key: &str, value: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO server_state (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute(params![key, value])?;
    Ok(())
}
