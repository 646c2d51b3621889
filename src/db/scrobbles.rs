//! Scrobbles: what people listened to.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::page::Page;
use super::visibility::Visibility;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, ScrobbleId};
use crate::visible;

/// A piece that somebody listened to.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct ScrobbleRow {
    pub id: ScrobbleId,
    pub uri: String,
    pub account: AccountId,
    pub visibility: Visibility,
    pub title: String,
    pub artist: Option<String>,
    pub album: Option<String>,
    /// Milliseconds.
    pub length: Option<i64>,
    pub link: Option<String>,
    pub created_at: Timestamp,
}

impl ScrobbleRow {
    fn read(row: &Row) -> rusqlite::Result<ScrobbleRow> {
        Ok(ScrobbleRow {
            id: row.get(0)?,
            uri: row.get(1)?,
            account: row.get(2)?,
            visibility: row.get(3)?,
            title: row.get(4)?,
            artist: row.get(5)?,
            album: row.get(6)?,
            length: row.get(7)?,
            link: row.get(8)?,
            created_at: row.get(9)?,
        })
    }
}

/// One scrobble, whoever may know.
pub fn by_id(db: &Connection, id: ScrobbleId) -> Result<Option<ScrobbleRow>> {
    Ok(db
        .prepare_cached(
            "SELECT id, uri, account_id, visibility, title, artist, album, length, link, created_at FROM scrobbles WHERE id = ?1",
        )?
        .query_row(params![id], ScrobbleRow::read)
        .optional()?)
}

/// The scrobble of that Listen, if the viewer may know.
pub fn by_uri(
    db: &Connection,
    viewer: Option<AccountId>,
    uri: &str,
) -> Result<Option<ScrobbleRow>> {
    Ok(db
        .prepare_cached(concat!(
            "SELECT s.id, s.uri, s.account_id, s.visibility, s.title, s.artist, s.album, s.length, s.link, s.created_at
               FROM scrobbles AS s WHERE s.uri = ?1 AND ",
            visible!("s", "?2")
        ))?
        .query_row(params![uri, viewer], ScrobbleRow::read)
        .optional()?)
}

/// Adds the row; what is there already stays as it is.
pub fn insert(db: &Connection, new: &ScrobbleRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO scrobbles (id, uri, account_id, visibility, title, artist, album, length, link, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (uri) DO NOTHING",
    )?
    .execute(params![
        new.id,
        new.uri,
        new.account,
        new.visibility,
        new.title,
        new.artist,
        new.album,
        new.length,
        new.link,
        new.created_at
    ])?;
    Ok(())
}

/// A page of what an account listened to, newest first, as far as the viewer may see it: ids are unique over all tables, so
/// the predicate of statuses holds for scrobbles, which are addressed to nobody by name.
pub fn list(
    db: &Connection,
    viewer: Option<AccountId>,
    account: AccountId,
    page: &Page,
) -> Result<Vec<ScrobbleRow>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT s.id, s.uri, s.account_id, s.visibility, s.title, s.artist, s.album, s.length, s.link, s.created_at
                   FROM scrobbles AS s WHERE s.account_id = ?5 AND s.id < ?1 AND s.id > ?2 AND ",
                visible!("s", "?3"),
                " ORDER BY s.id ",
                $order,
                " LIMIT ?4"
            )
        };
    }
    let mut stmt = db.prepare_cached(if page.upwards() {
        sql!("ASC")
    } else {
        sql!("DESC")
    })?;
    let rows = stmt.query_map(
        params![page.before(), page.after(), viewer, page.limit, account],
        ScrobbleRow::read,
    )?;
    let mut rows: Vec<ScrobbleRow> = rows.collect::<rusqlite::Result<_>>()?;
    if page.upwards() {
        rows.reverse();
    }
    Ok(rows)
}
