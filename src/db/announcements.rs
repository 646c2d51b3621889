//! Announcements: what the staff says to everybody here, who has read it and how they reacted. There are never many.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, AnnouncementId};

/// An announcement.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct AnnouncementRow {
    pub id: AnnouncementId,
    pub source: String,
    pub content: String,
    pub tags: String,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub all_day: bool,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, source, content, tags, starts_at, ends_at, all_day, published_at, updated_at FROM announcements ",
            $rest
        )
    };
}

impl AnnouncementRow {
    fn read(row: &Row) -> rusqlite::Result<AnnouncementRow> {
        Ok(AnnouncementRow {
            id: row.get(0)?,
            source: row.get(1)?,
            content: row.get(2)?,
            tags: row.get(3)?,
            starts_at: row.get(4)?,
            ends_at: row.get(5)?,
            all_day: row.get(6)?,
            published_at: row.get(7)?,
            updated_at: row.get(8)?,
        })
    }
}

/// Announcements that are shown at present, the latest first.
pub fn shown(db: &Connection) -> Result<Vec<AnnouncementRow>> {
    let mut stmt = db.prepare_cached(select!(
        "WHERE coalesce(starts_at, 0) <= ?1 AND (ends_at IS NULL OR ends_at > ?1) ORDER BY id DESC LIMIT 100"
    ))?;
    let found = stmt.query_map(params![Timestamp::now()], AnnouncementRow::read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// All announcements, the latest first.
pub fn all(db: &Connection, limit: i64, offset: i64) -> Result<Vec<AnnouncementRow>> {
    let mut stmt = db.prepare_cached(select!("ORDER BY id DESC LIMIT ?1 OFFSET ?2"))?;
    let found = stmt.query_map(params![limit, offset], AnnouncementRow::read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// One announcement, shown or not; 404 when unknown.
pub fn one(db: &Connection, id: AnnouncementId) -> Result<AnnouncementRow> {
    db.prepare_cached(select!("WHERE id = ?1"))?
        .query_row(params![id], AnnouncementRow::read)
        .optional()?
        .ok_or(Error::record())
}

/// Adds an announcement, or changes the one with that id.
pub fn put(db: &Connection, row: &AnnouncementRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO announcements (id, source, content, tags, starts_at, ends_at, all_day, published_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET source = excluded.source, content = excluded.content, tags = excluded.tags,
           starts_at = excluded.starts_at, ends_at = excluded.ends_at, all_day = excluded.all_day, updated_at = excluded.updated_at",
    )?
    .execute(params![
        row.id,
        row.source,
        row.content,
        row.tags,
        row.starts_at,
        row.ends_at,
        row.all_day,
        row.published_at,
        row.updated_at
    ])?;
    Ok(())
}

/// Removes an announcement; `false` when it is unknown.
pub fn delete(db: &Connection, id: AnnouncementId) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM announcements WHERE id = ?1")?
        .execute(params![id])?;
    Ok(changed == 1)
}

/// Somebody has read an announcement.
pub fn mark_read(db: &Connection, id: AnnouncementId, account: AccountId) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO announcement_reads (announcement_id, account_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![id, account])?;
    Ok(())
}

/// Which of these somebody has read.
pub fn read_among(
    db: &Connection,
    account: AccountId,
    page: &[AnnouncementId],
) -> Result<Vec<AnnouncementId>> {
    let mut stmt = db.prepare_cached(
        "SELECT announcement_id FROM announcement_reads
          WHERE announcement_id IN (SELECT value FROM json_each(?1)) AND account_id = ?2",
    )?;
    let found = stmt.query_map(params![json_ids(page), account], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// How often an announcement got an emoji.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Tally {
    pub announcement: AnnouncementId,
    pub emoji: String,
    pub count: i64,
    /// The viewer is among those who reacted.
    pub me: bool,
}

/// Reactions to these announcements, in the order of first use.
pub fn tallies(
    db: &Connection,
    viewer: Option<AccountId>,
    page: &[AnnouncementId],
) -> Result<Vec<Tally>> {
    let mut stmt = db.prepare_cached(
        "SELECT announcement_id, emoji, count(*), max(account_id IS ?2) FROM announcement_reactions
          WHERE announcement_id IN (SELECT value FROM json_each(?1))
          GROUP BY announcement_id, emoji ORDER BY announcement_id, min(id)",
    )?;
    let found = stmt.query_map(params![json_ids(page), viewer], |row| {
        Ok(Tally {
            announcement: row.get(0)?,
            emoji: row.get(1)?,
            count: row.get(2)?,
            me: row.get(3)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Reacts to an announcement; twice is once.
pub fn react(db: &Connection, id: AnnouncementId, account: AccountId, emoji: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO announcement_reactions (id, announcement_id, account_id, emoji) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?
    .execute(params![ids::next(), id, account, emoji])?;
    Ok(())
}

/// Takes a reaction back, if there is one.
pub fn unreact(db: &Connection, id: AnnouncementId, account: AccountId, emoji: &str) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM announcement_reactions WHERE announcement_id = ?1 AND emoji = ?3 AND account_id = ?2",
    )?
    .execute(params![id, account, emoji])?;
    Ok(())
}
