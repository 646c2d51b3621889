//! Who is to get what: one row per activity and inbox. Leased while somebody sends, so that a crash loses nothing.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::activities::Signer;
use super::status_hosts;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, StatusId};

/// Queues an activity for an inbox, once. A host that is to be left alone gets it afterwards; an inbox that is gone, never.
pub fn insert(db: &Connection, activity: i64, inbox: &str, host: &str, urgency: u8) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO deliveries (id, activity_id, inbox, host, urgency, run_at, state, last_status, last_error)
         SELECT ?1, ?2, ?3, ?4, ?5, max(?6, coalesce((SELECT retry_at FROM hosts WHERE host = ?4), 0)), iif(gone, 2, 0),
                iif(gone, 410, NULL), iif(gone, 'the inbox is gone', NULL)
           FROM (SELECT EXISTS (SELECT 1 FROM gone_inboxes WHERE inbox = ?3) AS gone) AS found WHERE true
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![ids::next(), activity, inbox, host, urgency, Timestamp::now()])?;
    Ok(())
}

/// A leased delivery, with what is to be sent.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct DeliveryRow {
    pub id: i64,
    pub inbox: String,
    pub host: String,
    pub attempts: u32,
    pub signer: Signer,
    pub status: Option<StatusId>,
    pub json: String,
    /// When it was said.
    pub created_at: Timestamp,
    /// PKCS#8: the key that the signer had before, where that is what peers know.
    pub former_key: Option<Vec<u8>>,
}

/// Takes the most urgent delivery that is due, of a host that nobody sends to at the moment. Where the host did not answer last,
/// its turn goes to the oldest that waits for it, so that all arrive in their order when it is back.
pub fn lease(db: &Connection, lease: Duration) -> Result<Option<DeliveryRow>> {
    let now = Timestamp::now();
    let due = db
        .prepare_cached(
            "SELECT d.id, d.host, d.urgency FROM deliveries AS d
              WHERE d.state = 0 AND d.run_at <= ?1 AND d.lease_until <= ?1
                AND NOT EXISTS (SELECT 1 FROM deliveries AS other
                                 WHERE other.host = d.host AND other.state = 0 AND other.lease_until > ?1)
              ORDER BY d.urgency, d.run_at, d.id LIMIT 1",
        )?
        .query_row(params![now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((due, host, urgency)) = due else {
        return Ok(None);
    };
    let host: String = host;
    let id = oldest(db, &host, urgency)?.unwrap_or(due);
    db.prepare_cached("UPDATE deliveries SET lease_until = ?2 WHERE id = ?1")?
        .execute(params![id, now.plus(lease)])?;
    let row = db
        .prepare_cached(
            "SELECT d.inbox, d.attempts, a.account_id, a.as_relay, a.status_id, a.json, a.created_at, a.former_key
               FROM deliveries AS d JOIN activities AS a ON a.id = d.activity_id WHERE d.id = ?1",
        )?
        .query_row(params![id], |row| {
            Ok(DeliveryRow {
                id,
                inbox: row.get(0)?,
                host,
                attempts: row.get(1)?,
                signer: match (row.get(2)?, row.get(3)?) {
                    (Some(account), _) => Signer::Account(account),
                    (None, false) => Signer::Instance,
                    (None, true) => Signer::Relay,
                },
                status: row.get(4)?,
                json: row.get(5)?,
                created_at: row.get(6)?,
                former_key: row.get(7)?,
            })
        })?;
    Ok(Some(row))
}

/// The oldest that waits for a host that did not answer last, without what the host had and did not take.
fn oldest(db: &Connection, host: &str, urgency: u8) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "SELECT id FROM deliveries
              WHERE host = ?1 AND state = 0 AND urgency = ?2 AND urgency <> 2 AND refused = 0
                AND EXISTS (SELECT 1 FROM hosts WHERE host = ?1 AND fails > 0)
              ORDER BY id LIMIT 1",
        )?
        .query_row(params![host, urgency], |row| row.get(0))
        .optional()?)
}

/// When the next of those that are put off is due.
pub fn next_due(db: &Connection) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached("SELECT min(run_at) FROM deliveries WHERE state = 0 AND run_at > ?1")?
        .query_row(params![Timestamp::now()], |row| row.get(0))?)
}

