//! Chats: conversations of two, apart from statuses. Each local side has a chat of its own; a message is one row, and an
//! entry in the chat of each local side that still has it.

pub mod messages;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::page::Page;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, ChatId, ChatMessageId};

/// A chat as its owner sees it.
#[derive(Clone, Debug)]
pub struct ChatRow {
    /// Its id.
    pub id: ChatId,
    /// With whom.
    pub other: AccountId,
    /// Ascends with every message: the paging key.
    pub bumped: i64,
    /// Messages that its owner has not read.
    pub unread: i64,
    /// The newest message that its owner has.
    pub last_message: Option<ChatMessageId>,
}

impl ChatRow {
    /// When the last message came, or the chat began.
    pub fn updated_at(&self) -> Timestamp {
        Timestamp(self.bumped / 1000)
    }

    fn read(row: &Row) -> rusqlite::Result<ChatRow> {
        Ok(ChatRow {
            id: row.get(0)?,
            other: row.get(1)?,
            bumped: row.get(2)?,
            unread: row.get(3)?,
            last_message: row.get(4)?,
        })
    }
}

macro_rules! select {
    ($($rest:literal),+) => {
        concat!(
            "SELECT c.id, c.other_id, c.bumped,
                    (SELECT count(*) FROM chat_entries WHERE chat_id = c.id AND unread = 1),
                    (SELECT max(message_id) FROM chat_entries WHERE chat_id = c.id)
               FROM chats AS c ",
            $($rest),+
        )
    };
}

/// A page of somebody's chats, the one with the newest message first; without those with people whom the owner blocks or
/// who are hidden. Pages begin at a paging key or, for clients that page by what they were shown, at a chat.
pub fn list(db: &Connection, owner: AccountId, page: &Page) -> Result<Vec<ChatRow>> {
    macro_rules! sql {
        ($order:literal) => {
            select!(
                "JOIN accounts AS a ON a.id = c.other_id WHERE c.account_id = ?1 AND a.hidden = 0
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = ?1 AND target_id = a.id)
                    AND c.bumped < coalesce((SELECT bumped FROM chats WHERE account_id = ?1 AND id = ?2), ?2)
                    AND c.bumped > coalesce((SELECT bumped FROM chats WHERE account_id = ?1 AND id = ?3), ?3)
                  ORDER BY c.bumped ",
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
        params![owner, page.before(), page.after(), page.limit],
        ChatRow::read,
    )?;
    let mut rows: Vec<ChatRow> = rows.collect::<rusqlite::Result<_>>()?;
    if page.upwards() {
        rows.reverse();
    }
    Ok(rows)
}

/// One of somebody's chats; `None` when it is not theirs.
pub fn one(db: &Connection, owner: AccountId, id: ChatId) -> Result<Option<ChatRow>> {
    Ok(db
        .prepare_cached(select!("WHERE c.account_id = ?1 AND c.id = ?2"))?
        .query_row(params![owner, id], ChatRow::read)
        .optional()?)
}

/// The owner's chat with somebody, begun now if there is none.
pub fn open(db: &Connection, owner: AccountId, other: AccountId) -> Result<ChatId> {
    db.prepare_cached(
        "INSERT INTO chats (id, account_id, other_id, bumped) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?
    .execute(params![ChatId::new(), owner, other, ids::next()])?;
    Ok(db
        .prepare_cached("SELECT id FROM chats WHERE account_id = ?1 AND other_id = ?2")?
        .query_row(params![owner, other], |row| row.get(0))?)
}

/// A message came: the chat is now the newest of its owner's.
pub fn bump(db: &Connection, id: ChatId) -> Result<()> {
    db.prepare_cached("UPDATE chats SET bumped = ?2 WHERE id = ?1")?
        .execute(params![id, ids::next()])?;
    Ok(())
}
