//! People whom somebody recommends on the profile.

use rusqlite::{Connection, params};

use super::page::{Keyed, Page, keyed_accounts, rows};
use crate::error::Result;
use crate::ids::{self, AccountId};

/// Recommends an account; twice is once.
pub fn insert(db: &Connection, account: AccountId, target: AccountId) -> Result<()> {
    db.prepare_cached("INSERT INTO endorsements (id, account_id, target_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![ids::next(), account, target])?;
    Ok(())
}

/// Takes a recommendation back; `false` when there was none.
pub fn delete(db: &Connection, account: AccountId, target: AccountId) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM endorsements WHERE account_id = ?1 AND target_id = ?2")?
        .execute(params![account, target])?;
    Ok(changed == 1)
}

/// Whom an account recommends, the latest first; paged by row or by account.
pub fn list(db: &Connection, of: AccountId, page: &Page) -> Result<Keyed> {
    let sql = keyed_accounts!(page, "endorsements", "account_id", "target_id", "");
    let params = params![of, page.before(), page.after(), page.limit];
    Ok(rows(db, sql, params, page)?.into())
}
