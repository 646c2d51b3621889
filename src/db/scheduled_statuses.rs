//! Posts that wait for their hour, and the uploads that wait with them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use super::page::{Page, ids};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId, ScheduledId};

/// A post that waits.
#[derive(Clone, Debug)]
pub struct ScheduledRow {
    /// Its id; the post gets another one.
    pub id: ScheduledId,
    /// Who posts.
    pub account: AccountId,
    /// Its hour.
    pub scheduled_at: Timestamp,
    /// JSON: what was asked for, in the API's words.
    pub params: String,
}

impl ScheduledRow {
    fn read(row: &Row) -> rusqlite::Result<ScheduledRow> {
        Ok(ScheduledRow {
            id: row.get(0)?,
            account: row.get(1)?,
            scheduled_at: row.get(2)?,
            params: row.get(3)?,
        })
    }
}

/// Adds a row.
pub fn insert(db: &Connection, new: &ScheduledRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO scheduled_statuses (id, account_id, scheduled_at, params) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![new.id, new.account, new.scheduled_at, new.params])?;
    Ok(())
}

/// Keeps uploads of the author that hang on nothing for it; `false` when one of them is not to be had.
pub fn reserve(
    db: &Connection,
    id: ScheduledId,
    author: AccountId,
    media: &[MediaId],
) -> Result<bool> {
    let reserved = db
        .prepare_cached(
            "UPDATE media SET scheduled_id = ?1, position = (SELECT min(key) FROM json_each(?3) WHERE value = media.id)
              WHERE id IN (SELECT value FROM json_each(?3)) AND account_id = ?2 AND status_id IS NULL
                AND scheduled_id IS NULL AND chat_message_id IS NULL",
        )?
        .execute(params![id, author, json_ids(media)])?;
    Ok(reserved == media.len())
}

/// The uploads that wait with it.
pub fn media(db: &Connection, id: ScheduledId) -> Result<Vec<MediaId>> {
    let mut stmt =
        db.prepare_cached("SELECT id FROM media WHERE scheduled_id = ?1 ORDER BY position")?;
    let rows = stmt.query_map(params![id], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many posts of somebody wait, and how many of those for the same UTC day as that moment.
pub fn count(db: &Connection, account: AccountId, at: Timestamp) -> Result<(i64, i64)> {
    const DAY: i64 = 86_400_000;
    let begins = at.0.div_euclid(DAY) * DAY;
    Ok(db
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE scheduled_at >= ?2 AND scheduled_at < ?3)
               FROM scheduled_statuses WHERE account_id = ?1",
        )?
        .query_row(params![account, begins, begins + DAY], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?)
}

/// One, whoever posts it.
pub fn by_id(db: &Connection, id: ScheduledId) -> Result<Option<ScheduledRow>> {
    Ok(db
        .prepare_cached(
            "SELECT id, account_id, scheduled_at, params FROM scheduled_statuses WHERE id = ?1",
        )?
        .query_row(params![id], ScheduledRow::read)
        .optional()?)
}

/// One of that author; 404 for any other.
pub fn owned_by(db: &Connection, owner: AccountId, id: ScheduledId) -> Result<ScheduledRow> {
    let found = by_id(db, id)?.filter(|row| row.account == owner);
    found.ok_or(Error::record())
}

/// A page of somebody's, latest made first.
pub fn list(db: &Connection, owner: AccountId, page: &Page) -> Result<Vec<ScheduledId>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT id FROM scheduled_statuses WHERE account_id = ?3 AND id < ?1 AND id > ?2 ORDER BY id ",
                $order,
                " LIMIT ?4"
            )
        };
    }
    let sql = if page.upwards() {
        sql!("ASC")
    } else {
        sql!("DESC")
    };
    ids(
        db,
        sql,
        params![page.before(), page.after(), owner, page.limit],
        page.upwards(),
    )
}

/// Rows of a page, in its order.
pub fn by_ids(db: &Connection, page: &[ScheduledId]) -> Result<Vec<ScheduledRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT s.id, s.account_id, s.scheduled_at, s.params
           FROM json_each(?1) AS page JOIN scheduled_statuses AS s ON s.id = page.value ORDER BY page.key",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], ScheduledRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives it another hour.
pub fn set_hour(db: &Connection, id: ScheduledId, at: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE scheduled_statuses SET scheduled_at = ?2 WHERE id = ?1")?
        .execute(params![id, at])?;
    Ok(())
}

/// Forgets it. Its uploads hang on nothing then.
pub fn delete(db: &Connection, id: ScheduledId) -> Result<()> {
    db.prepare_cached("DELETE FROM scheduled_statuses WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}
