//! What was said to other servers: each activity once.

use std::time::Duration;

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, StatusId};

/// An activity whose deliveries are over is kept for so long.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Who of us says something, and signs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signer {
    /// The server itself: every fetch, and reports.
    Instance,
    /// The server to relays.
    Relay,
    /// A local account.
    Account(AccountId),
}

/// Keeps an activity; returns its row's id. `about`: what it says the newest of ([`super::deliveries::supersede`]). `former_key`:
/// PKCS#8, of a signer who has another one by now.
pub fn insert(
    db: &Connection,
    signer: Signer,
    status: Option<StatusId>,
    about: Option<&str>,
    json: &str,
    former_key: Option<&[u8]>,
) -> Result<i64> {
    let id = ids::next();
    let account = match signer {
        Signer::Account(id) => Some(id),
        Signer::Instance | Signer::Relay => None,
    };
    db.prepare_cached(
        "INSERT INTO activities (id, account_id, status_id, json, about, created_at, as_relay, former_key)
         VALUES (?1, ?2, (SELECT id FROM statuses WHERE id = ?3), ?4, ?6, ?5, ?7, ?8)",
    )?
    .execute(params![
        id,
        account,
        status,
        json,
        Timestamp::now(),
        about,
        signer == Signer::Relay,
        former_key
    ])?;
    Ok(id)
}

/// The Create of a status that some have not got yet says from now on what the status says now: `json`. Whoever got it as it was
/// hears of the change by itself.
pub fn renew_create(db: &Connection, status: StatusId, json: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE activities SET json = ?2 WHERE status_id = ?1 AND instr(json, '\"type\":\"Create\"') > 0
            AND EXISTS (SELECT 1 FROM deliveries WHERE activity_id = activities.id AND state = 0)",
    )?
    .execute(params![status, json])?;
    Ok(())
}

/// Removes some of those that nobody waits for any more, with the record of their deliveries; returns how many.
pub fn prune(db: &Connection) -> Result<usize> {
    Ok(db.prepare_cached(
        "DELETE FROM activities WHERE id IN (
            SELECT a.id FROM activities AS a WHERE a.created_at < ?1
               AND NOT EXISTS (SELECT 1 FROM deliveries WHERE activity_id = a.id AND state = 0) LIMIT 50)",
    )?
    .execute(params![Timestamp::now().minus(KEPT)])?)
}
