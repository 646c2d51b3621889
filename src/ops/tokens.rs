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
