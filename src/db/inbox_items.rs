//! What arrived from other servers and waits to be acted upon. A row goes in the transaction of its effect.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId};

/// Rows of unchecked senders (federation.md 3.4): in all, and of one host.
const UNCHECKED: (i64, i64) = (2000, 50);

/// An activity that arrived.
#[derive(Debug)]
pub struct NewItem {
    /// Who says it.
    pub actor: String,
    /// Of the actor.
    pub host: String,
    /// Who signed it; `None`: not checked yet.
    pub signer: Option<AccountId>,
    /// Whose inbox it came to.
    pub recipient: Option<AccountId>,
    /// JSON of the request's head, while the signer is not known.
    pub head: Option<String>,
    /// As received.
    pub body: String,
}

/// Keeps an activity; `false` when there is no room for more of unchecked senders.
pub fn insert(db: &Connection, item: &NewItem) -> Result<bool> {
    let now = Timestamp::now();
    let room = item.signer.is_some()
        || {
            let (all, of_host): (i64, i64) = db
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM inbox_items WHERE signer_id IS NULL),
                            (SELECT count(*) FROM inbox_items WHERE host = ?1 AND signer_id IS NULL)",
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

/// Whether something that an account signed waits.
pub fn are_waiting(db: &Connection, signer: AccountId) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM inbox_items WHERE signer_id = ?1)")?
        .query_row(params![signer], |row| row.get(0))?)
}

/// Whether something that the same actor signed waits, or may have signed: what one actor says is taken in order.
pub fn is_behind(db: &Connection, item: &NewItem) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM inbox_items WHERE signer_id = ?1)
                 OR EXISTS (SELECT 1 FROM inbox_items WHERE signer_id IS NULL AND host = ?2 AND actor = ?3)",
        )?
        .query_row(params![item.signer, item.host, item.actor], |row| row.get(0))?)
}

/// An item that is to be acted upon.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct ItemRow {
    pub id: i64,
    pub actor: String,
    pub signer: Option<AccountId>,
    pub recipient: Option<AccountId>,
    pub head: Option<String>,
    pub body: String,
    pub received_at: Timestamp,
    pub attempts: u32,
}

/// So far the queue is looked through for somebody who is not among those left out, however much of theirs waits.
macro_rules! ahead {
    () => {
        "500"
    };
}

/// Those that have waited the longest, in order, but for what these actors say: at most so many, and beyond the first only as
/// long as their bodies have fewer bytes together.
pub fn due(db: &Connection, but: &[&str], count: usize, bytes: usize) -> Result<Vec<ItemRow>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT i.id, i.actor, i.signer_id, i.recipient_id, i.head, i.body, i.received_at, i.attempts
           FROM (SELECT id, actor, run_at FROM inbox_items WHERE run_at <= ?1 ORDER BY run_at, id LIMIT ",
        ahead!(),
        ") AS page CROSS JOIN inbox_items AS i ON i.id = page.id
          WHERE page.actor NOT IN (SELECT value FROM json_each(?2)) ORDER BY page.run_at, page.id LIMIT ?3"
    ))?;
    let but = serde_json::to_string(but)?;
    let mut rows = stmt.query(params![Timestamp::now(), but, count as i64])?;
    let (mut found, mut taken) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let item = ItemRow {
            id: row.get(0)?,
            actor: row.get(1)?,
            signer: row.get(2)?,
            recipient: row.get(3)?,
            head: row.get(4)?,
            body: row.get(5)?,
            received_at: row.get(6)?,
            attempts: row.get(7)?,
        };
        taken += item.body.len();
        if !found.is_empty() && taken > bytes {
            break;
        }
        found.push(item);
    }
    Ok(found)
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
        "UPDATE inbox_items SET attempts = attempts + 1, run_at = ?2, last_error = ?3 WHERE id = ?1",
    )?
    .execute(params![id, run_at, error])?;
    Ok(())
}
