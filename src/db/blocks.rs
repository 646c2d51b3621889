//! Blocks between accounts, and the hosts that people block for themselves.

use rusqlite::{Connection, OptionalExtension, params};

use super::page::{Keyed, Page, keyed_accounts, rows};
use crate::error::Result;
use crate::ids::{self, AccountId};

/// Blocks an account, by the Block of that id if it came from elsewhere; `None` when it was blocked already, else the row.
pub fn insert(
    db: &Connection,
    account: AccountId,
    target: AccountId,
    uri: Option<&str>,
) -> Result<Option<i64>> {
    let id = ids::next();
    let changed = db
        .prepare_cached(
            "INSERT INTO blocks (id, account_id, target_id, uri) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![id, account, target, uri])?;
    Ok((changed == 1).then_some(id))
}

/// Lifts a block; `None` when there was none, else the row that was.
pub fn remove(db: &Connection, account: AccountId, target: AccountId) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("DELETE FROM blocks WHERE account_id = ?1 AND target_id = ?2 RETURNING id")?
        .query_row(params![account, target], |row| row.get(0))
        .optional()?)
}

/// Whom somebody blocks by the Block of that id.
pub fn by_uri(db: &Connection, account: AccountId, uri: &str) -> Result<Option<AccountId>> {
    Ok(db
        .prepare_cached("SELECT target_id FROM blocks WHERE uri = ?2 AND account_id = ?1")?
        .query_row(params![account, uri], |row| row.get(0))
        .optional()?)
}

/// Whether the first account blocks the second.
pub fn exists(db: &Connection, account: AccountId, target: AccountId) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM blocks WHERE account_id = ?1 AND target_id = ?2)",
        )?
        .query_row(params![account, target], |row| row.get(0))?)
}

/// Whom an account blocks, the newest block first; paged by row or by account.
pub fn list(db: &Connection, of: AccountId, page: &Page) -> Result<Keyed> {
    let sql = keyed_accounts!(page, "blocks", "account_id", "target_id", "");
    Ok(rows(
        db,
        sql,
        params![of, page.before(), page.after(), page.limit],
        page,
    )?
    .into())
}

/// Hosts that an account blocks, in alphabetical order.
pub fn hosts(db: &Connection, of: AccountId) -> Result<Vec<String>> {
    let mut stmt =
        db.prepare_cached("SELECT host FROM domain_blocks WHERE account_id = ?1 ORDER BY host")?;
    let rows = stmt.query_map(params![of], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether an account blocks a host.
pub fn is_host_blocked(db: &Connection, account: AccountId, host: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = ?1 AND host = ?2)",
        )?
        .query_row(params![account, host], |row| row.get(0))?)
}

/// Blocks a host; blocking it twice is one block.
pub fn insert_host(db: &Connection, account: AccountId, host: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO domain_blocks (account_id, host) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![account, host])?;
    Ok(())
}

/// Lifts the block of a host, if there is one.
pub fn remove_host(db: &Connection, account: AccountId, host: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM domain_blocks WHERE account_id = ?1 AND host = ?2")?
        .execute(params![account, host])?;
    Ok(())
}
