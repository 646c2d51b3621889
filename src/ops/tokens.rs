//! Tokens: how they are given out.

use std::time::Duration;

use crate::auth::secret;
use crate::clock::Timestamp;
use crate::db::{Tx, tokens};
use crate::error::Result;
use crate::ids::{AccountId, AppId, TokenId};

/// A token just made: the only moment at which its secrets are known.
pub struct Issued {
    /// Its id.
    pub id: TokenId,
    /// The bearer token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// Separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How long it lives.
    pub lifetime: Duration,
}

/// Gives out a token: to a user through an app, to an app alone, or to a user on the command line.
pub fn issue(
    tx: &Tx,
    app: Option<AppId>,
    account: Option<AccountId>,
    scopes: &str,
    lifetime: Duration,
) -> Result<Issued> {
    let (access, refresh) = (secret::token(), secret::token());
    let created_at = Timestamp::now();
    let id = tokens::insert(
        tx,
        &tokens::NewToken {
            access_hash: &secret::digest(&access),
            refresh_hash: Some(&secret::digest(&refresh)),
            app,
            account,
            scopes,
            expires_at: created_at.plus(lifetime),
        },
    )?;
    Ok(Issued {
        id,
        access,
        refresh,
        scopes: scopes.to_owned(),
        created_at,
        lifetime,
    })
}

/// Replaces a token's access secret; scopes, cookies and the refresh token stay.
pub fn renew(
    tx: &Tx,
    id: TokenId,
    refresh: &str,
    scopes: &str,
    lifetime: Duration,
) -> Result<Issued> {
    let access = secret::token();
    let created_at = Timestamp::now();
    tokens::renew(
        tx,
        id,
        &secret::digest(&access),
        created_at,
        created_at.plus(lifetime),
    )?;
    Ok(Issued {
        id,
        access,
        refresh: refresh.to_owned(),
        scopes: scopes.to_owned(),
        created_at,
        lifetime,
    })
}

/// Makes a cookie's value that stands for a token.
pub fn open_session(tx: &Tx, token: TokenId) -> Result<String> {
    let cookie = secret::token();
    tokens::insert_cookie(tx, &secret::digest(&cookie), token)?;
    Ok(cookie)
}
