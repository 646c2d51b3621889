//! Aliases of accounts, and where accounts moved.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// Actor ids that an account calls its own too.
pub fn aliases(db: &Connection, account: AccountId) -> Result<Vec<String>> {
    let json: Option<String> = db
        .prepare_cached("SELECT also_known_as FROM accounts WHERE id = ?1")?
        .query_row(params![account], |row| row.get(0))
        .optional()?;
    Ok(serde_json::from_str(&json.unwrap_or_default()).unwrap_or_default())
}

/// Replaces them.
pub fn set_aliases(db: &Connection, account: AccountId, aliases: &[String]) -> Result<()> {
    db.prepare_cached("UPDATE accounts SET also_known_as = ?2 WHERE id = ?1")?
        .execute(params![account, serde_json::to_string(aliases)?])?;
    Ok(())
}

/// Writes down where an account moved, and when.
pub fn set(db: &Connection, account: AccountId, target: AccountId, now: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE accounts SET moved_to_id = ?2, moved_at = ?3 WHERE id = ?1")?
        .execute(params![account, target, now])?;
    Ok(())
}

/// When an account moved last.
pub fn moved_at(db: &Connection, account: AccountId) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached("SELECT moved_at FROM accounts WHERE id = ?1")?
        .query_row(params![account], |row| row.get(0))
        .optional()?
        .flatten())
}

/// How somebody here follows an account.
pub struct LocalFollower {
    /// Who.
    pub account: AccountId,
    /// Follows wherever the account moves.
    pub goes_along: bool,
    /// Reblogs at home.
    pub show_reblogs: bool,
    /// Told of each post.
    pub subscribed: bool,
    /// Only these languages.
    pub languages: Option<Vec<String>>,
}

/// Who here follows an account.
pub fn local_followers(db: &Connection, account: AccountId) -> Result<Vec<LocalFollower>> {
    let mut stmt = db.prepare_cached(
        "SELECT u.account_id, u.allow_following_move, f.show_reblogs, f.languages,
                EXISTS (SELECT 1 FROM subscriptions WHERE account_id = u.account_id AND target_id = ?1)
           FROM follows AS f JOIN users AS u ON u.account_id = f.account_id
          WHERE f.target_id = ?1 AND f.pending = 0 ORDER BY f.id",
    )?;
    let rows = stmt.query_map(params![account], |row| {
        let languages: Option<String> = row.get(3)?;
        Ok(LocalFollower {
            account: row.get(0)?,
            goes_along: row.get(1)?,
            show_reblogs: row.get(2)?,
            languages: languages.and_then(|json| serde_json::from_str(&json).ok()),
            subscribed: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
