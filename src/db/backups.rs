//! Archives of accounts, for their owners to take along.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, BackupId, MediaId};

/// An archive, made or on the way.
#[derive(Clone, Debug)]
pub struct BackupRow {
    /// Its id.
    pub id: BackupId,
    /// Whose it is.
    pub account: AccountId,
    /// `pending`, `complete` or `failed`.
    pub state: String,
    /// Its name in `uploads/`, once it is complete.
    pub file: Option<String>,
    /// Bytes.
    pub size: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
}

impl BackupRow {
    fn read(row: &Row) -> rusqlite::Result<BackupRow> {
        Ok(BackupRow {
            id: row.get(0)?,
            account: row.get(1)?,
            state: row.get(2)?,
            file: row.get(3)?,
            size: row.get(4)?,
            created_at: row.get(5)?,
        })
    }
}

/// One by its id.
pub fn by_id(db: &Connection, id: BackupId) -> Result<Option<BackupRow>> {
    Ok(db
        .prepare_cached(
            "SELECT id, account_id, state, file, size, created_at FROM backups WHERE id = ?1",
        )?
        .query_row(params![id], BackupRow::read)
        .optional()?)
}

/// Somebody's archives, the newest first. There are never many.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<BackupRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, account_id, state, file, size, created_at FROM backups WHERE account_id = ?1 ORDER BY id DESC",
    )?;
    let rows = stmt.query_map(params![account], BackupRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes down that one was asked for.
pub fn insert(db: &Connection, account: AccountId) -> Result<BackupId> {
    let id = BackupId::new();
    db.prepare_cached("INSERT INTO backups (id, account_id, created_at) VALUES (?1, ?2, ?3)")?
        .execute(params![id, account, Timestamp::now()])?;
    Ok(id)
}

/// Names the file of one that is complete.
pub fn complete(db: &Connection, id: BackupId, file: &str, size: u64) -> Result<()> {
    db.prepare_cached("UPDATE backups SET state = 'complete', file = ?2, size = ?3 WHERE id = ?1")?
        .execute(params![id, file, size as i64])?;
    Ok(())
}

/// Gives one up.
pub fn fail(db: &Connection, id: BackupId) -> Result<()> {
    db.prepare_cached("UPDATE backups SET state = 'failed' WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Removes all of somebody's that are older than that one; returns their files.
pub fn remove_older(db: &Connection, account: AccountId, than: BackupId) -> Result<Vec<String>> {
    let mut stmt =
        db.prepare_cached("DELETE FROM backups WHERE account_id = ?1 AND id < ?2 RETURNING file")?;
    let rows = stmt.query_map(params![account, than], |row| {
        row.get::<_, Option<String>>(0)
    })?;
    Ok(rows
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// Files of what somebody posted, after that attachment: a few of them.
pub fn posted_files(
    db: &Connection,
    account: AccountId,
    after: MediaId,
    limit: i64,
) -> Result<Vec<(MediaId, String)>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, file FROM media
          WHERE account_id = ?1 AND id > ?2 AND status_id IS NOT NULL AND file IS NOT NULL ORDER BY id LIMIT ?3",
    )?;
    let rows = stmt.query_map(params![account, after, limit], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
