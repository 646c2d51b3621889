//! Messages in chats.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::db::json_ids;
use crate::db::page::{Page, ids};
use crate::error::Result;
use crate::ids::{AccountId, ChatId, ChatMessageId, MediaId};

/// A message as one of the two sides sees it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct ChatMessageRow {
    pub id: ChatMessageId,
    /// The chat of the side that looks.
    pub chat: ChatId,
    /// Who wrote it.
    pub account: AccountId,
    /// Whether that was here.
    pub local: bool,
    /// Sanitised HTML.
    pub content: Option<String>,
    /// JSON `[{shortcode, url}]`, remote messages only.
    pub emojis: String,
    pub idempotency_key: Option<String>,
    pub created_at: Timestamp,
    pub unread: bool,
}

/// A message to be.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct NewMessage<'a> {
    pub id: ChatMessageId,
    pub uri: &'a str,
    pub account: AccountId,
    pub content: Option<&'a str>,
    pub emojis: &'a str,
    pub idempotency_key: Option<&'a str>,
    pub created_at: Timestamp,
}

/// Adds a message that is in no chat yet.
pub fn insert(db: &Connection, new: &NewMessage) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO chat_messages (id, uri, account_id, content, emojis, idempotency_key, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        new.id,
        new.uri,
        new.account,
        new.content,
        new.emojis,
        new.idempotency_key,
        new.created_at
    ])?;
    Ok(())
}

/// What was said, wherever.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct Said {
    pub uri: String,
    pub account: AccountId,
    pub content: Option<String>,
    pub created_at: Timestamp,
}

/// A message as such, without the chats that have it.
pub fn said(db: &Connection, message: ChatMessageId) -> Result<Option<Said>> {
    Ok(db
        .prepare_cached(
            "SELECT uri, account_id, content, created_at FROM chat_messages WHERE id = ?1",
        )?
        .query_row(params![message], |row| {
            Ok(Said {
                uri: row.get(0)?,
                account: row.get(1)?,
                content: row.get(2)?,
                created_at: row.get(3)?,
            })
        })
        .optional()?)
}

/// The message of that id elsewhere, and who wrote it.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<(ChatMessageId, AccountId)>> {
    Ok(db
        .prepare_cached("SELECT id, account_id FROM chat_messages WHERE uri = ?1")?
        .query_row(params![uri], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Puts a message into a chat.
pub fn enter(db: &Connection, chat: ChatId, message: ChatMessageId, unread: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO chat_entries (chat_id, message_id, unread) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![chat, message, unread])?;
    Ok(())
}

/// Hangs an upload of the author on a message, if it hangs on nothing yet; `false` when it is not to be had.
pub fn attach(
    db: &Connection,
    message: ChatMessageId,
    author: AccountId,
    media: MediaId,
) -> Result<bool> {
    let attached = db
        .prepare_cached(
            "UPDATE media SET chat_message_id = ?1
              WHERE id = ?2 AND account_id = ?3 AND status_id IS NULL AND scheduled_id IS NULL
                AND chat_message_id IS NULL",
        )?
        .execute(params![message, media, author])?;
    Ok(attached == 1)
}

/// A page of a chat's messages, newest first.
pub fn page(db: &Connection, chat: ChatId, page: &Page) -> Result<Vec<ChatMessageId>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT message_id FROM chat_entries WHERE chat_id = ?1 AND message_id < ?2 AND message_id > ?3
                  ORDER BY message_id ",
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
    let given = params![chat, page.before(), page.after(), page.limit];
    ids(db, sql, given, page.upwards())
}

/// These messages as somebody's chats have them, in no particular order; others' chats have none.
pub fn by_ids(
    db: &Connection,
    owner: AccountId,
    page: &[ChatMessageId],
) -> Result<Vec<ChatMessageRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT m.id, e.chat_id, m.account_id, a.host = '', m.content, m.emojis, m.idempotency_key, m.created_at, e.unread
           FROM json_each(?1) AS page
           CROSS JOIN chat_messages AS m ON m.id = page.value
           JOIN accounts AS a ON a.id = m.account_id
           JOIN chat_entries AS e ON e.message_id = m.id
           JOIN chats AS c ON c.id = e.chat_id
          WHERE c.account_id = ?2",
    )?;
    let rows = stmt.query_map(params![json_ids(page), owner], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row) -> rusqlite::Result<ChatMessageRow> {
    Ok(ChatMessageRow {
        id: row.get(0)?,
        chat: row.get(1)?,
        account: row.get(2)?,
        local: row.get(3)?,
        content: row.get(4)?,
        emojis: row.get(5)?,
        idempotency_key: row.get(6)?,
        created_at: row.get(7)?,
        unread: row.get(8)?,
    })
}

/// Who wrote a message that is in that chat.
pub fn author(db: &Connection, chat: ChatId, message: ChatMessageId) -> Result<Option<AccountId>> {
    Ok(db
        .prepare_cached(
            "SELECT m.account_id FROM chat_entries AS e JOIN chat_messages AS m ON m.id = e.message_id
              WHERE e.chat_id = ?1 AND e.message_id = ?2",
        )?
        .query_row(params![chat, message], |row| row.get(0))
        .optional()?)
}

/// Marks the messages of a chat as read that lie between these ids, both included, and what its owner was told of them.
pub fn mark_read(
    db: &Connection,
    chat: ChatId,
    from: ChatMessageId,
    to: ChatMessageId,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE notifications SET seen = 1
          WHERE chat_message_id IN (SELECT message_id FROM chat_entries
                                     WHERE chat_id = ?1 AND message_id BETWEEN ?2 AND ?3 AND unread = 1)
            AND account_id = (SELECT account_id FROM chats WHERE id = ?1)",
    )?
    .execute(params![chat, from, to])?;
    db.prepare_cached(
        "UPDATE chat_entries SET unread = 0
          WHERE chat_id = ?1 AND message_id BETWEEN ?2 AND ?3 AND unread = 1",
    )?
    .execute(params![chat, from, to])?;
    Ok(())
}

/// Removes a message from everybody's chats; returns what hung on it, detached.
pub fn remove(db: &Connection, message: ChatMessageId) -> Result<Vec<MediaId>> {
    let media = db
        .prepare_cached("SELECT id FROM media WHERE chat_message_id = ?1")?
        .query_map(params![message], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<MediaId>>>()?;
    db.prepare_cached("DELETE FROM chat_messages WHERE id = ?1")?
        .execute(params![message])?;
    Ok(media)
}

/// The chats that show a message, and whose they are.
pub fn held_in(db: &Connection, message: ChatMessageId) -> Result<Vec<(AccountId, ChatId)>> {
    let mut stmt = db.prepare_cached(
        "SELECT c.account_id, c.id FROM chat_entries AS e JOIN chats AS c ON c.id = e.chat_id WHERE e.message_id = ?1",
    )?;
    let rows = stmt.query_map(params![message], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Removes a message from one chat. Once it is in none, the row goes too (a trigger in schema.sql).
pub fn remove_from(db: &Connection, chat: ChatId, message: ChatMessageId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM notifications
          WHERE chat_message_id = ?2 AND account_id = (SELECT account_id FROM chats WHERE id = ?1)",
    )?
    .execute(params![chat, message])?;
    db.prepare_cached("DELETE FROM chat_entries WHERE chat_id = ?1 AND message_id = ?2")?
        .execute(params![chat, message])?;
    Ok(())
}
