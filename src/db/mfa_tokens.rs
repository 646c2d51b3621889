//! Logins that wait for the second factor.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, AppId};

/// A login whose password was right.
pub struct NewMfaToken<'a> {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Who logs in.
    pub account: AccountId,
    /// Through which application.
    pub app: AppId,
    /// What it will get, separated by spaces.
    pub scopes: &'a str,
    /// End of the wait.
    pub expires_at: Timestamp,
}

/// Stores one, and forgets those that expired.
pub fn insert(db: &Connection, new: &NewMfaToken) -> Result<()> {
    db.prepare_cached("DELETE FROM mfa_tokens WHERE expires_at <= ?1")?
        .execute(params![Timestamp::now()])?;
    db.prepare_cached(
        "INSERT INTO mfa_tokens (token, account_id, app_id, scopes, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![new.hash, new.account, new.app, new.scopes, new.expires_at])?;
    Ok(())
}
