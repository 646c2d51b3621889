//! What other servers are told of a status beyond what clients are.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::db::json_ids;
use crate::db::page::Page;
use crate::db::statuses::Parent;
use crate::error::Result;
use crate::ids::{AccountId, ListId, StatusId};
use crate::visible;

/// Ids behind a status's references, and its source.
#[derive(Clone, Debug)]
pub struct Outward {
    /// Which status.
    pub status: StatusId,
    /// As its author typed it.
    pub source: Option<String>,
    /// The ActivityPub id of what it answers.
    pub parent: Option<String>,
    /// The ActivityPub ids of what it reblogs and of who wrote that.
    pub reblogged: Option<(String, String)>,
    /// The list whose members it is for.
    pub list: Option<ListId>,
}

/// For a whole page in one query.
pub fn outward(db: &Connection, page: &[StatusId]) -> Result<Vec<Outward>> {
    let mut stmt = db.prepare_cached(
        "SELECT s.id, s.source, coalesce(parent.uri, s.in_reply_to_uri), inner.uri, writer.uri, s.list_id
           FROM json_each(?1) AS page JOIN statuses AS s ON s.id = page.value
           LEFT JOIN statuses AS parent ON parent.id = s.in_reply_to_id
           LEFT JOIN statuses AS inner ON inner.id = s.reblog_of_id
           LEFT JOIN accounts AS writer ON writer.id = inner.account_id",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        let object: Option<String> = row.get(3)?;
        Ok(Outward {
            status: row.get(0)?,
            source: row.get(1)?,
            parent: row.get(2)?,
            reblogged: object.zip(row.get(4)?),
            list: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The status with that ActivityPub id. Whether it may be shown is the caller's care.
pub fn id_of(db: &Connection, uri: &str) -> Result<Option<StatusId>> {
    Ok(db
        .prepare_cached("SELECT id FROM statuses WHERE uri = ?1")?
        .query_row(params![uri], |row| row.get(0))
        .optional()?)
}

/// Whether that id is taken.
pub fn exists(db: &Connection, id: StatusId) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM statuses WHERE id = ?1)")?
        .query_row(params![id], |row| row.get(0))?)
}

/// Where a post that answers the one of that ActivityPub id belongs, whoever may see that.
pub fn parent_of(db: &Connection, uri: &str) -> Result<Option<Parent>> {
    Ok(db
        .prepare_cached(
            "SELECT id, account_id, visibility, conversation_id FROM statuses WHERE uri = ?1 AND reblog_of_id IS NULL",
        )?
        .query_row(params![uri], |row| {
            Ok(Parent {
                id: row.get(0)?,
                account: row.get(1)?,
                visibility: row.get(2)?,
                conversation: row.get(3)?,
            })
        })
        .optional()?)
}

/// Replies that everybody may see, the oldest first: their ids here and everywhere.
pub fn public_replies(
    db: &Connection,
    status: StatusId,
    page: &Page,
) -> Result<Vec<(StatusId, String)>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id, s.uri FROM statuses AS s WHERE s.in_reply_to_id = ?1 AND s.id > ?2 AND ",
        visible!("s", "NULL"),
        " ORDER BY s.id LIMIT ?3"
    ))?;
    let rows = stmt.query_map(params![status, page.after(), page.limit], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The first replies to each of these that everybody may see: which, and their ids here and everywhere.
pub fn first_replies(
    db: &Connection,
    page: &[StatusId],
    limit: i64,
) -> Result<Vec<(StatusId, StatusId, String)>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT page.value, s.id, s.uri FROM json_each(?1) AS page JOIN statuses AS s ON s.id IN (
            SELECT r.id FROM statuses AS r WHERE r.in_reply_to_id = page.value AND ",
        visible!("r", "NULL"),
        " ORDER BY r.id LIMIT ?2) ORDER BY s.id"
    ))?;
    let rows = stmt.query_map(params![json_ids(page), limit], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Posts of a thread that the viewer may see, the oldest first: their ids here and everywhere. What is for this server alone
/// is not among them.
pub fn of_thread(
    db: &Connection,
    viewer: Option<AccountId>,
    conversation: i64,
    page: &Page,
) -> Result<Vec<(StatusId, String)>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id, s.uri FROM statuses AS s INDEXED BY statuses_conversation
          WHERE s.conversation_id = ?1 AND s.id > ?2 AND s.reblog_of_id IS NULL AND s.visibility < 5 AND ",
        visible!("s", "?4"),
        " ORDER BY s.id LIMIT ?3"
    ))?;
    let rows = stmt.query_map(
        params![conversation, page.after(), page.limit, viewer],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether the status of that ActivityPub id was written here.
pub fn is_local(db: &Connection, uri: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM statuses WHERE uri = ?1 AND local = 1)")?
        .query_row(params![uri], |row| row.get(0))?)
}

/// Remembers that the thing of that ActivityPub id is gone: should it still arrive, it is not taken in.
pub fn bury(db: &Connection, uri: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO tombstones (uri, deleted_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![uri, Timestamp::now()])?;
    Ok(())
}

/// When the thing with that ActivityPub id went, if it did.
pub fn tombstone(db: &Connection, uri: &str) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached("SELECT deleted_at FROM tombstones WHERE uri = ?1")?
        .query_row(params![uri], |row| row.get(0))
        .optional()?)
}
