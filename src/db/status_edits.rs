//! Versions of statuses, and how a status becomes another one: each change a statement, however much there is of it.

use rusqlite::{Connection, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, MediaId, StatusId};

/// Earlier versions that are kept of one status; beyond it the oldest go.
const MOST: i64 = 100;

/// A version that was replaced.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct EditRow {
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    /// JSON `[{shortcode, url}]`, remote statuses only.
    pub emojis: String,
    /// JSON `[{id, description}]`.
    pub media: String,
    /// JSON, the options of its poll.
    pub poll: String,
    pub created_at: Timestamp,
}

/// Replaced versions of a status, oldest first.
pub fn list(db: &Connection, status: StatusId) -> Result<Vec<EditRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT content, spoiler_text, sensitive, emojis, media, poll, created_at
           FROM status_edits WHERE status_id = ?1 ORDER BY id",
    )?;
    let rows = stmt.query_map(params![status], |row| {
        Ok(EditRow {
            content: row.get(0)?,
            spoiler_text: row.get(1)?,
            sensitive: row.get(2)?,
            emojis: row.get(3)?,
            media: row.get(4)?,
            poll: row.get(5)?,
            created_at: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps the present version as one that was: call it before anything changes.
pub fn keep(db: &Connection, status: StatusId) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO status_edits (id, status_id, content, spoiler_text, sensitive, emojis, media, poll, created_at)
         SELECT ?2, s.id, s.content, s.spoiler_text, s.sensitive, s.emojis,
                (SELECT json_group_array(json_object('id', CAST(m.id AS TEXT), 'description', m.description) ORDER BY m.position)
                   FROM media AS m WHERE m.status_id = s.id AND m.position >= 0),
                (SELECT json_group_array(o.title ORDER BY o.position) FROM poll_options AS o WHERE o.status_id = s.id),
                coalesce(s.edited_at, s.created_at)
           FROM statuses AS s WHERE s.id = ?1",
    )?
    .execute(params![status, ids::next()])?;
    db.prepare_cached(
        "DELETE FROM status_edits
          WHERE id IN (SELECT id FROM status_edits WHERE status_id = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
    )?
    .execute(params![status, MOST])?;
    Ok(())
}

/// What a status says from now on.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct Text<'a> {
    pub content: &'a str,
    pub content_type: &'a str,
    pub source: Option<&'a str>,
    pub spoiler_text: &'a str,
    pub sensitive: bool,
    pub language: Option<&'a str>,
    pub emojis: &'a str,
}

/// Sets what the status says, and since when.
pub fn set(db: &Connection, status: StatusId, text: &Text, edited_at: Timestamp) -> Result<()> {
    db.prepare_cached(
        "UPDATE statuses SET content = ?2, content_type = ?3, source = ?4, spoiler_text = ?5, sensitive = ?6, language = ?7,
                             emojis = ?8, edited_at = ?9
          WHERE id = ?1",
    )?
    .execute(params![
        status,
        text.content,
        text.content_type,
        text.source,
        text.spoiler_text,
        text.sensitive,
        text.language,
        text.emojis,
        edited_at
    ])?;
    Ok(())
}

/// Takes off all hashtags but these.
pub fn untag(db: &Connection, status: StatusId, names: &[String]) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM status_tags WHERE status_id = ?1
            AND tag_id NOT IN (SELECT t.id FROM json_each(?2) AS wanted JOIN tags AS t ON t.name = wanted.value)",
    )?
    .execute(params![status, serde_json::to_string(names)?])?;
    Ok(())
}

/// Names these people in the status; returns those who were not addressed before.
pub fn name(db: &Connection, status: StatusId, people: &[AccountId]) -> Result<Vec<AccountId>> {
    let people = json_ids(people);
    let mut stmt = db.prepare_cached(
        "SELECT people.value FROM json_each(?2) AS people
          WHERE NOT EXISTS (SELECT 1 FROM mentions WHERE status_id = ?1 AND account_id = people.value)",
    )?;
    let new = stmt
        .query_map(params![status, people], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    db.prepare_cached(
        "INSERT INTO mentions (status_id, account_id) SELECT ?1, people.value FROM json_each(?2) AS people WHERE true
         ON CONFLICT DO UPDATE SET silent = 0",
    )?
    .execute(params![status, people])?;
    Ok(new)
}

/// Whom the status names.
pub fn named(db: &Connection, status: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt =
        db.prepare_cached("SELECT account_id FROM mentions WHERE status_id = ?1 AND silent = 0")?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everybody whom the status is addressed to by name, silently or not.
pub fn addressed(db: &Connection, status: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached("SELECT account_id FROM mentions WHERE status_id = ?1")?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// No longer names these people. They stay addressed: they have it already, and shall hear of what becomes of it.
pub fn silence(db: &Connection, status: StatusId, people: &[AccountId]) -> Result<()> {
    db.prepare_cached(
        "UPDATE mentions SET silent = 1
          WHERE status_id = ?1 AND account_id IN (SELECT value FROM json_each(?2)) AND silent = 0",
    )?
    .execute(params![status, json_ids(people)])?;
    Ok(())
}

/// The attachments of the present version, in order.
pub fn media(db: &Connection, status: StatusId) -> Result<Vec<MediaId>> {
    let mut stmt = db.prepare_cached(
        "SELECT id FROM media WHERE status_id = ?1 AND position >= 0 ORDER BY position",
    )?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Makes these the attachments, in this order: those of an earlier version, and uploads of the author that hang on nothing
/// yet. Others stay for the history. `false` when one of them is not to be had.
pub fn set_media(
    db: &Connection,
    status: StatusId,
    author: AccountId,
    media: &[MediaId],
) -> Result<bool> {
    db.prepare_cached("UPDATE media SET position = -1 WHERE status_id = ?1")?
        .execute(params![status])?;
    let placed = db
        .prepare_cached(
            "UPDATE media SET status_id = ?1, position = (SELECT min(key) FROM json_each(?3) WHERE value = media.id)
              WHERE id IN (SELECT value FROM json_each(?3)) AND account_id = ?2 AND scheduled_id IS NULL AND chat_message_id IS NULL
                AND (status_id IS NULL OR status_id = ?1)",
        )?
        .execute(params![status, author, json_ids(media)])?;
    Ok(placed == media.len())
}

/// Local people who boosted the status or answered it.
pub fn involved(db: &Connection, status: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT s.account_id FROM statuses AS s JOIN users AS u ON u.account_id = s.account_id WHERE s.reblog_of_id = ?1
         UNION
         SELECT s.account_id FROM statuses AS s JOIN users AS u ON u.account_id = s.account_id WHERE s.in_reply_to_id = ?1",
    )?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
