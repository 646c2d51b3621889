//! Uploads and remote attachments.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, ChatMessageId, MediaId, ScheduledId, StatusId};

/// An upload or a remote attachment.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct MediaRow {
    pub id: MediaId,
    pub account: AccountId,
    pub status: Option<StatusId>,
    pub chat_message: Option<ChatMessageId>,
    pub kind: String,
    pub mime: String,
    pub file: Option<String>,
    pub preview_file: Option<String>,
    pub remote_url: Option<String>,
    pub remote_preview_url: Option<String>,
    pub original_name: String,
    pub description: Option<String>,
    pub blurhash: Option<String>,
    pub size: Option<(i64, i64)>,
    pub preview_size: Option<(i64, i64)>,
    pub focus: (f64, f64),
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.account_id, m.status_id, m.kind, m.mime, m.file, m.preview_file, m.remote_url, m.original_name, m.description,
                    m.blurhash, m.width, m.height, m.preview_width, m.preview_height, m.focus_x, m.focus_y, m.scheduled_id,
                    m.chat_message_id, m.remote_preview_url FROM ",
            $rest
        )
    };
}

impl MediaRow {
    fn read(row: &Row) -> rusqlite::Result<MediaRow> {
        let pair = |width, height| -> rusqlite::Result<Option<(i64, i64)>> {
            Ok(row
                .get::<_, Option<i64>>(width)?
                .zip(row.get::<_, Option<i64>>(height)?))
        };
        Ok(MediaRow {
            id: row.get(0)?,
            account: row.get(1)?,
            status: row.get(2)?,
            kind: row.get(3)?,
            mime: row.get(4)?,
            file: row.get(5)?,
            preview_file: row.get(6)?,
            remote_url: row.get(7)?,
            remote_preview_url: row.get("remote_preview_url")?,
            original_name: row.get(8)?,
            description: row.get(9)?,
            blurhash: row.get(10)?,
            size: pair(11, 12)?,
            preview_size: pair(13, 14)?,
            focus: (row.get(15)?, row.get(16)?),
            chat_message: row.get("chat_message_id")?,
        })
    }
}

