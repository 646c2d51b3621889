//! Follows and follow requests: one row per pair, `pending` until the target consents. Counters follow by trigger.

use rusqlite::{Connection, OptionalExtension, params};

use super::page::{Keyed, Page, keyed_accounts, rows};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId};

/// A follow, or a request for one.
#[derive(Clone, Copy, Debug)]
pub struct FollowRow {
    /// Its row, the paging key of lists.
    pub id: i64,
    /// The target has not consented yet.
    pub pending: bool,
}

/// The follow between two accounts, active or pending.
pub fn find(db: &Connection, follower: AccountId, target: AccountId) -> Result<Option<FollowRow>> {
    Ok(db
        .prepare_cached("SELECT id, pending FROM follows WHERE account_id = ?1 AND target_id = ?2")?
        .query_row(params![follower, target], |row| {
            Ok(FollowRow {
                id: row.get(0)?,
                pending: row.get(1)?,
            })
        })
        .optional()?)
}

/// Adds a follow. There must be none between the two.
pub fn insert(
    db: &Connection,
    follower: AccountId,
    target: AccountId,
    pending: bool,
) -> Result<FollowRow> {
    let id = ids::next();
    db.prepare_cached("INSERT INTO follows (id, account_id, target_id, pending, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, follower, target, pending, Timestamp::now()])?;
    Ok(FollowRow { id, pending })
}

/// Changes what of the target is shown; `None` leaves it. `languages` is a JSON array, an empty one means all.
pub fn set_options(
    db: &Connection,
    id: i64,
    show_reblogs: Option<bool>,
    languages: Option<&str>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE follows SET show_reblogs = coalesce(?2, show_reblogs),
                            languages = CASE WHEN ?3 IS NULL THEN languages WHEN ?3 = '[]' THEN NULL ELSE ?3 END
          WHERE id = ?1",
    )?
    .execute(params![id, show_reblogs, languages])?;
    Ok(())
}

/// The local people whom an account follows or asked to.
pub fn local_targets(db: &Connection, follower: AccountId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT f.target_id FROM follows AS f JOIN users AS u ON u.account_id = f.target_id WHERE f.account_id = ?1",
    )?;
    let rows = stmt.query_map(params![follower], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ids of the followers whose ids begin with that scheme and host.
pub fn followers_at(db: &Connection, target: AccountId, origin: &str) -> Result<Vec<String>> {
    // What follows '/' is '0'.
    let mut stmt = db.prepare_cached(
        "SELECT a.uri FROM accounts AS a JOIN follows AS f ON f.account_id = a.id AND f.target_id = ?1 AND f.pending = 0
          WHERE a.uri >= ?2 || '/' AND a.uri < ?2 || '0' AND a.host <> '' ORDER BY a.uri",
    )?;
    let rows = stmt.query_map(params![target, origin], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The local people who follow an account, with their ids elsewhere.
pub fn local_followers(db: &Connection, target: AccountId) -> Result<Vec<(AccountId, String)>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.id, a.uri FROM follows AS f JOIN users AS u ON u.account_id = f.account_id JOIN accounts AS a ON a.id = u.account_id
          WHERE f.target_id = ?1 AND f.pending = 0",
    )?;
    let rows = stmt.query_map(params![target], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Turns a request into a follow; `false` when there is none.
pub fn accept(db: &Connection, follower: AccountId, target: AccountId) -> Result<bool> {
    let changed = db
        .prepare_cached("UPDATE follows SET pending = 0 WHERE account_id = ?1 AND target_id = ?2 AND pending = 1")?
        .execute(params![follower, target])?;
    Ok(changed == 1)
}

/// Removes a follow or request and returns it with its id elsewhere; `None` when there is none.
pub fn remove(
    db: &Connection,
    follower: AccountId,
    target: AccountId,
) -> Result<Option<(FollowRow, Option<String>)>> {
    Ok(db
        .prepare_cached(
            "DELETE FROM follows WHERE account_id = ?1 AND target_id = ?2 RETURNING id, pending, uri",
        )?
        .query_row(params![follower, target], |row| {
            let follow = FollowRow {
                id: row.get(0)?,
                pending: row.get(1)?,
            };
            Ok((follow, row.get(2)?))
        })
        .optional()?)
}

/// The id elsewhere of a follow, if it came from there.
pub fn uri(db: &Connection, follower: AccountId, target: AccountId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT uri FROM follows WHERE account_id = ?1 AND target_id = ?2")?
        .query_row(params![follower, target], |row| row.get(0))
        .optional()?
        .flatten())
}

/// Notes the id elsewhere of a follow.
pub fn set_uri(db: &Connection, id: i64, uri: Option<&str>) -> Result<()> {
    db.prepare_cached("UPDATE follows SET uri = ?2 WHERE id = ?1")?
        .execute(params![id, uri])?;
    Ok(())
}

/// Who follows whom in that row.
pub fn between(db: &Connection, id: i64) -> Result<Option<(AccountId, AccountId)>> {
    Ok(db
        .prepare_cached("SELECT account_id, target_id FROM follows WHERE id = ?1")?
        .query_row(params![id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Whom somebody follows by the Follow of that id.
pub fn by_uri(db: &Connection, follower: AccountId, uri: &str) -> Result<Option<AccountId>> {
    Ok(db
        .prepare_cached("SELECT target_id FROM follows WHERE uri = ?2 AND account_id = ?1")?
        .query_row(params![follower, uri], |row| row.get(0))
        .optional()?)
}

/// Everybody who waits for the target's consent, oldest first.
pub fn waiting(db: &Connection, target: AccountId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT account_id FROM follows WHERE target_id = ?1 AND pending = 1 ORDER BY id",
    )?;
    let rows = stmt.query_map(params![target], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Accepted requests are news of another kind: their notifications become those of follows.
pub fn requests_become_follows(
    db: &Connection,
    follower: AccountId,
    target: AccountId,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE notifications SET kind = 'follow' WHERE account_id = ?2 AND actor_id = ?1 AND kind = 'follow_request'",
    )?
    .execute(params![follower, target])?;
    Ok(())
}

/// Who follows an account, the newest follow first. Clients page by row or by account (mastodon-api 0.4): both are understood.
pub fn followers(db: &Connection, of: AccountId, page: &Page) -> Result<Keyed> {
    list_of_followers(db, of, false, page)
}

/// Who waits for an account's consent, the newest request first.
pub fn requests(db: &Connection, of: AccountId, page: &Page) -> Result<Keyed> {
    list_of_followers(db, of, true, page)
}

fn list_of_followers(db: &Connection, of: AccountId, pending: bool, page: &Page) -> Result<Keyed> {
    let sql = keyed_accounts!(
        page,
        "follows",
        "target_id",
        "account_id",
        "AND r.pending = ?5"
    );
    Ok(rows(
        db,
        sql,
        params![of, page.before(), page.after(), page.limit, pending],
        page,
    )?
    .into())
}

/// Whom an account follows, the newest follow first.
pub fn following(db: &Connection, of: AccountId, page: &Page) -> Result<Keyed> {
    let sql = keyed_accounts!(
        page,
        "follows",
        "account_id",
        "target_id",
        "AND r.pending = 0"
    );
    Ok(rows(
        db,
        sql,
        params![of, page.before(), page.after(), page.limit],
        page,
    )?
    .into())
}
