//! Bookmarks: nobody but their owner knows of them.

use rusqlite::{Connection, params};

use super::page::{Page, rows};
use crate::error::Result;
use crate::ids::{self, AccountId, FolderId, StatusId};
use crate::{unblocked, visible};

/// Bookmarks a status; twice is once, but it moves to the folder that is named then.
pub fn insert(
    db: &Connection,
    account: AccountId,
    status: StatusId,
    folder: Option<FolderId>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO bookmarks (id, account_id, status_id, folder_id) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, status_id) DO UPDATE SET folder_id = coalesce(excluded.folder_id, folder_id)",
    )?
    .execute(params![ids::next(), account, status, folder])?;
    Ok(())
}

/// Forgets a bookmark.
pub fn delete(db: &Connection, account: AccountId, status: StatusId) -> Result<()> {
    db.prepare_cached("DELETE FROM bookmarks WHERE account_id = ?1 AND status_id = ?2")?
        .execute(params![account, status])?;
    Ok(())
}

/// Somebody's bookmarks, of one folder or all, latest first: paging keys with their statuses.
pub fn list(
    db: &Connection,
    owner: AccountId,
    folder: Option<FolderId>,
    page: &Page,
) -> Result<Vec<(i64, StatusId)>> {
    macro_rules! sql {
        ($index:literal, $folder:literal, $order:literal) => {
            concat!(
                "SELECT b.id, s.id FROM bookmarks AS b INDEXED BY ",
                $index,
                " CROSS JOIN statuses AS s ON s.id = b.status_id WHERE b.account_id = ?3 AND ",
                $folder,
                " AND b.id < ?1 AND b.id > ?2 AND ",
                visible!("s", "?3"),
                " AND ",
                unblocked!("s", "?3"),
                " ORDER BY b.id ",
                $order,
                " LIMIT ?4"
            )
        };
    }
    let sql = match (folder, page.upwards()) {
        (None, false) => sql!("bookmarks_list", "?5 IS NULL", "DESC"),
        (None, true) => sql!("bookmarks_list", "?5 IS NULL", "ASC"),
        (Some(_), false) => sql!("bookmarks_folder", "b.folder_id = ?5", "DESC"),
        (Some(_), true) => sql!("bookmarks_folder", "b.folder_id = ?5", "ASC"),
    };
    rows(
        db,
        sql,
        params![page.before(), page.after(), owner, page.limit, folder],
        page,
    )
}
