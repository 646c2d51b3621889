//! What arrived from other servers and waits to be acted upon. A row goes in the transaction of its effect.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId};

/// Rows of unchecked senders (federation.md 3.4): in all, and of one host.
const UNCHECKED: (i64, i64) = (2000, 50);

/// An activity that arrived.
pub struct NewItem<'a> {
    /// Who says it.
    pub actor: &'a str,
    /// Of the actor.
    pub host: &'a str,
    /// Who signed it; `None`: not checked yet.
    pub signer: Option<AccountId>,
    /// Whose inbox it came to.
    pub recipient: Option<AccountId>,
    /// JSON of the request's head, while the signer is not known.
    pub head: Option<&'a str>,
    /// As received.
    pub body: &'a str,
}

/// Keeps an activity; `false` when there is no room for more of unchecked senders.
pub fn insert(db: &Connection, item: &NewItem) -> Result<bool> {
    let now = Timestamp::now();
    let room = item.signer.is_some()
        || {
            let (all, of_host): (i64, i64) = db
            .prepare_cached(
                "SELECT (SELECT count(*) FROM inbox_items), (SELECT count(*) FROM inbox_items WHERE host = ?1 AND signer_id IS NULL)",
            )?
            .query_row(params![item.host], |row| Ok((row.get(0)?, row.get(1)?)))?;
            all < UNCHECKED.0 && of_host < UNCHECKED.1
        };
    if !room {
        return Ok(false);
    }
    db.prepare_cached(
        "INSERT INTO inbox_items (id, actor, host, signer_id, recipient_id, head, body, received_at, run_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
    )?
    .execute(params![
        ids::next(),
        item.actor,
        item.host,
        item.signer,
        item.recipient,
        item.head,
        item.body,
        now
    ])?;
    Ok(true)
}

/// A leased item.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct ItemRow {
    pub id: i64,
    pub signer: Option<AccountId>,
    pub recipient: Option<AccountId>,
    pub head: Option<String>,
    pub body: String,
    pub received_at: Timestamp,
    pub attempts: u32,
}

/// Takes the item that has waited the longest, of an actor nobody works for: what one actor says is taken in order.
pub fn lease(db: &Connection, lease: Duration) -> Result<Option<ItemRow>> {
    let now = Timestamp::now();
    Ok(db
        .prepare_cached(
            "UPDATE inbox_items SET lease_until = ?2
              WHERE id = (SELECT i.id FROM inbox_items AS i
                           WHERE i.run_at <= ?1 AND i.lease_until <= ?1
                             AND NOT EXISTS (SELECT 1 FROM inbox_items AS other WHERE other.actor = i.actor AND other.lease_until > ?1)
                           ORDER BY i.run_at, i.id LIMIT 1)
             RETURNING id, signer_id, recipient_id, head, body, received_at, attempts",
        )?
        .query_row(params![now, now.plus(lease)], |row| {
            Ok(ItemRow {
                id: row.get(0)?,
                signer: row.get(1)?,
                recipient: row.get(2)?,
                head: row.get(3)?,
                body: row.get(4)?,
                received_at: row.get(5)?,
                attempts: row.get(6)?,
            })
        })
        .optional()?)
}

/// When the next of those that are put off is due.
pub fn next_due(db: &Connection) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached("SELECT min(run_at) FROM inbox_items WHERE run_at > ?1")?
        .query_row(params![Timestamp::now()], |row| row.get(0))?)
}

/// The signer of an item is known now.
pub fn set_signer(db: &Connection, id: i64, signer: AccountId) -> Result<()> {
    db.prepare_cached("UPDATE inbox_items SET signer_id = ?2, head = NULL WHERE id = ?1")?
        .execute(params![id, signer])?;
    Ok(())
}

/// Removes an item with its effect: call it in the transaction that has the effect.
pub fn done(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM inbox_items WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Puts an item back for a later try.
pub fn retry(db: &Connection, id: i64, run_at: Timestamp, error: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE inbox_items SET attempts = attempts + 1, lease_until = 0, run_at = ?2, last_error = ?3 WHERE id = ?1",
    )?
    .execute(params![id, run_at, error])?;
    Ok(())
}

/// Ends all leases: at start nobody works on anything.
pub fn release_all(db: &Connection) -> Result<()> {
    db.execute(
        "UPDATE inbox_items SET lease_until = 0 WHERE lease_until > 0",
        [],
    )?;
    Ok(())
}
