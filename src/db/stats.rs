//! Figures about the whole database.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::Connection;

use super::users;
use crate::clock::Timestamp;
use crate::error::Result;

/// How much is going on here, as the instance endpoints tell it.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// People who live here.
    pub users: i64,
    /// What they posted, direct statuses apart.
    pub statuses: i64,
    /// Other hosts that we know somebody of.
    pub domains: i64,
    /// People who posted in the last 30 days.
    pub active_month: i64,
    /// People who posted in the last 180 days.
    pub active_half_year: i64,
}

/// Reads the usage: costs as much as there are people here and hosts elsewhere, whatever they posted.
pub fn usage(db: &Connection) -> Result<Usage> {
    let (users, statuses) = db
        .prepare_cached(
            "SELECT count(*), coalesce(sum(a.statuses_count), 0)
               FROM users AS u JOIN accounts AS a ON a.id = u.account_id WHERE a.hidden = 0",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let days = |days: u64| Timestamp::now().minus(Duration::from_secs(days * 86_400));
    Ok(Usage {
        users,
        statuses,
        domains: hosts(db)?.len() as i64,
        active_month: users::active_since(db, days(30))?,
        active_half_year: users::active_since(db, days(180))?,
    })
}

/// Hosts that we know somebody of, by name. Jumps through the index from host to host, past all their accounts.
pub fn hosts(db: &Connection) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "WITH RECURSIVE known (host) AS (
           SELECT min(host) FROM accounts WHERE host <> ''
           UNION ALL
           SELECT (SELECT min(host) FROM accounts WHERE host <> '' AND host > known.host) FROM known WHERE known.host IS NOT NULL)
         SELECT host FROM known WHERE host IS NOT NULL",
    )?;
    let rows = stmt.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Rows of every table. Counts each table whole: for the command line, not for requests.
pub fn row_counts(db: &Connection) -> Result<BTreeMap<String, i64>> {
    let mut stmt = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%\\_search\\_%' ESCAPE '\\'",
    )?;
    let names = stmt
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut counts = BTreeMap::new();
    for name in names {
        // The name comes from our own schema; an identifier cannot be a parameter.
        let count = db.query_row(
            &["SELECT count(*) FROM \"", &name, "\""].concat(),
            [],
            |row| row.get(0),
        )?;
        counts.insert(name, count);
    }
    Ok(counts)
}
