//! OAuth tokens and the cookies that stand for them. Only hashes are stored (security.md O11).

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::users::Flags;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, AppId, TokenId};

/// A live token, and the user it speaks for with what decides whether they may.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// The app that it was given to; `None` for tokens made on the command line.
    pub app: Option<AppId>,
    /// Separated by spaces.
    pub scopes: String,
    /// `None` for the app itself (client credentials).
    pub user: Option<TokenUser>,
}

/// The user behind a token.
#[derive(Clone, Debug)]
pub struct TokenUser {
    /// Its account.
    pub id: AccountId,
    /// Its name.
    pub username: String,
    /// Full rights.
    pub is_admin: bool,
    /// Reports and statuses.
    pub is_moderator: bool,
    /// What may keep it from being heard.
    pub flags: Flags,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.app_id, t.scopes, t.account_id, a.username, u.is_admin, u.is_moderator, a.deactivated, u.reset_pending,
                    u.approval_pending, u.confirmation_pending
               FROM tokens AS t LEFT JOIN users AS u ON u.account_id = t.account_id LEFT JOIN accounts AS a ON a.id = t.account_id ",
            $rest
        )
    };
}

impl TokenRow {
    fn read(row: &Row) -> rusqlite::Result<TokenRow> {
        let user = match row.get(3)? {
            None => None,
            Some(id) => Some(TokenUser {
                id,
                username: row.get(4)?,
                is_admin: row.get(5)?,
                is_moderator: row.get(6)?,
                flags: Flags {
                    deactivated: row.get(7)?,
                    reset_pending: row.get(8)?,
                    approval_pending: row.get(9)?,
                    confirmation_pending: row.get(10)?,
                },
            }),
        };
        Ok(TokenRow {
            id: row.get(0)?,
            app: row.get(1)?,
            scopes: row.get(2)?,
            user,
        })
    }
}

/// The live token whose secret has that hash.
pub fn by_access(db: &Connection, hash: &[u8]) -> Result<Option<TokenRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE t.access_hash = ?1 AND t.expires_at > ?2"))?;
    Ok(stmt
        .query_row(params![hash, Timestamp::now()], TokenRow::read)
        .optional()?)
}

/// The live token for which that cookie stands.
pub fn by_cookie(db: &Connection, hash: &[u8]) -> Result<Option<TokenRow>> {
    let mut stmt = db.prepare_cached(select!(
        "WHERE t.id = (SELECT token_id FROM sessions WHERE cookie_hash = ?1) AND t.expires_at > ?2"
    ))?;
    Ok(stmt
        .query_row(params![hash, Timestamp::now()], TokenRow::read)
        .optional()?)
}

/// A token to be stored.
pub struct NewToken<'a> {
    /// SHA-256 of the access token.
    pub access_hash: &'a [u8],
    /// SHA-256 of the refresh token.
    pub refresh_hash: Option<&'a [u8]>,
    /// The app.
    pub app: Option<AppId>,
    /// The user, or nobody.
    pub account: Option<AccountId>,
    /// Separated by spaces.
    pub scopes: &'a str,
    /// End of its life.
    pub expires_at: Timestamp,
}

/// Stores a token.
pub fn insert(db: &Connection, new: &NewToken) -> Result<TokenId> {
    let id = TokenId::new();
    db.prepare_cached(
        "INSERT INTO tokens (id, access_hash, refresh_hash, app_id, account_id, scopes, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        id,
        new.access_hash,
        new.refresh_hash,
        new.app,
        new.account,
        new.scopes,
        Timestamp::now(),
        new.expires_at
    ])?;
    Ok(id)
}

/// Ends a token; its cookies go with it.
pub fn delete(db: &Connection, id: TokenId) -> Result<()> {
    db.prepare_cached("DELETE FROM tokens WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Ends all tokens and codes of a user.
pub fn delete_of(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM tokens WHERE account_id = ?1")?
        .execute(params![account])?;
    db.prepare_cached("DELETE FROM oauth_codes WHERE account_id = ?1")?
        .execute(params![account])?;
    Ok(())
}

/// Lets a cookie stand for a token.
pub fn insert_cookie(db: &Connection, cookie_hash: &[u8], token: TokenId) -> Result<()> {
    db.prepare_cached("INSERT INTO sessions (cookie_hash, token_id) VALUES (?1, ?2)")?
        .execute(params![cookie_hash, token])?;
    Ok(())
}
