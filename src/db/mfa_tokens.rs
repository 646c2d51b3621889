//! Logins that wait for the second factor.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, AppId};

/// A login whose password was right.
#[derive(Clone, Debug)]
pub struct MfaTokenRow {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Who logs in.
    pub account: AccountId,
    /// Through which application.
    pub app: AppId,
    /// What it will get, separated by spaces.
    pub scopes: String,
    /// Where the code will be sent, for a login on the authorize page.
    pub redirect_uri: Option<String>,
    /// PKCE, for a login on the authorize page.
    pub challenge: Option<String>,
    /// Wrong tries.
    pub attempts: i64,
    /// End of the wait.
    pub expires_at: Timestamp,
}

/// Stores one, and forgets those that expired.
pub fn insert(db: &Connection, new: &MfaTokenRow) -> Result<()> {
    db.prepare_cached("DELETE FROM mfa_tokens WHERE expires_at <= ?1")?
        .execute(params![Timestamp::now()])?;
    db.prepare_cached(
        "INSERT INTO mfa_tokens (token, account_id, app_id, scopes, redirect_uri, code_challenge, attempts, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        new.hash,
        new.account,
        new.app,
        new.scopes,
        new.redirect_uri,
        new.challenge,
        new.attempts,
        new.expires_at
    ])?;
    Ok(())
}

/// The login that waits under that hash.
pub fn by_hash(db: &Connection, hash: &[u8]) -> Result<Option<MfaTokenRow>> {
    Ok(db
        .prepare_cached(
            "SELECT token, account_id, app_id, scopes, redirect_uri, code_challenge, attempts, expires_at
               FROM mfa_tokens WHERE token = ?1 AND expires_at > ?2",
        )?
        .query_row(params![hash, Timestamp::now()], |row| {
            Ok(MfaTokenRow {
                hash: row.get(0)?,
                account: row.get(1)?,
                app: row.get(2)?,
                scopes: row.get(3)?,
                redirect_uri: row.get(4)?,
                challenge: row.get(5)?,
                attempts: row.get(6)?,
                expires_at: row.get(7)?,
            })
        })
        .optional()?)
}

/// Counts a wrong try.
pub fn count_attempt(db: &Connection, hash: &[u8]) -> Result<()> {
    db.prepare_cached("UPDATE mfa_tokens SET attempts = attempts + 1 WHERE token = ?1")?
        .execute(params![hash])?;
    Ok(())
}

/// Ends the wait, with or without success.
pub fn delete(db: &Connection, hash: &[u8]) -> Result<()> {
    db.prepare_cached("DELETE FROM mfa_tokens WHERE token = ?1")?
        .execute(params![hash])?;
    Ok(())
}

/// Ends all half-done logins of a user.
pub fn delete_of(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM mfa_tokens WHERE account_id = ?1")?
        .execute(params![account])?;
    Ok(())
}
