//! Statuses as admins look through them: the one reading that does not ask who is addressed. Only the admin API calls it.

use rusqlite::{Connection, OptionalExtension, params};

use super::{StatusRow, by_ids};
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Which statuses an admin wants to see.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this account only.
    pub account: Option<AccountId>,
    /// Of accounts of this host only.
    pub host: Option<String>,
    /// From here only.
    pub local: bool,
    /// Not only what everybody may see.
    pub godmode: bool,
    /// Reblogs too.
    pub with_reblogs: bool,
}

macro_rules! sql {
    ($from:literal) => {
        concat!(
            "SELECT s.id FROM ",
            $from,
            " AND (?2 OR s.visibility < 2) AND (?3 OR s.reblog_of_id IS NULL) ORDER BY s.id DESC LIMIT ?4 OFFSET ?5"
        )
    };
}

/// A page of statuses, newest first, also of hidden accounts.
pub fn page(db: &Connection, filter: &Filter, limit: i64, offset: i64) -> Result<Vec<StatusId>> {
    let (account, host) = (filter.account.map(|id| id.0), &filter.host);
    let (sql, of): (&str, Box<dyn rusqlite::ToSql>) = match (account, host) {
        (Some(account), _) => (
            sql!("statuses AS s INDEXED BY statuses_account WHERE s.account_id = ?1"),
            Box::new(account),
        ),
        (None, Some(host)) => (
            sql!(
                "accounts AS a CROSS JOIN statuses AS s ON s.account_id = a.id WHERE a.host = ?1 AND a.host <> ''"
            ),
            Box::new(host),
        ),
        (None, None) if filter.local => (
            sql!("statuses AS s INDEXED BY statuses_local WHERE s.local = 1 AND s.id < ?1"),
            Box::new(i64::MAX),
        ),
        (None, None) => (sql!("statuses AS s WHERE s.id < ?1"), Box::new(i64::MAX)),
    };
    let mut stmt = db.prepare_cached(sql)?;
    let given = params![of, filter.godmode, filter.with_reblogs, limit, offset];
    let rows = stmt.query_map(given, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Any status, whoever may see it.
pub fn any(db: &Connection, id: StatusId) -> Result<Option<StatusRow>> {
    Ok(by_ids(db, &[id])?.pop())
}

/// Hides or shows attachments, and changes how far the status reaches; `None` leaves it.
pub fn update(
    db: &Connection,
    id: StatusId,
    sensitive: Option<bool>,
    visibility: Option<Visibility>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE statuses SET sensitive = coalesce(?2, sensitive), visibility = coalesce(?3, visibility) WHERE id = ?1",
    )?
    .execute(params![id, sensitive, visibility])?;
    Ok(())
}

/// How many statuses of each visibility there are, reblogs apart, of one host (`""` is this server) or of all.
pub fn count(db: &Connection, visibility: Visibility, host: Option<&str>) -> Result<i64> {
    let count = db
        .prepare_cached(
            "SELECT sum(statuses) FROM status_counts WHERE visibility = ?1 AND (?2 IS NULL OR host = ?2)",
        )?
        .query_row(params![visibility, host], |row| row.get(0))
        .optional()?;
    Ok(count.flatten().unwrap_or(0))
}
