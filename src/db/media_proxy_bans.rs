//! Files of other servers that nobody gets through this one.

use rusqlite::{Connection, params};

use crate::error::Result;

/// Adds these addresses; those that are there already stay.
pub fn insert(db: &Connection, urls: &[String]) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO media_proxy_bans (url) SELECT value FROM json_each(?1)",
    )?
    .execute(params![serde_json::to_string(urls)?])?;
    Ok(())
}

/// Takes these addresses off.
pub fn remove(db: &Connection, urls: &[String]) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM media_proxy_bans WHERE url IN (SELECT value FROM json_each(?1))",
    )?
    .execute(params![serde_json::to_string(urls)?])?;
    Ok(())
}

/// Whether nobody gets that one.
pub fn contains(db: &Connection, url: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM media_proxy_bans WHERE url = ?1)")?
        .query_row(params![url], |row| row.get(0))?)
}

/// A page of the addresses, the newest first, and how many there are in all.
pub fn page(db: &Connection, limit: i64, offset: i64) -> Result<(Vec<String>, i64)> {
    let count = db
        .prepare_cached("SELECT count(*) FROM media_proxy_bans")?
        .query_row([], |row| row.get(0))?;
    let mut stmt =
        db.prepare_cached("SELECT url FROM media_proxy_bans ORDER BY id DESC LIMIT ?1 OFFSET ?2")?;
    let urls = stmt.query_map(params![limit, offset], |row| row.get(0))?;
    Ok((urls.collect::<rusqlite::Result<_>>()?, count))
}
