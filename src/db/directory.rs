//! The directory: accounts that want to be found, each order a walk along an index.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::ids::AccountId;

/// The order of the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By latest post.
    #[default]
    Active,
    /// By age, the youngest first.
    New,
}

/// A page of the directory, without those who and whom the viewer blocks.
pub fn list(
    db: &Connection,
    viewer: Option<AccountId>,
    order: Order,
    local: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<AccountId>> {
    macro_rules! sql {
        ($index:literal, $by:literal) => {
            concat!(
                "SELECT a.id FROM accounts AS a INDEXED BY ",
                $index,
                " WHERE a.discoverable = 1 AND a.hidden = 0 AND (NOT ?2 OR a.host = '')
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = ?1 AND target_id = a.id)
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = a.id AND target_id = ?1)
                    AND NOT EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = ?1 AND host = a.host)
                  ORDER BY ",
                $by,
                " DESC LIMIT ?3 OFFSET ?4"
            )
        };
    }
    let mut stmt = db.prepare_cached(match order {
        Order::Active => sql!("accounts_active", "a.last_status_at DESC, a.id"),
        Order::New => sql!("accounts_new", "a.id"),
    })?;
    let rows = stmt.query_map(params![viewer, local, limit, offset], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
