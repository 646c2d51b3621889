//! What is much talked of here in these days, from counters that triggers keep by day: no post is counted on a request.
//! The `+` keeps the planner to the range of days; by itself it would walk all days in the order of what is grouped.

use rusqlite::{Connection, params};

use super::tags;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, unmuted, visible};

/// Days that count.
const DAYS: i64 = 3;

/// Tags by the number of people who used them.
pub fn tags(db: &Connection, limit: i64, offset: i64) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "WITH found (id, accounts, uses) AS
           (SELECT tag_id, sum(accounts), sum(uses) FROM tag_days WHERE day > ?1 GROUP BY +tag_id)
         SELECT t.name FROM found JOIN tags AS t ON t.id = found.id
          ORDER BY found.accounts DESC, found.uses DESC, t.name LIMIT ?2 OFFSET ?3",
    )?;
    let rows = stmt.query_map(params![tags::today() - DAYS, limit, offset], |row| {
        row.get(0)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Public posts by how often they were favourited and reblogged, as far as the viewer may see them and wants to.
pub fn statuses(
    db: &Connection,
    viewer: Option<AccountId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<StatusId>> {
    let mut stmt = db.prepare_cached(concat!(
        "WITH found (id, score) AS (SELECT status_id, sum(score) FROM status_days WHERE day > ?1 GROUP BY +status_id)
         SELECT s.id FROM found CROSS JOIN statuses AS s ON s.id = found.id WHERE s.visibility = 0 AND ",
        visible!("s", "?2"),
        " AND ",
        unblocked!("s", "?2"),
        " AND ",
        unmuted!("s", "?2"),
        " ORDER BY found.score DESC, s.id DESC LIMIT ?3 OFFSET ?4"
    ))?;
    let since = tags::today() - DAYS;
    let rows = stmt.query_map(params![since, viewer, limit, offset], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