/// It arrived. Of a post it is noted which host has it.
pub fn done(db: &Connection, row: &DeliveryRow, status: u16) -> Result<()> {
    db.prepare_cached(
        "UPDATE deliveries SET state = 1, attempts = attempts + 1, lease_until = 0, last_status = ?2, last_error = NULL WHERE id = ?1",
    )?
    .execute(params![row.id, status])?;
    match row.status {
        Some(status) => status_hosts::insert(db, status, &row.inbox, &row.host, false),
        None => Ok(()),
    }
}

/// It did not arrive: another try at `again`, not before the host may be asked, or none. Younger ones need not wait for what the
/// host had and did not take; when it said nothing (`status`) it may have gone down at that moment, so that must happen thrice.
pub fn failed(
    db: &Connection,
    id: i64,
    had_it: bool,
    status: Option<u16>,
    error: &str,
    again: Option<Timestamp>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE deliveries SET attempts = attempts + 1, lease_until = 0, last_status = ?2, last_error = ?3,
                               refused = ?5 AND (?2 IS NOT NULL OR attempts >= 2),
                               state = CASE WHEN ?4 IS NULL OR urgency = 2 THEN 2 ELSE 0 END,
                               run_at = max(coalesce(?4, run_at), coalesce((SELECT retry_at FROM hosts WHERE host = deliveries.host), 0))
          WHERE id = ?1",
    )?
    .execute(params![id, status, error, again, had_it])?;
    Ok(())
}

/// An inbox is gone: what waits for it is given up.
pub fn inbox_gone(db: &Connection, inbox: &str, host: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO gone_inboxes (inbox, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![inbox, Timestamp::now()])?;
    db.prepare_cached(
        "UPDATE deliveries SET state = 2, last_status = 410, last_error = 'the inbox is gone'
          WHERE host = ?2 AND state = 0 AND inbox = ?1 AND lease_until = 0",
    )?
    .execute(params![inbox, host])?;
    Ok(())
}

/// Whether one of these inboxes is gone.
pub fn is_gone(db: &Connection, inboxes: [Option<&str>; 2]) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM gone_inboxes WHERE inbox IN (?1, ?2))")?
        .query_row(inboxes, |row| row.get(0))?)
}

/// Somebody whose inboxes these are is there.
pub fn inbox_back(db: &Connection, inboxes: [Option<&str>; 2]) -> Result<()> {
    db.prepare_cached("DELETE FROM gone_inboxes WHERE inbox IN (?1, ?2)")?
        .execute(inboxes)?;
    Ok(())
}

/// Whether something of an account is still to be sent.
pub fn are_waiting(db: &Connection, account: AccountId) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM activities AS a JOIN deliveries AS d ON d.activity_id = a.id
                             WHERE a.account_id = ?1 AND d.state = 0)",
        )?
        .query_row(params![account], |row| row.get(0))?)
}

/// Gives a delivery back untried, and puts all off that wait for its host.
pub fn release(db: &Connection, row: &DeliveryRow, run_at: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE deliveries SET lease_until = 0 WHERE id = ?1")?
        .execute(params![row.id])?;
    db.prepare_cached(
        "UPDATE deliveries SET run_at = ?2 WHERE host = ?1 AND state = 0 AND run_at < ?2",
    )?
    .execute(params![row.host, run_at])?;
    Ok(())
}

/// Ends all leases: at start nobody works on anything. What somebody was at may have arrived: it counts as tried.
pub fn release_all(db: &Connection) -> Result<()> {
    db.execute(
        "UPDATE deliveries SET lease_until = 0, attempts = attempts + (state = 0), state = CASE urgency WHEN 2 THEN 2 ELSE state END
          WHERE lease_until > 0",
        [],
    )?;
    Ok(())
}

