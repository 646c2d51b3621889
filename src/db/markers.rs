//! How far somebody has read a timeline.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// A marker.
#[derive(Clone, Debug)]
pub struct MarkerRow {
    /// `home` or `notifications`.
    pub timeline: String,
    /// The newest row that was read.
    pub last_read_id: i64,
    /// How often it was set.
    pub version: i64,
    /// When it was set last.
    pub updated_at: Timestamp,
}

/// All markers of an account.
pub fn all(db: &Connection, account: AccountId) -> Result<Vec<MarkerRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT timeline, last_read_id, version, updated_at FROM markers WHERE account_id = ?1",
    )?;
    let rows = stmt.query_map(params![account], |row| {
        Ok(MarkerRow {
            timeline: row.get(0)?,
            last_read_id: row.get(1)?,
            version: row.get(2)?,
            updated_at: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets a marker and counts the change.
pub fn set(db: &Connection, account: AccountId, timeline: &str, last_read_id: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO markers (account_id, timeline, last_read_id, updated_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, timeline) DO UPDATE
            SET last_read_id = excluded.last_read_id, version = version + 1, updated_at = excluded.updated_at",
    )?
    .execute(params![account, timeline, last_read_id, Timestamp::now()])?;
    Ok(())
}

/// Moves a marker forward, never back. Where it stands already nothing is counted; says whether it moved.
pub fn advance(
    db: &Connection,
    account: AccountId,
    timeline: &str,
    last_read_id: i64,
) -> Result<bool> {
    let moved = db.prepare_cached(
        "INSERT INTO markers (account_id, timeline, last_read_id, updated_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, timeline) DO UPDATE
            SET last_read_id = excluded.last_read_id, version = version + 1, updated_at = excluded.updated_at
          WHERE excluded.last_read_id > last_read_id",
    )?
    .execute(params![account, timeline, last_read_id, Timestamp::now()])?;
    Ok(moved == 1)
}
