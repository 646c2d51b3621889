//! Bookmarks: nobody but their owner knows of them.

use rusqlite::{Connection, params};

use super::page::{Page, rows};
use crate::error::Result;
use crate::ids::{self, AccountId, StatusId};
use crate::{unblocked, visible};

/// Bookmarks a status; twice is once.
pub fn insert(db: &Connection, account: AccountId, status: StatusId) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO bookmarks (id, account_id, status_id) VALUES (?1, ?2, ?3)
         ON CONFLICT (account_id, status_id) DO NOTHING",
    )?
    .execute(params![ids::next(), account, status])?;
    Ok(())
}

/// Forgets a bookmark.
pub fn delete(db: &Connection, account: AccountId, status: StatusId) -> Result<()> {
    db.prepare_cached("DELETE FROM bookmarks WHERE account_id = ?1 AND status_id = ?2")?
        .execute(params![account, status])?;
    Ok(())
}

/// Somebody's bookmarks, latest first: paging keys with their statuses.
pub fn list(db: &Connection, owner: AccountId, page: &Page) -> Result<Vec<(i64, StatusId)>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT b.id, s.id FROM bookmarks AS b INDEXED BY bookmarks_list CROSS JOIN statuses AS s ON s.id = b.status_id
                  WHERE b.account_id = ?3 AND b.id < ?1 AND b.id > ?2 AND ",
                visible!("s", "?3"),
                " AND ",
                unblocked!("s", "?3"),
                " ORDER BY b.id ",
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
    rows(
        db,
        sql,
        params![page.before(), page.after(), owner, page.limit],
        page,
    )
}
