//! Keyset paging.

use rusqlite::Connection;

use crate::error::Result;
use crate::ids::AccountId;

/// Keyset paging as every list takes it (pleroma-contract 0.5).
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// Strictly older than this.
    pub max_id: Option<i64>,
    /// Strictly newer than this, newest first.
    pub since_id: Option<i64>,
    /// The page immediately newer than this.
    pub min_id: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

impl Page {
    /// Upper bound for `id < ?`.
    pub fn before(&self) -> i64 {
        self.max_id.unwrap_or(i64::MAX)
    }

    /// Lower bound for `id > ?`.
    pub fn after(&self) -> i64 {
        self.min_id
            .into_iter()
            .chain(self.since_id)
            .max()
            .unwrap_or(0)
    }

    /// With `min_id` the rows are read upwards from it and then turned round.
    pub fn upwards(&self) -> bool {
        self.min_id.is_some()
    }
}

/// Runs a statement that yields ids in reading order and returns them newest first.
pub fn ids<I: rusqlite::types::FromSql>(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    upwards: bool,
) -> Result<Vec<I>> {
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(params, |row| row.get(0))?;
    let mut ids: Vec<I> = rows.collect::<rusqlite::Result<_>>()?;
    if upwards {
        ids.reverse();
    }
    Ok(ids)
}

/// Runs a statement that yields paging keys and ids in reading order and returns them newest first.
pub fn rows<I: rusqlite::types::FromSql>(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    page: &Page,
) -> Result<Vec<(i64, I)>> {
    let mut stmt = db.prepare_cached(sql)?;
    let found = stmt.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found: Vec<(i64, I)> = found.collect::<rusqlite::Result<_>>()?;
    if page.upwards() {
        found.reverse();
    }
    Ok(found)
}

/// Accounts in a list, each with the id of its paging row.
pub struct Keyed {
    /// Ids of the paging rows.
    pub keys: Vec<i64>,
    /// The accounts, in the same order.
    pub accounts: Vec<AccountId>,
}

impl From<Vec<(i64, AccountId)>> for Keyed {
    fn from(rows: Vec<(i64, AccountId)>) -> Keyed {
        let (keys, accounts) = rows.into_iter().unzip();
        Keyed { keys, accounts }
    }
}

/// The statement for one page of accounts in somebody's list, in the page's reading order: rows of `table` whose `owner` column
/// is ?1, each naming an account in its `member` column. Hidden accounts are left out. ?2 and ?3 are where the page ends, by
/// row or by account (mastodon-api 0.4); ?4 is its length. `more` narrows the rows `r` down.
macro_rules! keyed_accounts {
    ($page:expr, $table:literal, $owner:literal, $member:literal, $more:literal) => {
        if $page.upwards() {
            $crate::db::page::keyed_accounts!(@ $table, $owner, $member, $more, "ASC")
        } else {
            $crate::db::page::keyed_accounts!(@ $table, $owner, $member, $more, "DESC")
        }
    };
    (@ $table:literal, $owner:literal, $member:literal, $more:literal, $order:literal) => {
        concat!(
            "SELECT r.id, r.", $member, " FROM ", $table, " AS r JOIN accounts AS a ON a.id = r.", $member,
            " WHERE r.", $owner, " = ?1 AND a.hidden = 0 ", $more,
            " AND r.id < coalesce((SELECT id FROM ", $table, " WHERE ", $owner, " = ?1 AND ", $member, " = ?2), ?2)",
            " AND r.id > coalesce((SELECT id FROM ", $table, " WHERE ", $owner, " = ?1 AND ", $member, " = ?3), ?3)",
            " ORDER BY r.id ", $order, " LIMIT ?4"
        )
    };
}
pub(super) use keyed_accounts;
