//! What stands around a status in its thread.

use rusqlite::{Connection, params};

use super::StatusRow;
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, visible};

/// The most statuses that are shown above one, and below one.
const MOST: i64 = 400;

/// Ids above and below a status.
#[derive(Debug, Default)]
pub struct Context {
    /// What it answers, and what that answers, oldest first.
    pub ancestors: Vec<StatusId>,
    /// Answers, and answers to them, oldest first.
    pub descendants: Vec<StatusId>,
}

/// The visible part of the thread around a status. Direct messages may be posted into a conversation without answering
/// any of them in particular, so there it is all that came before and after.
pub fn context(db: &Connection, viewer: Option<AccountId>, status: &StatusRow) -> Result<Context> {
    let around = |sql: &str| -> Result<Vec<StatusId>> {
        let mut stmt = db.prepare_cached(sql)?;
        let rows = stmt.query_map(
            params![status.id, viewer, MOST, status.conversation],
            |row| row.get(0),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    if status.visibility == Visibility::Direct {
        let mut ancestors = around(concat!(
            "SELECT s.id FROM statuses AS s WHERE s.conversation_id = ?4 AND s.id < ?1 AND s.reblog_of_id IS NULL AND ",
            visible!("s", "?2"),
            " AND ",
            unblocked!("s", "?2"),
            " ORDER BY s.id DESC LIMIT ?3"
        ))?;
        ancestors.reverse();
        let descendants = around(concat!(
            "SELECT s.id FROM statuses AS s WHERE s.conversation_id = ?4 AND s.id > ?1 AND s.reblog_of_id IS NULL AND ",
            visible!("s", "?2"),
            " AND ",
            unblocked!("s", "?2"),
            " ORDER BY s.id LIMIT ?3"
        ))?;
        return Ok(Context {
            ancestors,
            descendants,
        });
    }
    let ancestors = around(concat!(
        "WITH RECURSIVE up (id, depth) AS (
           SELECT in_reply_to_id, 1 FROM statuses WHERE id = ?1
           UNION ALL
           SELECT s.in_reply_to_id, up.depth + 1 FROM up CROSS JOIN statuses AS s ON s.id = up.id WHERE up.depth < ?3)
         SELECT s.id FROM up CROSS JOIN statuses AS s ON s.id = up.id CROSS JOIN accounts AS a ON a.id = s.account_id
          WHERE ?4 = ?4 AND ",
        visible!("s", "?2", "a.hidden"),
        " AND ",
        unblocked!("s", "?2"),
        " ORDER BY up.depth DESC"
    ))?;
    let descendants = around(concat!(
        "WITH RECURSIVE down (id) AS (
           SELECT id FROM statuses WHERE in_reply_to_id = ?1
           UNION
           SELECT s.id FROM down CROSS JOIN statuses AS s ON s.in_reply_to_id = down.id
           LIMIT ?3)
         SELECT s.id FROM down CROSS JOIN statuses AS s ON s.id = down.id CROSS JOIN accounts AS a ON a.id = s.account_id
          WHERE ?4 = ?4 AND ",
        visible!("s", "?2", "a.hidden"),
        " AND ",
        unblocked!("s", "?2"),
        " ORDER BY s.id"
    ))?;
    Ok(Context {
        ancestors,
        descendants,
    })
}
