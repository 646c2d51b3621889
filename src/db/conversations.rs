//! Threads, and the participations that local people have in threads of direct messages.

pub mod listing;

use rusqlite::{Connection, OptionalExtension, params};

use super::addresses::kept_thread;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::visible;

/// The thread of that ActivityPub id.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT id FROM conversations WHERE uri = ?1")?
        .query_row([kept_thread(uri)], |row| row.get(0))
        .optional()?)
}

/// Begins a thread.
pub fn begin(db: &Connection, uri: &str) -> Result<i64> {
    db.prepare_cached("INSERT INTO conversations (uri) VALUES (?1)")?
        .execute([kept_thread(uri)])?;
    Ok(db.last_insert_rowid())
}

/// The thread of that id, begun if it is new here.
pub fn find_or_begin(db: &Connection, uri: &str) -> Result<i64> {
    match by_uri(db, uri)? {
        Some(known) => Ok(known),
        None => begin(db, uri),
    }
}

/// The thread of somebody's participation, and whom its owner addresses in it; `None` when it is not theirs.
pub fn participation(
    db: &Connection,
    owner: AccountId,
    id: i64,
) -> Result<Option<(i64, Vec<AccountId>)>> {
    let thread = db
        .prepare_cached(
            "SELECT conversation_id FROM participations WHERE id = ?1 AND account_id = ?2",
        )?
        .query_row(params![id, owner], |row| row.get(0))
        .optional()?;
    let Some(thread) = thread else {
        return Ok(None);
    };
    let mut stmt = db.prepare_cached(
        "SELECT account_id FROM participation_recipients WHERE participation_id = ?1",
    )?;
    let recipients = stmt.query_map(params![id], |row| row.get(0))?;
    Ok(Some((thread, recipients.collect::<rusqlite::Result<_>>()?)))
}

/// A direct message arrived: it becomes the last one of everybody local whom it concerns. It is unread but for its author,
/// for people who cannot see it, and for people who block somebody in it or in the thread. Who is new to the thread gets a
/// participation with its present recipients. Returns the owners with their participations.
pub fn bump(
    db: &Connection,
    thread: i64,
    status: StatusId,
    author: AccountId,
) -> Result<Vec<(AccountId, i64)>> {
    let mut stmt = db.prepare_cached(concat!(
        "WITH people (id) AS (SELECT ?3 UNION SELECT account_id FROM mentions WHERE status_id = ?2)
         INSERT INTO participations (account_id, conversation_id, last_status_id, unread)
         SELECT u.account_id, ?1, ?2,
                u.account_id <> ?3 AND ",
        visible!("s", "u.account_id"),
        " AND NOT EXISTS (SELECT 1 FROM blocks AS b JOIN people AS other ON other.id = b.target_id
                                 WHERE b.account_id = u.account_id)
                AND NOT EXISTS (SELECT 1 FROM participations AS mine
                                  JOIN participation_recipients AS r ON r.participation_id = mine.id
                                  JOIN blocks AS b ON b.account_id = u.account_id AND b.target_id = r.account_id
                                 WHERE mine.account_id = u.account_id AND mine.conversation_id = ?1)
           FROM people JOIN users AS u ON u.account_id = people.id JOIN statuses AS s ON s.id = ?2 WHERE true
         ON CONFLICT (account_id, conversation_id)
         DO UPDATE SET last_status_id = excluded.last_status_id, unread = (unread OR excluded.unread) AND account_id <> ?3
         RETURNING account_id, id"
    ))?;
    let bumped = stmt.query_map(params![thread, status, author], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let bumped = bumped.collect::<rusqlite::Result<_>>()?;
    recipients(db, thread, status, author)?;
    Ok(bumped)
}

/// Gives participations that have no recipients yet those of their last message.
fn recipients(db: &Connection, thread: i64, status: StatusId, author: AccountId) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO participation_recipients (participation_id, account_id)
         SELECT p.id, people.id
           FROM (SELECT ?3 AS id UNION SELECT account_id FROM mentions WHERE status_id = ?2) AS people
           JOIN participations AS p ON p.conversation_id = ?1 AND p.last_status_id = ?2
          WHERE NOT EXISTS (SELECT 1 FROM participation_recipients WHERE participation_id = p.id)",
    )?
    .execute(params![thread, status, author])?;
    Ok(())
}

/// A direct message came to address more people: those who are local and new to the thread get a participation, unread.
/// Returns those by owner.
pub fn join(
    db: &Connection,
    thread: i64,
    status: StatusId,
    author: AccountId,
) -> Result<Vec<(AccountId, i64)>> {
    let mut stmt = db.prepare_cached(
        "INSERT INTO participations (account_id, conversation_id, last_status_id, unread)
         SELECT u.account_id, ?1, ?2, 1 FROM mentions AS m JOIN users AS u ON u.account_id = m.account_id WHERE m.status_id = ?2
         ON CONFLICT (account_id, conversation_id) DO NOTHING RETURNING account_id, id",
    )?;
    let joined = stmt.query_map(params![thread, status], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let joined = joined.collect::<rusqlite::Result<_>>()?;
    recipients(db, thread, status, author)?;
    Ok(joined)
}

/// Mutes a thread for somebody, until then or for ever.
pub fn mute(
    db: &Connection,
    account: AccountId,
    thread: i64,
    until: Option<Timestamp>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO conversation_mutes (account_id, conversation_id, expires_at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at",
    )?
    .execute(params![account, thread, until])?;
    Ok(())
}

/// Hears a thread again.
pub fn unmute(db: &Connection, account: AccountId, thread: i64) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM conversation_mutes WHERE account_id = ?1 AND conversation_id = ?2",
    )?
    .execute(params![account, thread])?;
    Ok(())
}
