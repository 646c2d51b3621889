//! Statuses that their authors pinned to their profiles.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, StatusId};

/// How many others somebody has pinned.
pub fn count_beside(db: &Connection, account: AccountId, status: StatusId) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM pins WHERE account_id = ?1 AND status_id <> ?2")?
        .query_row(params![account, status], |row| row.get(0))?)
}

/// Pins a status; `false` when it was pinned already.
pub fn insert(db: &Connection, account: AccountId, status: StatusId) -> Result<bool> {
    let pinned = db
        .prepare_cached(
            "INSERT INTO pins (id, account_id, status_id, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (status_id) DO NOTHING",
        )?
        .execute(params![ids::next(), account, status, Timestamp::now()])?;
    Ok(pinned == 1)
}

/// Pins exactly these, the first on top.
pub fn replace(db: &Connection, account: AccountId, pinned: &[StatusId]) -> Result<()> {
    db.prepare_cached("DELETE FROM pins WHERE account_id = ?1")?
        .execute(params![account])?;
    for status in pinned.iter().rev() {
        insert(db, account, *status)?;
    }
    Ok(())
}

/// Unpins a status; `false` when it was not pinned.
pub fn delete(db: &Connection, account: AccountId, status: StatusId) -> Result<bool> {
    let unpinned = db
        .prepare_cached("DELETE FROM pins WHERE account_id = ?1 AND status_id = ?2")?
        .execute(params![account, status])?;
    Ok(unpinned == 1)
}
