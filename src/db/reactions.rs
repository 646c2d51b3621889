//! Emoji reactions.

use rusqlite::{Connection, OptionalExtension, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, StatusId};
use crate::none_of;

/// A reaction tally for one status and emoji, in order of first use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionRow {
    /// The status reacted to.
    pub status: StatusId,
    /// Its own id: later ones have larger ones.
    pub id: i64,
    /// Unicode emoji, shortcode, or shortcode@host.
    pub emoji: String,
    /// Picture of a remote custom emoji.
    pub url: Option<String>,
    /// Who reacted.
    pub account: AccountId,
}

/// Reactions on a page of statuses, oldest first, by accounts that the viewer has not blocked nor (unless `with_muted`) muted.
pub fn of_statuses(
    db: &Connection,
    viewer: Option<AccountId>,
    with_muted: bool,
    page: &[StatusId],
) -> Result<Vec<ReactionRow>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT r.status_id, r.id, r.emoji, r.url, r.account_id
           FROM json_each(?1) AS page CROSS JOIN reactions AS r ON r.status_id = page.value
           CROSS JOIN accounts AS a ON a.id = r.account_id
          WHERE a.hidden = 0 AND ",
        none_of!("blocks", "account_id = ?2", "target_id = a.id"),
        " AND ",
        none_of!("domain_blocks", "account_id = ?2", "host = a.host"),
        " AND (?3 OR ",
        none_of!(
            "mutes",
            "account_id = ?2",
            "target_id = a.id AND (expires_at IS NULL OR expires_at > ?4)"
        ),
        ")"
    ))?;
    let rows = stmt.query_map(
        params![json_ids(page), viewer, with_muted, Timestamp::now()],
        |row| {
            Ok(ReactionRow {
                status: row.get(0)?,
                id: row.get(1)?,
                emoji: row.get(2)?,
                url: row.get(3)?,
                account: row.get(4)?,
            })
        },
    )?;
    let mut rows = rows.collect::<rusqlite::Result<Vec<ReactionRow>>>()?;
    rows.sort_unstable_by_key(|row| (row.status, row.id));
    Ok(rows)
}

/// Adds a reaction and returns its row; `None` when it was already there. `uri`: the id of the activity, of one from
/// elsewhere.
pub fn insert(
    db: &Connection,
    account: AccountId,
    status: StatusId,
    emoji: &str,
    url: Option<&str>,
    uri: Option<&str>,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "INSERT INTO reactions (id, account_id, status_id, emoji, url, uri) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING RETURNING id",
        )?
        .query_row(params![ids::next(), account, status, emoji, url, uri], |row| row.get(0))
        .optional()?)
}

/// Removes a reaction and returns its row; `None` when there was none.
pub fn delete(
    db: &Connection,
    account: AccountId,
    status: StatusId,
    emoji: &str,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "DELETE FROM reactions WHERE status_id = ?1 AND emoji = ?2 AND account_id = ?3 RETURNING id",
        )?
        .query_row(params![status, emoji, account], |row| row.get(0))
        .optional()?)
}

/// The status that somebody reacted to, and with what, by the activity of that id.
pub fn by_uri(
    db: &Connection,
    account: AccountId,
    uri: &str,
) -> Result<Option<(StatusId, String)>> {
    Ok(db
        .prepare_cached(
            "SELECT status_id, emoji FROM reactions WHERE uri = ?2 AND account_id = ?1",
        )?
        .query_row(params![account, uri], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The picture of another server's emoji that somebody reacted to the status with.
pub fn picture(db: &Connection, status: StatusId, emoji: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(
            "SELECT url FROM reactions WHERE status_id = ?1 AND emoji = ?2 AND url IS NOT NULL LIMIT 1",
        )?
        .query_row(params![status, emoji], |row| row.get(0))
        .optional()?)
}
