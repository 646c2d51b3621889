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
/// applies the options of the follow. A follower elsewhere has no home here.
pub fn backfill(db: &Connection, follower: AccountId, target: AccountId) -> Result<()> {
    db.prepare_cached(concat!(
        "INSERT INTO home_entries (account_id, status_id)
         SELECT ?1, s.id FROM statuses AS s
          WHERE s.account_id = ?2 AND s.visibility <> 3 AND EXISTS (SELECT 1 FROM users WHERE account_id = ?1)
            AND ",
        visible!("s", "?1"),
        " AND ",
        unblocked!("s", "?1"),
        " ORDER BY s.id DESC LIMIT ?3 ON CONFLICT DO NOTHING"
    ))?
    .execute(params![follower, target, BACKFILL])?;
    Ok(())
}

/// `followed_by_tag!()`: the entry's status is public and has a tag that its reader `?1` follows.
macro_rules! followed_by_tag {
    () => {
        "EXISTS (SELECT 1 FROM status_tags AS st JOIN tag_follows AS tf ON tf.tag_id = st.tag_id AND tf.account_id = ?1
                  WHERE st.status_id = home_entries.status_id
                    AND (SELECT visibility FROM statuses WHERE id = home_entries.status_id) = 0)"
    };
}

/// Takes an author's posts out of somebody's home timeline, but for those that mention the reader or have a tag that the
/// reader follows.
pub fn remove_author(db: &Connection, reader: AccountId, author: AccountId) -> Result<()> {
    db.prepare_cached(concat!(
        "DELETE FROM home_entries
          WHERE account_id = ?1 AND status_id IN (SELECT id FROM statuses WHERE account_id = ?2)
            AND NOT EXISTS (SELECT 1 FROM mentions WHERE status_id = home_entries.status_id AND account_id = ?1)
            AND NOT ",
        followed_by_tag!()
    ))?
    .execute(params![reader, author])?;
    Ok(())
}

/// Takes everything of an author out of somebody's home timeline.
pub fn remove_author_wholly(db: &Connection, reader: AccountId, author: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM home_entries WHERE account_id = ?1 AND status_id IN (SELECT id FROM statuses WHERE account_id = ?2)")?
        .execute(params![reader, author])?;
    Ok(())
}

/// Puts the newest public posts with a newly followed tag into the follower's home timeline.
pub fn backfill_tag(db: &Connection, reader: AccountId, tag: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO home_entries (account_id, status_id)
         SELECT ?1, s.id FROM status_tags AS t CROSS JOIN statuses AS s ON s.id = t.status_id
          WHERE t.tag_id = ?2 AND s.visibility = 0 ORDER BY t.status_id DESC LIMIT ?3",
    )?
    .execute(params![reader, tag, BACKFILL])?;
    Ok(())
}

/// Takes the posts with a tag that is no longer followed out of somebody's home timeline, but for those that belong there
/// anyway.
pub fn remove_tag(db: &Connection, reader: AccountId, tag: i64) -> Result<()> {
    db.prepare_cached(concat!(
        "DELETE FROM home_entries
          WHERE account_id = ?1 AND status_id IN (SELECT status_id FROM status_tags WHERE tag_id = ?2)
            AND NOT EXISTS (SELECT 1 FROM statuses AS s WHERE s.id = home_entries.status_id
                               AND (s.account_id = ?1 OR EXISTS (SELECT 1 FROM follows WHERE account_id = ?1
                                                                    AND target_id = s.account_id AND pending = 0)))
            AND NOT EXISTS (SELECT 1 FROM mentions WHERE status_id = home_entries.status_id AND account_id = ?1)
            AND NOT ",
        followed_by_tag!()
    ))?
    .execute(params![reader, tag])?;
    Ok(())
}
