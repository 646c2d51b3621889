//! Mutes: accounts that somebody does not want to read, for a while or for ever. Every reader asks `expires_at` itself.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::json_ids;
use super::page::{Keyed, Page, keyed_accounts, rows};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId};

/// Mutes an account, or changes how.
pub fn put(
    db: &Connection,
    account: AccountId,
    target: AccountId,
    notifications: bool,
    expires_at: Option<Timestamp>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO mutes (id, account_id, target_id, notifications, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account_id, target_id) DO UPDATE SET notifications = excluded.notifications, expires_at = excluded.expires_at",
    )?
    .execute(params![ids::next(), account, target, notifications, expires_at])?;
    Ok(())
}

/// Lifts a mute; `false` when there was none.
pub fn remove(db: &Connection, account: AccountId, target: AccountId) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM mutes WHERE account_id = ?1 AND target_id = ?2")?
        .execute(params![account, target])?;
    Ok(changed == 1)
}

/// Drops an account's mutes that have run out.
pub fn remove_expired(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM mutes WHERE account_id = ?1 AND expires_at <= ?2")?
        .execute(params![account, Timestamp::now()])?;
    Ok(())
}

/// Whom an account mutes at present, the newest mute first; paged by row or by account.
pub fn list(db: &Connection, of: AccountId, page: &Page) -> Result<Keyed> {
    let sql = keyed_accounts!(
        page,
        "mutes",
        "account_id",
        "target_id",
        "AND (r.expires_at IS NULL OR r.expires_at > ?5)"
    );
    Ok(rows(
        db,
        sql,
        params![
            of,
            page.before(),
            page.after(),
            page.limit,
            Timestamp::now()
        ],
        page,
    )?
    .into())
}

/// When mutes of these accounts run out; those for ever are left out.
pub fn expiries(
    db: &Connection,
    of: AccountId,
    targets: &[AccountId],
) -> Result<HashMap<AccountId, Timestamp>> {
    let mut stmt = db.prepare_cached(
        "SELECT target_id, expires_at FROM mutes
          WHERE account_id = ?1 AND target_id IN (SELECT value FROM json_each(?2)) AND expires_at IS NOT NULL",
    )?;
    let rows = stmt.query_map(params![of, json_ids(targets)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
