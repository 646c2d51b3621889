//! Ids of activities that had their effect: nothing is applied twice (federation.md 8.2).

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;

/// Notes an id, in the transaction of its effect; `false` when it was there already.
pub fn insert(db: &Connection, uri: &str) -> Result<bool> {
    let noted = db
        .prepare_cached(
            "INSERT INTO seen_activities (uri, seen_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute(params![uri, Timestamp::now()])?;
    Ok(noted == 1)
}

/// Whether that id was noted.
pub fn contains(db: &Connection, uri: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM seen_activities WHERE uri = ?1)")?
        .query_row(params![uri], |row| row.get(0))?)
}
