//! Ids of activities that had their effect: nothing is applied twice (federation.md 8.2).

use std::time::Duration;

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;

/// An id is remembered for so long: far longer than any signature is taken.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Notes an id, in the transaction of its effect; `false` when it was there already.
pub fn insert(db: &Connection, uri: &str) -> Result<bool> {
    let noted = db
        .prepare_cached(
            "INSERT INTO seen_activities (uri, seen_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute(params![uri, Timestamp::now()])?;
    Ok(noted == 1)
}

/// Forgets some of the oldest ids; returns how many.
pub fn prune(db: &Connection, most: u32) -> Result<usize> {
    Ok(db
        .prepare_cached(
            "DELETE FROM seen_activities WHERE uri IN (SELECT uri FROM seen_activities WHERE seen_at < ?1 LIMIT ?2)",
        )?
        .execute(params![Timestamp::now().minus(KEPT), most])?)
}

/// Whether that id was noted.
pub fn contains(db: &Connection, uri: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM seen_activities WHERE uri = ?1)")?
        .query_row(params![uri], |row| row.get(0))?)
}
