//! Other servers as such: whether they answer, and which signatures they take.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;

/// What is known of a server.
#[derive(Clone, Debug, Default)]
pub struct HostRow {
    /// Failures since the last success.
    pub fails: u32,
    /// Since when nothing succeeds.
    pub down_since: Option<Timestamp>,
    /// Nobody asks before.
    pub retry_at: Option<Timestamp>,
    /// The name of the signature standard that it took last, and when.
    pub signature: Option<(String, Timestamp)>,
}

/// What is known of a server; of a new one nothing.
pub fn get(db: &Connection, host: &str) -> Result<HostRow> {
    let found = db
        .prepare_cached(
            "SELECT fails, down_since, nullif(retry_at, 0), signature, signature_at FROM hosts WHERE host = ?1",
        )?
        .query_row(params![host], |row| {
            let signature: Option<String> = row.get(3)?;
            Ok(HostRow {
                fails: row.get(0)?,
                down_since: row.get(1)?,
                retry_at: row.get(2)?,
                signature: signature.zip(row.get(4)?),
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Of these servers those that have not answered since before that moment.
pub fn down_among(db: &Connection, hosts: &[&str], before: Timestamp) -> Result<HashSet<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT h.host FROM json_each(?1) AS wanted JOIN hosts AS h ON h.host = wanted.value WHERE h.down_since < ?2",
    )?;
    let rows = stmt.query_map(params![serde_json::to_string(hosts)?, before], |row| {
        row.get(0)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// It answered: whatever was held against it is forgotten, and what waits for it is due now, in its order.
pub fn succeeded(db: &Connection, host: &str) -> Result<()> {
    let changed = db
        .prepare_cached(
            "UPDATE hosts SET fails = 0, down_since = NULL, retry_at = 0 WHERE host = ?1 AND (fails > 0 OR retry_at > 0)",
        )?
        .execute(params![host])?;
    if changed == 1 {
        db.prepare_cached("UPDATE deliveries SET run_at = ?2 WHERE host = ?1 AND state = 0")?
            .execute(params![host, Timestamp::now()])?;
    }
    Ok(())
}

/// It did not answer. After `threshold` failures in a row nobody asks it for `pause(fails)`.
pub fn failed(
    db: &Connection,
    host: &str,
    threshold: u32,
    pause: impl Fn(u32) -> Duration,
) -> Result<()> {
    let now = Timestamp::now();
    let fails: u32 = db
        .prepare_cached(
            "INSERT INTO hosts (host, fails, down_since) VALUES (?1, 1, ?2)
             ON CONFLICT (host) DO UPDATE SET fails = fails + 1, down_since = coalesce(down_since, ?2) RETURNING fails",
        )?
        .query_row(params![host, now], |row| row.get(0))?;
    match fails.checked_sub(threshold) {
        Some(beyond) => wait_until(db, host, now.plus(pause(beyond))),
        None => Ok(()),
    }
}

/// It wants to be left alone until then.
pub fn wait_until(db: &Connection, host: &str, until: Timestamp) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO hosts (host, retry_at) VALUES (?1, ?2) ON CONFLICT (host) DO UPDATE SET retry_at = excluded.retry_at",
    )?
    .execute(params![host, until])?;
    // What waits for it need not be looked at until then.
    db.prepare_cached(
        "UPDATE deliveries SET run_at = ?2 WHERE host = ?1 AND state = 0 AND run_at < ?2",
    )?
    .execute(params![host, until])?;
    Ok(())
}

/// It took a signature of that standard.
pub fn took_signature(db: &Connection, host: &str, name: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO hosts (host, signature, signature_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (host) DO UPDATE SET signature = excluded.signature, signature_at = excluded.signature_at",
    )?
    .execute(params![host, name, Timestamp::now()])?;
    Ok(())
}

/// It is said to take signatures of that standard: they are tried first, until we know better.
pub fn is_said_to_take(db: &Connection, host: &str, name: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO hosts (host, signature, signature_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (host) DO UPDATE SET signature = excluded.signature, signature_at = excluded.signature_at
          WHERE hosts.signature IS NULL",
    )?
    .execute(params![host, name, Timestamp::now()])?;
    Ok(())
}
