//! Reading conversations: a person's participations with what they show (pleroma-contract 17).

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::db::json_ids;
use crate::db::page::{Page, ids};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, visible};

/// A participation as its owner sees it.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    /// Its id.
    pub id: i64,
    /// The status that bumped it last, by which lists are paged.
    pub bumped: Option<StatusId>,
    /// The newest direct status of the thread that its owner may see.
    pub last_status: Option<StatusId>,
    /// Something came since its owner looked.
    pub unread: bool,
}

impl ConversationRow {
    fn read(row: &Row) -> rusqlite::Result<ConversationRow> {
        Ok(ConversationRow {
            id: row.get(0)?,
            bumped: row.get(1)?,
            last_status: row.get(2)?,
            unread: row.get(3)?,
        })
    }
}

/// Participation `p` of the account in ?1, with its newest visible status.
macro_rules! select {
    ($join:literal, $($rest:literal),+) => {
        concat!(
            "SELECT p.id, p.last_status_id, shown.id, p.unread FROM participations AS p ",
            $join,
            " JOIN statuses AS shown ON shown.id =
                (SELECT s.id FROM statuses AS s WHERE s.conversation_id = p.conversation_id AND s.visibility = 3 AND ",
            visible!("s", "?1"),
            " AND ",
            unblocked!("s", "?1"),
            " ORDER BY s.id DESC LIMIT 1) WHERE p.account_id = ?1 ",
            $($rest),+
        )
    };
}

/// A page of somebody's conversations, the one bumped last first; those without a visible status are left out. Pages begin
/// at a status or, for clients that page by what they were shown, at a conversation. With `exactly`, only those between
/// the owner and just these.
pub fn list(
    db: &Connection,
    owner: AccountId,
    exactly: Option<&[AccountId]>,
    page: &Page,
) -> Result<Vec<ConversationRow>> {
    macro_rules! sql {
        ($order:literal) => {
            select!(
                "CROSS",
                "AND p.last_status_id < coalesce((SELECT last_status_id FROM participations WHERE account_id = ?1 AND id = ?2), ?2)
                 AND p.last_status_id > coalesce((SELECT last_status_id FROM participations WHERE account_id = ?1 AND id = ?3), ?3)
                 AND (?5 IS NULL
                      OR ((SELECT count(*) FROM participation_recipients WHERE participation_id = p.id) = json_array_length(?5)
                          AND NOT EXISTS (SELECT 1 FROM participation_recipients WHERE participation_id = p.id
                                             AND account_id NOT IN (SELECT value FROM json_each(?5)))))
                 ORDER BY p.last_status_id ",
                $order,
                " LIMIT ?4"
            )
        };
    }
    let people = exactly.map(|others| {
        let mut people = [others, &[owner]].concat();
        people.sort_unstable();
        people.dedup();
        json_ids(&people)
    });
    let mut stmt = db.prepare_cached(if page.upwards() {
        sql!("ASC")
    } else {
        sql!("DESC")
    })?;
    let rows = stmt.query_map(
        params![owner, page.before(), page.after(), page.limit, people],
        ConversationRow::read,
    )?;
    let mut rows: Vec<ConversationRow> = rows.collect::<rusqlite::Result<_>>()?;
    if page.upwards() {
        rows.reverse();
    }
    Ok(rows)
}

/// One of somebody's conversations, whether it has a visible status or not; `None` when it is not theirs.
pub fn one(db: &Connection, owner: AccountId, id: i64) -> Result<Option<ConversationRow>> {
    Ok(db
        .prepare_cached(select!("LEFT", "AND p.id = ?2"))?
        .query_row(params![owner, id], ConversationRow::read)
        .optional()?)
}

/// Somebody's unread conversations, the one bumped last first.
pub fn unread(db: &Connection, owner: AccountId) -> Result<Vec<ConversationRow>> {
    let mut stmt = db.prepare_cached(select!(
        "CROSS",
        "AND p.unread = 1 ORDER BY p.last_status_id DESC"
    ))?;
    let rows = stmt.query_map(params![owner], ConversationRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page of everything in a thread that the viewer may see, newest first. Muted people are among it: who reads a thread
/// wants it whole.
pub fn statuses(
    db: &Connection,
    viewer: AccountId,
    thread: i64,
    page: &Page,
) -> Result<Vec<StatusId>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT s.id FROM statuses AS s
                  WHERE s.conversation_id = ?3 AND s.id < ?1 AND s.id > ?2 AND s.reblog_of_id IS NULL AND ",
                visible!("s", "?5"),
                " AND ",
                unblocked!("s", "?5"),
                " ORDER BY s.id ",
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
    let given = params![page.before(), page.after(), thread, page.limit, viewer];
    ids(db, sql, given, page.upwards())
}

/// Who receives what is posted into these conversations; hidden accounts are nobody.
pub fn recipients(db: &Connection, conversations: &[i64]) -> Result<Vec<(i64, AccountId)>> {
    let mut stmt = db.prepare_cached(
        "SELECT r.participation_id, r.account_id FROM json_each(?1) AS page
           JOIN participation_recipients AS r ON r.participation_id = page.value
           JOIN accounts AS a ON a.id = r.account_id
          WHERE a.hidden = 0 ORDER BY r.participation_id, r.account_id",
    )?;
    let rows = stmt.query_map(params![json_ids(conversations)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Replaces whom a conversation's owner addresses; accounts that are unknown or hidden are left out.
pub fn set_recipients(db: &Connection, conversation: i64, accounts: &[AccountId]) -> Result<()> {
    db.prepare_cached("DELETE FROM participation_recipients WHERE participation_id = ?1")?
        .execute(params![conversation])?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO participation_recipients (participation_id, account_id)
         SELECT ?1, a.id FROM json_each(?2) AS wanted JOIN accounts AS a ON a.id = wanted.value WHERE a.hidden = 0",
    )?
    .execute(params![conversation, json_ids(accounts)])?;
    Ok(())
}

/// Marks a conversation of somebody's as read or unread; `false` when it is not theirs.
pub fn mark(db: &Connection, owner: AccountId, id: i64, unread: bool) -> Result<bool> {
    let changed = db
        .prepare_cached("UPDATE participations SET unread = ?3 WHERE id = ?2 AND account_id = ?1")?
        .execute(params![owner, id, unread])?;
    Ok(changed == 1)
}

/// Marks all of somebody's conversations as read.
pub fn mark_all_read(db: &Connection, owner: AccountId) -> Result<()> {
    db.prepare_cached("UPDATE participations SET unread = 0 WHERE account_id = ?1 AND unread = 1")?
        .execute(params![owner])?;
    Ok(())
}

/// Marks somebody's conversations with that person in them as read.
pub fn mark_read_with(db: &Connection, owner: AccountId, other: AccountId) -> Result<()> {
    db.prepare_cached(
        "UPDATE participations SET unread = 0 WHERE account_id = ?1 AND unread = 1
            AND EXISTS (SELECT 1 FROM participation_recipients WHERE participation_id = participations.id AND account_id = ?2)",
    )?
    .execute(params![owner, other])?;
    Ok(())
}

/// Removes a participation of somebody's; `false` when it is not theirs. The statuses stay, and a new one begins another.
pub fn remove(db: &Connection, owner: AccountId, id: i64) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM participations WHERE id = ?2 AND account_id = ?1")?
        .execute(params![owner, id])?;
    Ok(changed == 1)
}
