//! Home timelines: an entry per person and status, written when a status arrives.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Whose home timeline a status enters beside its author's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Local followers.
    Followers,
    /// Local people addressed by name.
    Addressed,
}

/// Enters a status into the home timelines of its author, if local, and of those it reaches.
pub fn deliver(db: &Connection, status: StatusId, author: AccountId, reach: Reach) -> Result<()> {
    let sql = match reach {
        Reach::Followers => {
            "INSERT OR IGNORE INTO home_entries (account_id, status_id)
             SELECT account_id, ?1 FROM users WHERE account_id = ?2
             UNION ALL
             SELECT f.account_id, ?1 FROM follows AS f JOIN users AS u ON u.account_id = f.account_id
              WHERE f.target_id = ?2 AND f.pending = 0"
        }
        Reach::Addressed => {
            "INSERT OR IGNORE INTO home_entries (account_id, status_id)
             SELECT account_id, ?1 FROM users WHERE account_id = ?2
             UNION ALL
             SELECT m.account_id, ?1 FROM mentions AS m JOIN users AS u ON u.account_id = m.account_id
              WHERE m.status_id = ?1"
        }
    };
    db.prepare_cached(sql)?.execute(params![status, author])?;
    Ok(())
}
