//! Hashtags.

use rusqlite::{Connection, OptionalExtension, params};

use super::page::{Page, rows};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId};
use crate::{unblocked, visible};

/// Ids of the known ones among these names, whatever their case; unknown ones are left out.
pub fn ids(db: &Connection, names: &[String]) -> Result<Vec<i64>> {
    let folded: Vec<String> = names
        .iter()
        .map(|name| name.trim_start_matches('#').to_lowercase())
        .collect();
    let mut stmt =
        db.prepare_cached("SELECT id FROM tags WHERE name IN (SELECT value FROM json_each(?1))")?;
    let found = stmt.query_map(params![serde_json::to_string(&folded)?], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Tags that begin so and stand in a status which the viewer may see: the exact one first, then by use.
pub fn beginning_with(
    db: &Connection,
    viewer: Option<AccountId>,
    start: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<String>> {
    let start = start.to_lowercase();
    // Nothing sorts behind the last character: the range holds exactly what begins so.
    let end = format!("{start}\u{10ffff}");
    let mut stmt = db.prepare_cached(concat!(
        "SELECT t.name FROM tags AS t
          WHERE t.name >= ?1 AND t.name < ?2
            AND EXISTS (SELECT 1 FROM status_tags AS st JOIN statuses AS s ON s.id = st.status_id WHERE st.tag_id = t.id AND ",
        visible!("s", "?3"),
        " AND ",
        unblocked!("s", "?3"),
        ") ORDER BY t.name = ?1 DESC, t.statuses_count DESC, t.name LIMIT ?4 OFFSET ?5"
    ))?;
    let found = stmt.query_map(params![start, end, viewer, limit, offset], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The id of a folded tag, if it was ever used.
pub fn find(db: &Connection, name: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT id FROM tags WHERE name = ?1")?
        .query_row(params![name], |row| row.get(0))
        .optional()?)
}

/// The id of a folded tag, made if it is new.
pub fn put(db: &Connection, name: &str) -> Result<i64> {
    db.prepare_cached("INSERT INTO tags (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute(params![name])?;
    Ok(db
        .prepare_cached("SELECT id FROM tags WHERE name = ?1")?
        .query_row(params![name], |row| row.get(0))?)
}

/// A tag as the viewer stands to it.
#[derive(Clone, Debug)]
pub struct TagRow {
    /// `None`: nobody used or followed it yet.
    pub id: Option<i64>,
    /// Folded, without `#`.
    pub name: String,
    /// The viewer follows it.
    pub following: bool,
    /// The viewer shows it on the profile.
    pub featuring: bool,
}

/// Folded tags in the order of the names, unknown ones too.
pub fn page(db: &Connection, viewer: Option<AccountId>, names: &[String]) -> Result<Vec<TagRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT t.id, page.value,
                EXISTS (SELECT 1 FROM tag_follows WHERE account_id = ?2 AND tag_id = t.id),
                EXISTS (SELECT 1 FROM featured_tags WHERE account_id = ?2 AND tag_id = t.id)
           FROM json_each(?1) AS page LEFT JOIN tags AS t ON t.name = page.value ORDER BY page.key",
    )?;
    let found = stmt.query_map(params![serde_json::to_string(names)?, viewer], |row| {
        Ok(TagRow {
            id: row.get(0)?,
            name: row.get(1)?,
            following: row.get(2)?,
            featuring: row.get(3)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The present day, counted from 1970.
pub fn today() -> i64 {
    Timestamp::now().0.div_euclid(86_400_000)
}

/// Follows a tag; `false` when it was followed already.
pub fn follow(db: &Connection, account: AccountId, tag: i64) -> Result<bool> {
    let changed = db
        .prepare_cached("INSERT INTO tag_follows (id, account_id, tag_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![ids::next(), account, tag])?;
    Ok(changed == 1)
}

/// Ends the follow of a tag; `false` when there was none.
pub fn unfollow(db: &Connection, account: AccountId, tag: i64) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM tag_follows WHERE account_id = ?1 AND tag_id = ?2")?
        .execute(params![account, tag])?;
    Ok(changed == 1)
}

/// How many tags somebody follows.
pub fn count_followed(db: &Connection, account: AccountId) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM tag_follows WHERE account_id = ?1")?
        .query_row(params![account], |row| row.get(0))?)
}

/// Tags that somebody follows, the latest follow first, with the ids of the paging rows.
pub fn followed(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, String)>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT f.id, t.name FROM tag_follows AS f JOIN tags AS t ON t.id = f.tag_id
                  WHERE f.account_id = ?1 AND f.id < ?2 AND f.id > ?3 ORDER BY f.id ",
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
    let params = params![account, page.before(), page.after(), page.limit];
    rows(db, sql, params, page)
}
