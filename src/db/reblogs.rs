//! Reblogs: rows of `statuses` that wrap another.

use rusqlite::{Connection, OptionalExtension, params};

use super::page::{Page, rows};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::visible;

/// Somebody's reblog of a status.
pub fn find(db: &Connection, account: AccountId, status: StatusId) -> Result<Option<StatusId>> {
    Ok(db
        .prepare_cached("SELECT id FROM statuses WHERE reblog_of_id = ?1 AND account_id = ?2")?
        .query_row(params![status, account], |row| row.get(0))
        .optional()?)
}

/// Who reblogged a status, as far as the viewer may see the reblogs, latest first: paging keys with accounts.
pub fn accounts(
    db: &Connection,
    viewer: Option<AccountId>,
    status: StatusId,
    page: &Page,
) -> Result<Vec<(i64, AccountId)>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT s.id, s.account_id FROM statuses AS s INDEXED BY statuses_reblog_list
                  WHERE s.reblog_of_id = ?5 AND s.id < ?1 AND s.id > ?2 AND ",
                visible!("s", "?3"),
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
    let params = params![page.before(), page.after(), viewer, page.limit, status];
    rows(db, sql, params, page)
}
