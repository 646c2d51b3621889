//! The second step of a login: the password was right, and a code is awaited.

use std::time::Duration;

use rusqlite::Connection;

use super::{Outcome, Terms, admit, granted};
use crate::auth::secret;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::db::codes::{self, CodeRow};
use crate::db::mfa_tokens::{self, MfaTokenRow};
use crate::db::users::{self, UserRow};
use crate::error::Result;
use crate::ids::{AccountId, AppId};
use crate::ops::apps::{self, Client};
use crate::ops::mfa::{self, Factor};
use crate::ops::tokens::issue;

/// How long a login waits for its code (pleroma-contract B.6).
const WAIT: Duration = Duration::from_secs(300);

/// So many wrong codes end a login, whatever the limits on guessing say.
const MOST_ATTEMPTS: i64 = 5;

/// A login that may go on with a code.
pub(super) struct Halted<'a> {
    pub account: AccountId,
    pub app: AppId,
    pub scopes: String,
    /// Of the authorize page: where its code goes, and PKCE.
    pub page: Option<(&'a str, Option<&'a str>)>,
}

/// Lets a login wait; the answer names it.
pub(super) fn wait(tx: &Tx, login: Halted) -> Result<String> {
    let token = secret::token();
    mfa_tokens::insert(
        tx,
        &MfaTokenRow {
            hash: secret::digest(&token),
            account: login.account,
            app: login.app,
            scopes: login.scopes,
            redirect_uri: login.page.map(|(uri, _)| uri.to_owned()),
            challenge: login.page.and_then(|(_, pkce)| pkce.map(str::to_owned)),
            attempts: 0,
            expires_at: Timestamp::now().plus(WAIT),
        },
    )?;
    Ok(token)
}

/// A code, and the login that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Names the login.
    pub mfa_token: &'a str,
    /// What kind of code it is.
    pub factor: Factor,
    /// The code.
    pub code: &'a str,
}

/// The login that waits under that name.
pub fn waiting(db: &Connection, mfa_token: &str) -> Result<Option<MfaTokenRow>> {
    mfa_tokens::by_hash(db, &secret::digest(mfa_token))
}

/// Ends a login through the API with a token. One that began on the authorize page ends there: its code may be bound by
/// PKCE, and the browser is where it belongs.
pub fn into_token(tx: &Tx, terms: Terms, client: &Client, with: Attempt) -> Result<Outcome> {
    let app = apps::authenticate(tx, client)?.map(|app| app.id);
    let login = waiting(tx, with.mfa_token)?
        .filter(|login| Some(login.app) == app && login.redirect_uri.is_none());
    let Some(login) = login else {
        return Ok(Outcome::Refused);
    };
    let Some(user) = proven(tx, terms, &login, with)? else {
        return Ok(Outcome::Refused);
    };
    let token = issue(
        tx,
        Some(login.app),
        Some(user.id),
        &login.scopes,
        terms.token_lifetime,
    )?;
    Ok(granted(token, Some(user.id)))
}

/// Ends a login in the browser with a code for the application, sent to `redirect_uri`: one of its own, as the caller
/// checked. `None`: the code of the second factor is wrong, or nothing waits.
pub fn into_code(
    tx: &Tx,
    terms: Terms,
    redirect_uri: &str,
    with: Attempt,
) -> Result<Option<String>> {
    let Some(login) = waiting(tx, with.mfa_token)? else {
        return Ok(None);
    };
    let Some(user) = proven(tx, terms, &login, with)? else {
        return Ok(None);
    };
    let code = secret::token();
    codes::insert(
        tx,
        &CodeRow {
            hash: secret::digest(&code),
            app: login.app,
            account: user.id,
            redirect_uri: redirect_uri.to_owned(),
            scopes: login.scopes,
            challenge: login.challenge,
            expires_at: Timestamp::now().plus(terms.code_lifetime),
            used_for: None,
        },
    )?;
    Ok(Some(code))
}

/// The user, if the code is right; the wait is over then. Wrong codes are counted.
fn proven(tx: &Tx, terms: Terms, login: &MfaTokenRow, with: Attempt) -> Result<Option<UserRow>> {
    let Some(user) = users::by_id(tx, login.account)? else {
        return Ok(None);
    };
    admit(&user, terms.rules)?;
    if mfa::redeem(tx, user.id, with.factor, with.code)? {
        mfa_tokens::delete(tx, &login.hash)?;
        return Ok(Some(user));
    }
    if login.attempts + 1 < MOST_ATTEMPTS {
        mfa_tokens::count_attempt(tx, &login.hash)?;
    } else {
        mfa_tokens::delete(tx, &login.hash)?;
    }
    Ok(None)
}
