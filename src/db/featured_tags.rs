//! Tags that people show on their profiles. How often they were used is counted by trigger.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, FeaturedTagId};

/// A tag on a profile.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct FeaturedTagRow {
    pub id: FeaturedTagId,
    pub tag: i64,
    pub name: String,
    pub statuses_count: i64,
    pub last_status_at: Option<Timestamp>,
}

/// An account's featured tags, the most used first. There are never many.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<FeaturedTagRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT f.id, f.tag_id, t.name, f.statuses_count, f.last_status_at
           FROM featured_tags AS f JOIN tags AS t ON t.id = f.tag_id
          WHERE f.account_id = ?1 ORDER BY f.statuses_count DESC, f.id",
    )?;
    let rows = stmt.query_map(params![account], |row| {
        Ok(FeaturedTagRow {
            id: row.get(0)?,
            tag: row.get(1)?,
            name: row.get(2)?,
            statuses_count: row.get(3)?,
            last_status_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts a tag on a profile and counts what its owner posted with it so far, where others see it.
pub fn insert(db: &Connection, account: AccountId, tag: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO featured_tags (id, account_id, tag_id, statuses_count, last_status_at)
         SELECT ?1, ?2, ?3, count(*), max(s.created_at)
           FROM statuses AS s INDEXED BY statuses_account
          WHERE s.account_id = ?2 AND s.visibility < 2 AND s.reblog_of_id IS NULL
            AND EXISTS (SELECT 1 FROM status_tags WHERE tag_id = ?3 AND status_id = s.id)",
    )?
    .execute(params![FeaturedTagId::new(), account, tag])?;
    Ok(())
}

/// Takes a tag off a profile; `false` when it was not there.
pub fn delete(db: &Connection, account: AccountId, id: FeaturedTagId) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM featured_tags WHERE id = ?2 AND account_id = ?1")?
        .execute(params![account, id])?;
    Ok(changed == 1)
}

/// The entry of a tag on a profile.
pub fn find(db: &Connection, account: AccountId, tag: i64) -> Result<Option<FeaturedTagId>> {
    Ok(db
        .prepare_cached("SELECT id FROM featured_tags WHERE account_id = ?1 AND tag_id = ?2")?
        .query_row(params![account, tag], |row| row.get(0))
        .optional()?)
}

/// How many of somebody's newest posts are asked for what they use most.
const RECENT: i64 = 400;

/// Tags that somebody used most of late and does not show on the profile.
pub fn suggestions(db: &Connection, account: AccountId, limit: i64) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "WITH recent (id) AS (SELECT id FROM statuses WHERE account_id = ?1 AND visibility < 2 ORDER BY id DESC LIMIT ?2)
         SELECT t.name FROM recent JOIN status_tags AS st ON st.status_id = recent.id JOIN tags AS t ON t.id = st.tag_id
          WHERE NOT EXISTS (SELECT 1 FROM featured_tags WHERE account_id = ?1 AND tag_id = st.tag_id)
          GROUP BY st.tag_id ORDER BY count(*) DESC, max(recent.id) DESC LIMIT ?3",
    )?;
    let rows = stmt.query_map(params![account, RECENT, limit], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
