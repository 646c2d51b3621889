//! What is much talked of here in these days, from counters that triggers keep by day: no post is counted on a request.
//! The `+` keeps the planner to the range of days; by itself it would walk all days in the order of what is grouped.

use rusqlite::{Connection, params};

use super::{json_ids, tags};
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

/// Pages that have a preview, by the number of people who linked to them in public.
pub fn links(db: &Connection, limit: i64, offset: i64) -> Result<Vec<i64>> {
    let mut stmt = db.prepare_cached(
        "WITH found (id, accounts, uses) AS
           (SELECT card_id, count(DISTINCT account_id), sum(uses) FROM card_days WHERE day > ?1 GROUP BY +card_id)
         SELECT c.id FROM found JOIN cards AS c ON c.id = found.id AND c.found = 1
          ORDER BY found.accounts DESC, found.uses DESC, c.id DESC LIMIT ?2 OFFSET ?3",
    )?;
    let rows = stmt.query_map(params![tags::today() - DAYS, limit, offset], |row| {
        row.get(0)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How much a tag or a link was used on a day.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// The tag or the link's preview.
    pub id: i64,
    /// Days since 1970.
    pub day: i64,
    /// Public posts with it.
    pub uses: i64,
    /// People who wrote them.
    pub accounts: i64,
}

/// Use of these tags from that day on.
pub fn tag_history(db: &Connection, tags: &[i64], since: i64) -> Result<Vec<Use>> {
    history(
        db,
        "SELECT d.tag_id, d.day, d.uses, d.accounts
           FROM json_each(?1) AS page CROSS JOIN tag_days AS d INDEXED BY tag_days_tag ON d.tag_id = page.value AND d.day >= ?2",
        tags,
        since,
    )
}

/// Use of these previews' links from that day on.
pub fn link_history(db: &Connection, cards: &[i64], since: i64) -> Result<Vec<Use>> {
    history(
        db,
        "SELECT d.card_id, d.day, sum(d.uses), count(*)
           FROM json_each(?1) AS page CROSS JOIN card_days AS d INDEXED BY card_days_card ON d.card_id = page.value AND d.day >= ?2
          GROUP BY d.card_id, d.day",
        cards,
        since,
    )
}

fn history(db: &Connection, sql: &str, page: &[i64], since: i64) -> Result<Vec<Use>> {
    let mut stmt = db.prepare_cached(sql)?;
    let found = stmt.query_map(params![json_ids(page), since], |row| {
        Ok(Use {
            id: row.get(0)?,
            day: row.get(1)?,
            uses: row.get(2)?,
            accounts: row.get(3)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
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
