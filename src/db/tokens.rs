//! OAuth tokens and the cookies that stand for them. Only hashes are stored (security.md O11).

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
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

/// Those of these tokens that are live.
pub fn live(db: &Connection, ids: &[TokenId]) -> Result<Vec<TokenRow>> {
    let mut stmt = db.prepare_cached(select!(
        "WHERE t.id IN (SELECT value FROM json_each(?1)) AND t.expires_at > ?2"
    ))?;
    let rows = stmt.query_map(params![json_ids(ids), Timestamp::now()], TokenRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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

/// Ends all tokens, codes and half-done logins of a user.
pub fn delete_of(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM tokens WHERE account_id = ?1")?
        .execute(params![account])?;
    db.prepare_cached("DELETE FROM oauth_codes WHERE account_id = ?1")?
        .execute(params![account])?;
    db.prepare_cached("DELETE FROM mfa_tokens WHERE account_id = ?1")?
        .execute(params![account])?;
    Ok(())
}

/// Ends all tokens, codes and half-done logins that an application was given.
pub fn delete_of_app(db: &Connection, app: AppId) -> Result<()> {
    db.prepare_cached("DELETE FROM tokens WHERE app_id = ?1")?
        .execute(params![app])?;
    db.prepare_cached("DELETE FROM oauth_codes WHERE app_id = ?1")?
        .execute(params![app])?;
    db.prepare_cached("DELETE FROM mfa_tokens WHERE app_id = ?1")?
        .execute(params![app])?;
    Ok(())
}

/// Lets a cookie stand for a token.
pub fn insert_cookie(db: &Connection, cookie_hash: &[u8], token: TokenId) -> Result<()> {
    db.prepare_cached("INSERT INTO sessions (cookie_hash, token_id) VALUES (?1, ?2)")?
        .execute(params![cookie_hash, token])?;
    Ok(())
}

/// Ends a cookie; the token lives on.
pub fn delete_cookie(db: &Connection, cookie_hash: &[u8]) -> Result<()> {
    db.prepare_cached("DELETE FROM sessions WHERE cookie_hash = ?1")?
        .execute(params![cookie_hash])?;
    Ok(())
}

/// A token's owners and scopes, whether it is still alive or not.
#[derive(Clone, Debug)]
pub struct OwnedToken {
    /// Its id.
    pub id: TokenId,
    /// The app that it was given to.
    pub app: Option<AppId>,
    /// `None`: the app's own.
    pub account: Option<AccountId>,
    /// Separated by spaces.
    pub scopes: String,
}

impl OwnedToken {
    fn read(row: &Row) -> rusqlite::Result<OwnedToken> {
        Ok(OwnedToken {
            id: row.get(0)?,
            app: row.get(1)?,
            account: row.get(2)?,
            scopes: row.get(3)?,
        })
    }
}

/// The token with that refresh secret, even if its access secret expired.
pub fn by_refresh(db: &Connection, hash: &[u8]) -> Result<Option<OwnedToken>> {
    Ok(db
        .prepare_cached(
            "SELECT id, app_id, account_id, scopes FROM tokens WHERE refresh_hash = ?1",
        )?
        .query_row(params![hash], OwnedToken::read)
        .optional()?)
}

/// The token with that access or refresh secret.
pub fn by_either(db: &Connection, hash: &[u8]) -> Result<Option<OwnedToken>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, app_id, account_id, scopes FROM tokens WHERE access_hash = ?1 OR refresh_hash = ?1",
    )?;
    Ok(stmt.query_row(params![hash], OwnedToken::read).optional()?)
}

/// Gives a token another access secret and another life.
pub fn renew(
    db: &Connection,
    id: TokenId,
    access_hash: &[u8],
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE tokens SET access_hash = ?2, created_at = ?3, expires_at = ?4 WHERE id = ?1",
    )?
    .execute(params![id, access_hash, created_at, expires_at])?;
    Ok(())
}

/// A token as its owner sees it in a list.
#[derive(Clone, Debug)]
pub struct ListedToken {
    /// Its id.
    pub id: TokenId,
    /// End of its life.
    pub expires_at: Timestamp,
    /// The app's name; `None` for tokens made on the command line.
    pub app_name: Option<String>,
}

/// A user's live tokens, newest first.
pub fn list_of(db: &Connection, account: AccountId) -> Result<Vec<ListedToken>> {
    let mut stmt = db.prepare_cached(
        "SELECT t.id, t.expires_at, p.name FROM tokens AS t LEFT JOIN apps AS p ON p.id = t.app_id
          WHERE t.account_id = ?1 AND t.expires_at > ?2 ORDER BY t.id DESC",
    )?;
    let rows = stmt.query_map(params![account, Timestamp::now()], |row| {
        Ok(ListedToken {
            id: row.get(0)?,
            expires_at: row.get(1)?,
            app_name: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends one of a user's own tokens; somebody else's is left alone.
pub fn delete_own(db: &Connection, account: AccountId, id: TokenId) -> Result<()> {
    db.prepare_cached("DELETE FROM tokens WHERE id = ?1 AND account_id = ?2")?
        .execute(params![id, account])?;
    Ok(())
}
