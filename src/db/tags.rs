//! Hashtags.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::ids::AccountId;
use crate::{unblocked, visible};

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

/// Tags that begin so and stand in a status which the viewer may see: the exact one first, then by use.
pub fn beginning_with(
    db: &Connection,
    viewer: Option<AccountId>,
    start: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<String>> {
    let start = start.to_lowercase();
    // Nothing sorts behind the last character: the range holds exactly what begins so.
    let end = format!("{start}\u{10ffff}");
    let mut stmt = db.prepare_cached(concat!(
        "SELECT t.name FROM tags AS t
          WHERE t.name >= ?1 AND t.name < ?2
            AND EXISTS (SELECT 1 FROM status_tags AS st JOIN statuses AS s ON s.id = st.status_id WHERE st.tag_id = t.id AND ",
        visible!("s", "?3"),
        " AND ",
        unblocked!("s", "?3"),
        ") ORDER BY t.name = ?1 DESC, t.statuses_count DESC, t.name LIMIT ?4 OFFSET ?5"
    ))?;
    let found = stmt.query_map(params![start, end, viewer, limit, offset], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
