//! Home timelines: an entry per person and status, written when a status arrives, and as follows begin and end.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, visible};

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

/// How many posts of a newly followed account appear at home.
const BACKFILL: i64 = 40;

/// Puts the newest posts of an actively followed account into the follower's home timeline, but for direct ones. Reading it
/// applies the options of the follow.
pub fn backfill(db: &Connection, follower: AccountId, target: AccountId) -> Result<()> {
    db.prepare_cached(concat!(
        "INSERT INTO home_entries (account_id, status_id)
         SELECT ?1, s.id FROM statuses AS s
          WHERE s.account_id = ?2 AND s.visibility <> 3
            AND ",
        visible!("s", "?1"),
        " AND ",
        unblocked!("s", "?1"),
        " ORDER BY s.id DESC LIMIT ?3 ON CONFLICT DO NOTHING"
    ))?
    .execute(params![follower, target, BACKFILL])?;
    Ok(())
}

/// Takes an author's posts out of somebody's home timeline, but for those that mention the reader.
pub fn remove_author(db: &Connection, reader: AccountId, author: AccountId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM home_entries
          WHERE account_id = ?1 AND status_id IN (SELECT id FROM statuses WHERE account_id = ?2)
            AND NOT EXISTS (SELECT 1 FROM mentions WHERE status_id = home_entries.status_id AND account_id = ?1)",
    )?
    .execute(params![reader, author])?;
    Ok(())
}

/// Takes everything of an author out of somebody's home timeline.
pub fn remove_author_wholly(db: &Connection, reader: AccountId, author: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM home_entries WHERE account_id = ?1 AND status_id IN (SELECT id FROM statuses WHERE account_id = ?2)")?
        .execute(params![reader, author])?;
    Ok(())
}
