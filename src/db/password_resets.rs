//! Password reset links: hashed, one hour, single use (security.md O10).

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// Stores a link's hash, and forgets links that are over.
pub fn insert(
    db: &Connection,
    hash: &[u8],
    account: AccountId,
    expires_at: Timestamp,
) -> Result<()> {
    db.prepare_cached("DELETE FROM password_resets WHERE expires_at <= ?1")?
        .execute(params![Timestamp::now()])?;
    db.prepare_cached(
        "INSERT INTO password_resets (token, account_id, expires_at) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![hash, account, expires_at])?;
    Ok(())
}

/// Whose link that is, while it is valid.
pub fn account(db: &Connection, hash: &[u8]) -> Result<Option<AccountId>> {
    Ok(db
        .prepare_cached(
            "SELECT account_id FROM password_resets WHERE token = ?1 AND expires_at > ?2",
        )?
        .query_row(params![hash, Timestamp::now()], |row| row.get(0))
        .optional()?)
}

/// Ends every link of an account.
pub fn delete_of(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM password_resets WHERE account_id = ?1")?
        .execute(params![account])?;
    Ok(())
}
