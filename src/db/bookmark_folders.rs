//! Folders that people keep their bookmarks in.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Error, Result};
use crate::ids::{AccountId, FolderId};

/// A folder.
#[derive(Clone, Debug)]
pub struct FolderRow {
    /// Its id.
    pub id: FolderId,
    /// What it is called.
    pub name: String,
    /// A Unicode emoji, or the shortcode of one of ours.
    pub emoji: Option<String>,
}

impl FolderRow {
    fn read(row: &Row) -> rusqlite::Result<FolderRow> {
        Ok(FolderRow {
            id: row.get(0)?,
            name: row.get(1)?,
            emoji: row.get(2)?,
        })
    }
}

/// Somebody's folders, oldest first.
pub fn of(db: &Connection, owner: AccountId) -> Result<Vec<FolderRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, name, emoji FROM bookmark_folders WHERE account_id = ?1 ORDER BY id",
    )?;
    let rows = stmt.query_map(params![owner], FolderRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A folder of that owner; 404 for any other.
pub fn owned_by(db: &Connection, owner: AccountId, id: FolderId) -> Result<FolderRow> {
    db.prepare_cached(
        "SELECT id, name, emoji FROM bookmark_folders WHERE id = ?2 AND account_id = ?1",
    )?
    .query_row(params![owner, id], FolderRow::read)
    .optional()?
    .ok_or(Error::record())
}

/// How many folders somebody has.
pub fn count(db: &Connection, owner: AccountId) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM bookmark_folders WHERE account_id = ?1")?
        .query_row(params![owner], |row| row.get(0))?)
}

/// Adds a folder, or changes it; `false` when another one of the owner has its name.
pub fn put(db: &Connection, owner: AccountId, folder: &FolderRow) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "INSERT INTO bookmark_folders (id, account_id, name, emoji) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, emoji = excluded.emoji",
        )?
        .execute(params![folder.id, owner, folder.name, folder.emoji]);
    match changed {
        Ok(changed) => Ok(changed == 1),
        Err(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes a folder; what was in it stays bookmarked.
pub fn delete(db: &Connection, id: FolderId) -> Result<()> {
    db.prepare_cached("DELETE FROM bookmark_folders WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}
