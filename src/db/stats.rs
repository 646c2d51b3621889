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

/// What went on here in one week.
#[derive(Clone, Copy, Debug)]
pub struct Week {
    /// Its Monday's midnight (UTC), in seconds.
    pub start: i64,
    /// Posts of people here, reblogs apart.
    pub statuses: i64,
    /// People who logged in, as far as they have not logged out since.
    pub logins: i64,
    /// People who came to live here.
    pub registrations: i64,
}

/// The last weeks, the present one first. Costs as much as was posted here meanwhile.
pub fn activity(db: &Connection, weeks: i64) -> Result<Vec<Week>> {
    let mut stmt = db.prepare_cached(
        // Days and weeks are counted from 1970, which began on a Thursday; ids of our own posts begin with their time.
        "WITH RECURSIVE recent (n, start) AS (
           SELECT 1, ((unixepoch() / 86400 + 3) / 7 * 7 - 3) * 86400
           UNION ALL SELECT n + 1, start - 604800 FROM recent WHERE n < ?1)
         SELECT start,
                (SELECT count(*) FROM statuses INDEXED BY statuses_local WHERE local = 1 AND id >= start * 1000000
                    AND id < (start + 604800) * 1000000 AND reblog_of_id IS NULL),
                (SELECT count(DISTINCT account_id) FROM tokens
                  WHERE created_at >= start * 1000 AND created_at < (start + 604800) * 1000),
                (SELECT count(*) FROM users AS u JOIN accounts AS a ON a.id = u.account_id
                  WHERE a.hidden = 0 AND a.created_at >= start * 1000 AND a.created_at < (start + 604800) * 1000)
           FROM recent ORDER BY n",
    )?;
    let rows = stmt.query_map([weeks], |row| {
        Ok(Week {
            start: row.get(0)?,
            statuses: row.get(1)?,
            logins: row.get(2)?,
            registrations: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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
