//! What is known of a status from its origin: how often it was answered, reblogged and favourited there, and where its thread
//! broke off.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Counts as the origin tells them; `None` where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers.
    pub replies: Option<i64>,
    /// Reblogs.
    pub reblogs: Option<i64>,
    /// Favourites.
    pub favourites: Option<i64>,
}

/// Keeps them apart from what we count ourselves; `false` where nothing is new.
pub fn set_counts(db: &Connection, status: StatusId, counts: &Counts) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "UPDATE statuses SET remote_replies = coalesce(?2, remote_replies), remote_reblogs = coalesce(?3, remote_reblogs),
                                 remote_favourites = coalesce(?4, remote_favourites)
              WHERE id = ?1 AND (remote_replies <> ?2 OR remote_reblogs <> ?3 OR remote_favourites <> ?4)",
        )?
        .execute(params![
            status,
            counts.replies,
            counts.reblogs,
            counts.favourites
        ])?;
    Ok(changed == 1)
}

/// The ancestors of a status are not followed further than this: threads that are made by a machine do not hold us up.
const DEPTH: i64 = 1000;

/// Hangs those below a status that came before it, though they answer it; but not what it answers itself, so that no circle
/// comes to be.
pub fn adopt(db: &Connection, status: StatusId, uri: &str, author: AccountId) -> Result<()> {
    let mut stmt = db.prepare_cached(
        "UPDATE statuses SET in_reply_to_id = ?1, in_reply_to_account_id = ?2, in_reply_to_uri = NULL
          WHERE in_reply_to_uri = ?3 AND id <> ?1
            AND id NOT IN (WITH RECURSIVE up (id, depth) AS (
                             SELECT in_reply_to_id, 1 FROM statuses WHERE id = ?1
                             UNION ALL
                             SELECT s.in_reply_to_id, up.depth + 1 FROM up CROSS JOIN statuses AS s ON s.id = up.id WHERE up.depth < ?4)
                           SELECT id FROM up WHERE id IS NOT NULL)
         RETURNING visibility < 3",
    )?;
    let open: Vec<bool> = stmt
        .query_map(params![status, author, uri, DEPTH], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let answers = open.iter().filter(|open| **open).count() as i64;
    if answers > 0 {
        db.prepare_cached(
            "UPDATE statuses SET replies_count = replies_count + ?2, rev = rev + 1 WHERE id = ?1",
        )?
        .execute(params![status, answers])?;
    }
    Ok(())
}

/// The id of what the topmost known ancestor of a status answers, if that is not known here.
pub fn missing_above(db: &Connection, status: StatusId) -> Result<Option<String>> {
    let top: Option<Option<String>> = db
        .prepare_cached(
            "WITH RECURSIVE up (id, parent, missing, depth) AS (
               SELECT id, in_reply_to_id, in_reply_to_uri, 1 FROM statuses WHERE id = ?1
               UNION ALL
               SELECT s.id, s.in_reply_to_id, s.in_reply_to_uri, up.depth + 1
                 FROM up CROSS JOIN statuses AS s ON s.id = up.parent WHERE up.depth < ?2)
             SELECT missing FROM up ORDER BY depth DESC LIMIT 1",
        )?
        .query_row(params![status, DEPTH], |row| row.get(0))
        .optional()?;
    Ok(top.flatten())
}
