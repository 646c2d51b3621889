//! The job queue. Rows are written in the transaction of the change that they announce, leased while somebody works on
//! them and deleted with their effect, so that a crash at any moment loses nothing.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::Tx;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids;

/// Kinds that wait for other servers. They have threads of their own, so that nothing else waits with them.
const SLOW: [&str; 4] = [
    "fetch_card",
    "import_people",
    "look_around",
    "synchronize_followers",
];

/// A leased job.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: i64,
    /// Which file of `jobs/` does it.
    pub kind: String,
    /// JSON, as the kind defines it.
    pub payload: String,
    /// Tries before this one.
    pub attempts: u32,
}

/// Queues work for as soon as this transaction is committed.
pub fn push(tx: &Tx, kind: &str, payload: &impl serde::Serialize) -> Result<()> {
    push_at(tx, kind, payload, Timestamp::now())
}

/// Queues work for later.
pub fn push_at(
    tx: &Tx,
    kind: &str,
    payload: &impl serde::Serialize,
    run_at: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO jobs (id, kind, payload, run_at, slow) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        ids::next(),
        kind,
        serde_json::to_string(payload)?,
        run_at,
        SLOW.contains(&kind)
    ])?;
    tx.wake_jobs();
    Ok(())
}

/// Whether exactly that work waits already. Of a kind of which little waits.
pub fn waits(db: &Connection, kind: &str, payload: &impl serde::Serialize) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE dead = 0 AND slow = ?1 AND kind = ?2 AND payload = ?3)",
        )?
        .query_row(
            params![SLOW.contains(&kind), kind, serde_json::to_string(payload)?],
            |row| row.get(0),
        )?)
}

/// Whether any work of that kind waits. Of a kind of which little waits.
pub fn waits_of_kind(db: &Connection, kind: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE dead = 0 AND slow = ?1 AND kind = ?2)",
        )?
        .query_row(params![SLOW.contains(&kind), kind], |row| row.get(0))?)
}

/// Takes the job that has been due the longest, of those that wait for other servers (`slow`) or of the others, and leases it.
pub fn lease(tx: &Connection, lease: Duration, slow: bool) -> Result<Option<JobRow>> {
    let now = Timestamp::now();
    let found = tx
        .prepare_cached(
            "UPDATE jobs SET lease_until = ?2
              WHERE id = (SELECT id FROM jobs WHERE dead = 0 AND slow = ?3 AND run_at <= ?1 AND lease_until <= ?1 ORDER BY run_at LIMIT 1)
             RETURNING id, kind, payload, attempts",
        )?
        .query_row(params![now, now.plus(lease), slow], |row| {
            Ok(JobRow { id: row.get(0)?, kind: row.get(1)?, payload: row.get(2)?, attempts: row.get(3)? })
        })
        .optional()?;
    Ok(found)
}

/// When the next job is due, if any waits.
pub fn next_due(db: &Connection, slow: bool) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached(
            "SELECT min(max(run_at, lease_until)) FROM jobs WHERE dead = 0 AND slow = ?1",
        )?
        .query_row(params![slow], |row| row.get(0))?)
}

/// Removes a job with its effect: call it in the transaction that has the effect.
pub fn done(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM jobs WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Puts a job of many parts behind the others that are due: call it in the transaction that has the effect of one part.
pub fn again(tx: &Tx, id: i64) -> Result<()> {
    tx.prepare_cached("UPDATE jobs SET attempts = 0, lease_until = 0, run_at = ?2 WHERE id = ?1")?
        .execute(params![id, Timestamp::now()])?;
    tx.wake_jobs();
    Ok(())
}

/// As [`again`], with another payload, which says where to go on.
pub fn go_on(tx: &Tx, id: i64, payload: &impl serde::Serialize) -> Result<()> {
    tx.prepare_cached("UPDATE jobs SET payload = ?2 WHERE id = ?1")?
        .execute(params![id, serde_json::to_string(payload)?])?;
    again(tx, id)
}

/// Puts a failed job back for a later try.
pub fn retry(db: &Connection, id: i64, run_at: Timestamp, error: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE jobs SET attempts = attempts + 1, lease_until = 0, run_at = ?2, last_error = ?3 WHERE id = ?1",
    )?
    .execute(params![id, run_at, error])?;
    Ok(())
}

/// Gives a job up; its row stays for the admin to see.
pub fn bury(db: &Connection, id: i64, error: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE jobs SET attempts = attempts + 1, dead = 1, last_error = ?2 WHERE id = ?1",
    )?
    .execute(params![id, error])?;
    Ok(())
}

/// Ends all leases: at start nobody works on anything.
pub fn release_all(db: &Connection) -> Result<()> {
    db.execute("UPDATE jobs SET lease_until = 0 WHERE lease_until > 0", [])?;
    Ok(())
}

/// Waiting and dead jobs by kind, for healthcheck and `kenoma stats`.
pub fn counts(db: &Connection) -> Result<Vec<(String, i64, i64)>> {
    let mut stmt = db.prepare_cached(
        "SELECT kind, sum(dead = 0), sum(dead = 1) FROM jobs GROUP BY kind ORDER BY kind",
    )?;
    let rows = stmt.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
