//! Authorization codes: between the consent page and the token endpoint.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, AppId, TokenId};

/// What a code is bound to.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// The only application that may exchange it.
    pub app: AppId,
    /// Who gave it.
    pub account: AccountId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Separated by spaces.
    pub scopes: String,
    /// PKCE, `S256`.
    pub challenge: Option<String>,
    /// End of its life.
    pub expires_at: Timestamp,
    /// The token that was made with it.
    pub used_for: Option<TokenId>,
}

/// Stores a code, and forgets those that expired.
pub fn insert(db: &Connection, code: &CodeRow) -> Result<()> {
    db.prepare_cached("DELETE FROM oauth_codes WHERE expires_at <= ?1")?
        .execute(params![Timestamp::now()])?;
    db.prepare_cached(
        "INSERT INTO oauth_codes (code, app_id, account_id, redirect_uri, scopes, code_challenge, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        code.hash,
        code.app,
        code.account,
        code.redirect_uri,
        code.scopes,
        code.challenge,
        code.expires_at,
    ])?;
    Ok(())
}

/// The code with that hash, used or not, unless it expired.
pub fn by_hash(db: &Connection, hash: &[u8; 32]) -> Result<Option<CodeRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT code, app_id, account_id, redirect_uri, scopes, code_challenge, expires_at, used_token_id
           FROM oauth_codes WHERE code = ?1 AND expires_at > ?2",
    )?;
    Ok(stmt
        .query_row(params![hash, Timestamp::now()], |row| {
            Ok(CodeRow {
                hash: row.get(0)?,
                app: row.get(1)?,
                account: row.get(2)?,
                redirect_uri: row.get(3)?,
                scopes: row.get(4)?,
                challenge: row.get(5)?,
                expires_at: row.get(6)?,
                used_for: row.get(7)?,
            })
        })
        .optional()?)
}

/// Forgets the codes that a user gave and nobody exchanged yet.
pub fn delete_unused_of(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM oauth_codes WHERE account_id = ?1 AND used_token_id IS NULL")?
        .execute(params![account])?;
    Ok(())
}

/// Notes which token was made with a code.
pub fn mark_used(db: &Connection, hash: &[u8; 32], token: TokenId) -> Result<()> {
    db.prepare_cached("UPDATE oauth_codes SET used_token_id = ?2 WHERE code = ?1")?
        .execute(params![hash, token])?;
    Ok(())
}