/// `taken_back!("status_id")`: removes what waits of the activities whose column is `?1`. What somebody sends at this moment
/// arrives or not, but is not tried again.
macro_rules! taken_back {
    ($db:expr, $column:literal, $key:expr) => {{
        let now = Timestamp::now();
        $db.prepare_cached(concat!(
            "DELETE FROM deliveries WHERE state = 0 AND lease_until <= ?2
                AND activity_id IN (SELECT id FROM activities WHERE ",
            $column,
            " = ?1)"
        ))?
        .execute(params![$key, now])?;
        $db.prepare_cached(concat!(
            "UPDATE deliveries SET urgency = 2 WHERE state = 0
                AND activity_id IN (SELECT id FROM activities WHERE ",
            $column,
            " = ?1)"
        ))?
        .execute(params![$key])?;
        Ok(())
    }};
}

/// What carries a post is not sent any more.
pub fn cancel(db: &Connection, status: StatusId) -> Result<()> {
    taken_back!(db, "status_id", status)
}

/// Nothing that an account said before is sent any more.
pub fn cancel_of(db: &Connection, account: AccountId) -> Result<()> {
    taken_back!(db, "account_id", account)
}

/// What was said before about the same thing is not sent any more: whoever was down hears how it stands now, and never hears
/// the older word after the newer one.
pub fn supersede(db: &Connection, about: &str) -> Result<()> {
    taken_back!(db, "about", about)
}

/// Makes room when more than so many wait: profiles go first, which are told again with the next change, then the oldest.
/// Returns how many were given up. Counting walks an index, so it is done once in a while only.
pub fn trim(db: &Connection, most: i64) -> Result<usize> {
    let newest: Option<i64> = db
        .prepare_cached("SELECT max(id) FROM activities")?
        .query_row([], |row| row.get(0))?;
    if most > EVERY && newest.unwrap_or(0) % EVERY != 0 {
        return Ok(0);
    }
    let waiting: i64 = db
        .prepare_cached("SELECT count(*) FROM deliveries WHERE state = 0")?
        .query_row([], |row| row.get(0))?;
    let mut excess = waiting - most;
    if excess <= 0 {
        return Ok(0);
    }
    let profiles = db
        .prepare_cached(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state = 0 AND urgency = 3 AND lease_until = 0 LIMIT ?1)",
        )?
        .execute(params![excess])?;
    excess -= profiles as i64;
    let oldest = db
        .prepare_cached(
            "UPDATE deliveries SET state = 2, last_error = 'the queue was full'
              WHERE id IN (SELECT id FROM deliveries WHERE state = 0 AND lease_until = 0 ORDER BY id LIMIT ?1)",
        )?
        .execute(params![excess.max(0)])?;
    Ok(profiles + oldest)
}

/// The record of one that arrived is kept for so long; of a post it stays known which host has it.
const KEPT: Duration = Duration::from_secs(3 * 86_400);

/// Of the next deliveries above `after`, removes those that arrived a while ago. Returns the last that was looked at, if any was,
/// and how many went.
pub fn prune(db: &Connection, after: i64, most: u32) -> Result<(Option<i64>, usize)> {
    let given = params![after, ids::at(Timestamp::now().minus(KEPT)), most];
    let last: Option<i64> = db
        .prepare_cached(
            "SELECT max(id) FROM (SELECT id FROM deliveries WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3)",
        )?
        .query_row(given, |row| row.get(0))?;
    let gone = db
        .prepare_cached("DELETE FROM deliveries WHERE id > ?1 AND id <= ?2 AND state = 1")?
        .execute(params![after, last])?;
    Ok((last, gone))
}

/// Of so many activities one has the queue counted.
const EVERY: i64 = 64;

/// How far a post has got with one inbox.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct Progress {
    pub inbox: String,
    pub host: String,
    /// 0 due, 1 done, 2 given up.
    pub state: i64,
    pub attempts: u32,
    pub run_at: Timestamp,
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
}

/// How far what carries a post has got, the newest last: its making, and each change of it.
pub fn of_status(db: &Connection, status: StatusId) -> Result<Vec<Progress>> {
    let mut stmt = db.prepare_cached(
        "SELECT d.inbox, d.host, d.state, d.attempts, d.run_at, d.last_status, d.last_error
           FROM activities AS a JOIN deliveries AS d ON d.activity_id = a.id
          WHERE a.status_id = ?1 ORDER BY a.id",
    )?;
    let rows = stmt.query_map(params![status], |row| {
        Ok(Progress {
            inbox: row.get(0)?,
            host: row.get(1)?,
            state: row.get(2)?,
            attempts: row.get(3)?,
            run_at: row.get(4)?,
            last_status: row.get(5)?,
            last_error: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Inboxes that may have what carries a post although they did not say so: somebody tried.
pub fn tried(db: &Connection, status: StatusId) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT d.inbox FROM activities AS a JOIN deliveries AS d ON d.activity_id = a.id
          WHERE a.status_id = ?1 AND (d.attempts > 0 OR d.lease_until > 0)",
    )?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
