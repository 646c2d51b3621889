//! Hashtags.

use rusqlite::{Connection, params};

use crate::error::Result;

/// Ids of the known ones among these names, whatever their case; unknown ones are left out.
pub fn ids(db: &Connection, names: &[String]) -> Result<Vec<i64>> {
    let folded: Vec<String> = names
        .iter()
        .map(|name| name.trim_start_matches('#').to_lowercase())
        .collect();
    let mut stmt =
        db.prepare_cached("SELECT id FROM tags WHERE name IN (SELECT value FROM json_each(?1))")?;
    let found = stmt.query_map(params![serde_json::to_string(&folded)?], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
