//! Favourites.

use rusqlite::{Connection, OptionalExtension, params};

use super::page::{Page, ids, rows};
use crate::error::Result;
use crate::ids::{AccountId, StatusId, next};
use crate::{unblocked, visible};

/// Adds a favourite and returns its row; `None` when it was already there. `uri`: the id of the Like, of one from elsewhere.
pub fn insert(
    db: &Connection,
    account: AccountId,
    status: StatusId,
    uri: Option<&str>,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "INSERT INTO favourites (id, account_id, status_id, uri) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id, status_id) DO NOTHING RETURNING id",
        )?
        .query_row(params![next(), account, status, uri], |row| row.get(0))
        .optional()?)
}

/// Takes a favourite back and returns its row; `None` when there was none.
pub fn delete(db: &Connection, account: AccountId, status: StatusId) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "DELETE FROM favourites WHERE account_id = ?1 AND status_id = ?2 RETURNING id",
        )?
        .query_row(params![account, status], |row| row.get(0))
        .optional()?)
}

/// The status that somebody favourited by the Like of that id.
pub fn by_uri(db: &Connection, account: AccountId, uri: &str) -> Result<Option<StatusId>> {
    Ok(db
        .prepare_cached("SELECT status_id FROM favourites WHERE uri = ?2 AND account_id = ?1")?
        .query_row(params![account, uri], |row| row.get(0))
        .optional()?)
}

/// What somebody favourited, latest favourite first: paging keys with their statuses.
pub fn list(db: &Connection, owner: AccountId, page: &Page) -> Result<Vec<(i64, StatusId)>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT f.id, s.id FROM favourites AS f INDEXED BY favourites_list CROSS JOIN statuses AS s ON s.id = f.status_id
                  WHERE f.account_id = ?3 AND f.id < ?1 AND f.id > ?2 AND ",
                visible!("s", "?3"),
                " AND ",
                unblocked!("s", "?3"),
                " ORDER BY f.id ",
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

/// What an account favourited, as a viewer may see it, the newest status first.
pub fn of_account(
    db: &Connection,
    viewer: Option<AccountId>,
    account: AccountId,
    page: &Page,
) -> Result<Vec<StatusId>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT s.id FROM favourites AS f CROSS JOIN statuses AS s ON s.id = f.status_id
                  WHERE f.account_id = ?5 AND f.status_id < ?1 AND f.status_id > ?2 AND ",
                visible!("s", "?3"),
                " AND ",
                unblocked!("s", "?3"),
                " ORDER BY f.status_id ",
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
    let params = params![page.before(), page.after(), viewer, page.limit, account];
    ids(db, sql, params, page.upwards())
}

/// Who favourited a status, latest first: paging keys with their accounts.
pub fn accounts(
    db: &Connection,
    viewer: Option<AccountId>,
    status: StatusId,
    page: &Page,
) -> Result<Vec<(i64, AccountId)>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT f.id, a.id FROM favourites AS f INDEXED BY favourites_status CROSS JOIN accounts AS a ON a.id = f.account_id
                  WHERE f.status_id = ?5 AND f.id < ?1 AND f.id > ?2 AND a.hidden = 0
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = ?3 AND target_id = a.id)
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = a.id AND target_id = ?3)
                  ORDER BY f.id ",
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