/// Attachments of a page, in the author's order.
pub fn of_statuses(db: &Connection, page: &[StatusId]) -> Result<Vec<MediaRow>> {
    let mut stmt = db.prepare_cached(select!(
        "json_each(?1) AS page JOIN media AS m ON m.status_id = page.value AND m.position >= 0 ORDER BY m.status_id, m.position"
    ))?;
    let rows = stmt.query_map(params![json_ids(page)], MediaRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everything that hangs on a status or did in an earlier version of it.
pub fn of_versions(db: &Connection, status: StatusId) -> Result<Vec<MediaRow>> {
    let mut stmt = db.prepare_cached(select!(
        "media AS m WHERE m.status_id = ?1 ORDER BY m.position"
    ))?;
    let rows = stmt.query_map(params![status], MediaRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Uploads that wait with scheduled posts, in the author's order.
pub fn of_scheduled(db: &Connection, page: &[ScheduledId]) -> Result<Vec<(ScheduledId, MediaRow)>> {
    let mut stmt = db.prepare_cached(select!(
        "json_each(?1) AS page JOIN media AS m ON m.scheduled_id = page.value ORDER BY page.value, m.position"
    ))?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok((row.get("scheduled_id")?, MediaRow::read(row)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What hangs on messages of chats.
pub fn of_chat_messages(
    db: &Connection,
    page: &[ChatMessageId],
) -> Result<Vec<(ChatMessageId, MediaRow)>> {
    let mut stmt = db.prepare_cached(select!(
        "json_each(?1) AS page JOIN media AS m ON m.chat_message_id = page.value"
    ))?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok((row.get("chat_message_id")?, MediaRow::read(row)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One attachment, whoever owns it.
pub fn by_id(db: &Connection, id: MediaId) -> Result<Option<MediaRow>> {
    Ok(db
        .prepare_cached(select!("media AS m WHERE m.id = ?1"))?
        .query_row(params![id], MediaRow::read)
        .optional()?)
}

/// A file that somebody uploaded.
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct NewMedia<'a> {
    pub id: MediaId,
    pub account: AccountId,
    pub kind: &'a str,
    pub mime: &'a str,
    pub file: &'a str,
    pub original_name: &'a str,
    pub description: Option<&'a str>,
    pub blurhash: Option<&'a str>,
    pub size: Option<(u32, u32)>,
    pub focus: (f64, f64),
    pub bytes: u64,
}

/// Adds an upload that belongs to no status yet.
pub fn insert(db: &Connection, new: &NewMedia) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO media (id, account_id, kind, mime, file, original_name, description, blurhash, width, height,
                            focus_x, focus_y, size, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        new.id,
        new.account,
        new.kind,
        new.mime,
        new.file,
        new.original_name,
        new.description,
        new.blurhash,
        new.size.map(|size| size.0),
        new.size.map(|size| size.1),
        new.focus.0,
        new.focus.1,
        new.bytes as i64,
        Timestamp::now(),
    ])?;
    Ok(())
}

/// A file elsewhere.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct RemoteFile {
    pub url: String,
    /// The address of a picture of it.
    pub preview: Option<String>,
    pub mime: String,
    pub kind: &'static str,
    pub description: Option<String>,
    pub blurhash: Option<String>,
    pub size: Option<(i64, i64)>,
    pub focus: (f64, f64),
}

/// Adds an attachment elsewhere that belongs to no status yet.
pub fn insert_remote(db: &Connection, account: AccountId, file: &RemoteFile) -> Result<MediaId> {
    let id = MediaId::new();
    db.prepare_cached(
        "INSERT INTO media (id, account_id, kind, mime, remote_url, remote_preview_url, description, blurhash, width, height, focus_x,
                            focus_y, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        id,
        account,
        file.kind,
        file.mime,
        file.url,
        file.preview,
        file.description,
        file.blurhash,
        file.size.map(|size| size.0),
        file.size.map(|size| size.1),
        file.focus.0,
        file.focus.1,
        Timestamp::now(),
    ])?;
    Ok(id)
}

/// Sets or takes away the text for those who do not see it.
pub fn set_description(db: &Connection, id: MediaId, text: Option<&String>) -> Result<()> {
    db.prepare_cached("UPDATE media SET description = ?2 WHERE id = ?1")?
        .execute(params![id, text])?;
    Ok(())
}

/// Sets the point that stays visible when the picture is cropped.
pub fn set_focus(db: &Connection, id: MediaId, (x, y): (f64, f64)) -> Result<()> {
    db.prepare_cached("UPDATE media SET focus_x = ?2, focus_y = ?3 WHERE id = ?1")?
        .execute(params![id, x, y])?;
    Ok(())
}

/// Sets the file shown in place of the whole.
pub fn set_preview(
    db: &Connection,
    id: MediaId,
    file: &str,
    (width, height): (u32, u32),
) -> Result<()> {
    db.prepare_cached(
        "UPDATE media SET preview_file = ?2, preview_width = ?3, preview_height = ?4 WHERE id = ?1",
    )?
    .execute(params![id, file, width, height])?;
    Ok(())
}

/// Removes those of the uploads that hang on nothing; returns the names of their files.
pub fn remove_detached(db: &Connection, ids: &[MediaId]) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "DELETE FROM media WHERE id IN (SELECT value FROM json_each(?1)) AND status_id IS NULL AND scheduled_id IS NULL
            AND chat_message_id IS NULL AND NOT EXISTS (SELECT 1 FROM users WHERE mascot_id = media.id)
          RETURNING file, preview_file",
    )?;
    let rows = stmt.query_map(params![json_ids(ids)], |row| {
        Ok([row.get::<_, Option<String>>(0)?, row.get(1)?])
    })?;
    let pairs = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(pairs.into_iter().flatten().flatten().collect())
}
