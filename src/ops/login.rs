//! Login: every way to a token of a user, and the one rule before each of them, [`admit`].
//!
//! Passwords are compared before (`web::passwords`): hashing takes long, and no transaction waits for it. What else
//! decides is asked here, in the transaction that writes the token.

pub mod second_factor;

use std::time::Duration;

use crate::auth::scope::Scopes;
use crate::auth::{pkce, sealed, secret};
use crate::clock::Timestamp;
use crate::db::apps::AppRow;
use crate::db::codes::{self, CodeRow};
use crate::db::users::{self, Standing, UserRow};
use crate::db::{Tx, push_subscriptions, tokens};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::apps::{self, Client};
use crate::ops::sessions::Rules;
use crate::ops::tokens::{Issued, issue, renew};
use second_factor::Halted;

/// What the settings say about logins.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Who may be heard.
    pub rules: Rules,
    /// How long a token lives.
    pub token_lifetime: Duration,
    /// How long a code waits to be exchanged.
    pub code_lifetime: Duration,
}

/// What comes of a login. Refusals that change something are no errors: the change must be kept.
pub enum Outcome {
    /// A token.
    In(Granted),
    /// The password was right; this names the login while it waits for the second factor.
    SecondFactor(String),
    /// Wrong client, password, code or scopes. Which of them is not told.
    Refused,
}

/// A token, and whose it is.
pub struct Granted {
    /// The token.
    pub token: Issued,
    /// `None`: the application's own.
    pub account: Option<AccountId>,
}

/// Whether that user may log in at all: approved, confirmed where the settings demand it, neither switched off nor
/// waiting for a new password. Every grant asks, and every request with a token asks the same (`ops::sessions`).
pub fn admit(user: &UserRow, rules: Rules) -> Result<()> {
    let (error, identifier) = match user.flags.standing(rules.activation_required) {
        Standing::Active => return Ok(()),
        Standing::Deactivated => ("Your account is currently disabled", "account_is_disabled"),
        Standing::ResetPending => ("Password reset is required", "password_reset_required"),
        Standing::ApprovalPending => ("Your account is awaiting approval.", "awaiting_approval"),
        Standing::ConfirmationPending => (
            "Your login is missing a confirmed e-mail address",
            "missing_confirmed_email",
        ),
    };
    Err(Error::LoginRefused { error, identifier })
}

/// The scopes that a user gets: what was asked for, or all of the application's. `None` when the application may not
/// ask for them, or when nothing is left of what was said. Admin scopes are for admins; others lose them silently,
/// because clients ask for them always (pleroma-contract B.11).
pub fn scopes_for(app: &AppRow, asked: Option<&Scopes>, is_admin: bool) -> Option<Scopes> {
    let offered = Scopes::parse(&app.scopes);
    let granted = match asked {
        None => offered,
        Some(asked) if asked.is_empty() || !asked.subset_of(&offered) => return None,
        Some(asked) => asked.clone(),
    };
    Some(if is_admin {
        granted
    } else {
        granted.without_admin()
    })
}

/// The `password` grant, for a user whose password was right a moment ago.
pub fn with_password(
    tx: &Tx,
    terms: Terms,
    client: &Client,
    verified: &UserRow,
    asked: Option<&Scopes>,
) -> Result<Outcome> {
    let Some(app) = apps::authenticate(tx, client)? else {
        return Ok(Outcome::Refused);
    };
    let Some(user) = still_right(tx, verified)? else {
        return Ok(Outcome::Refused);
    };
    admit(&user, terms.rules)?;
    let Some(scopes) = scopes_for(&app, asked, user.is_admin) else {
        return Ok(Outcome::Refused);
    };
    let scopes = scopes.to_string();
    if user.mfa {
        let login = Halted {
            account: user.id,
            app: app.id,
            scopes,
            page: None,
        };
        return second_factor::wait(tx, login).map(Outcome::SecondFactor);
    }
    let token = issue(
        tx,
        Some(app.id),
        Some(user.id),
        &scopes,
        terms.token_lifetime,
    )?;
    Ok(granted(token, Some(user.id)))
}

/// The `client_credentials` grant: a token for the application itself.
pub fn as_application(tx: &Tx, terms: Terms, client: &Client) -> Result<Outcome> {
    let Some(app) = apps::authenticate(tx, client)? else {
        return Ok(Outcome::Refused);
    };
    let token = issue(tx, Some(app.id), None, &app.scopes, terms.token_lifetime)?;
    Ok(granted(token, None))
}

/// What a client shows to exchange a code.
pub struct Exchange<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it was sent; clients that leave it out are believed.
    pub redirect_uri: Option<&'a str>,
    /// PKCE.
    pub verifier: Option<&'a str>,
}

/// The `authorization_code` grant. A code works once: its second use ends the token that it made, because one of the two
/// users stole it (RFC 6749, 4.1.2).
pub fn with_code(tx: &Tx, terms: Terms, client: &Client, shown: &Exchange) -> Result<Outcome> {
    let Some(app) = apps::authenticate(tx, client)? else {
        return Ok(Outcome::Refused);
    };
    let found = codes::by_hash(tx, &secret::digest(shown.code))?;
    let Some(code) = found.filter(|code| code.app == app.id) else {
        return Ok(Outcome::Refused);
    };
    if let Some(token) = code.used_for {
        tokens::delete(tx, token)?;
        return Ok(Outcome::Refused);
    }
    let same_target = shown
        .redirect_uri
        .is_none_or(|uri| uri == code.redirect_uri);
    let user = users::by_id(tx, code.account)?;
    let (true, true, Some(user)) = (same_target, is_proven(&code, shown.verifier), user) else {
        return Ok(Outcome::Refused);
    };
    admit(&user, terms.rules)?;
    let token = issue(
        tx,
        Some(app.id),
        Some(user.id),
        &code.scopes,
        terms.token_lifetime,
    )?;
    codes::mark_used(tx, &code.hash, token.id)?;
    Ok(granted(token, Some(user.id)))
}

/// A verifier without a challenge is refused too: somebody took the challenge away (RFC 9700, 2.1.1).
fn is_proven(code: &CodeRow, verifier: Option<&str>) -> bool {
    match (&code.challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => pkce::verify(challenge, verifier),
        _ => false,
    }
}

/// The `refresh_token` grant: the old access token dies, the refresh token stays (pleroma-contract B.3).
/// `sealing` seals the new one for push messages, which carry it.
pub fn with_refresh(
    tx: &Tx,
    terms: Terms,
    client: &Client,
    refresh: &str,
    sealing: &sealed::Key,
) -> Result<Outcome> {
    let Some(app) = apps::authenticate(tx, client)? else {
        return Ok(Outcome::Refused);
    };
    let found = tokens::by_refresh(tx, &secret::digest(refresh))?;
    let Some(token) = found.filter(|token| token.app == Some(app.id)) else {
        return Ok(Outcome::Refused);
    };
    if let Some(account) = token.account {
        let Some(user) = users::by_id(tx, account)? else {
            return Ok(Outcome::Refused);
        };
        admit(&user, terms.rules)?;
    }
    let renewed = renew(tx, token.id, refresh, &token.scopes, terms.token_lifetime)?;
    let bound = token.id.to_string();
    let shown = sealed::seal(sealing, &bound, renewed.access.clone().into_bytes());
    push_subscriptions::set_sealed_token(tx, token.id, &shown)?;
    Ok(granted(renewed, token.account))
}

/// What a person agreed to on the consent page.
pub struct Consent<'a> {
    /// The application that asked.
    pub app: &'a AppRow,
    /// Where the code is sent: checked against the application's list by the caller.
    pub redirect_uri: &'a str,
    /// What was granted.
    pub scopes: &'a Scopes,
    /// PKCE, `S256`.
    pub challenge: Option<&'a str>,
}

/// How the person on the page proved who it is.
pub enum Proof<'a> {
    /// With the session of the browser, which began with a whole login.
    Session(AccountId),
    /// With a password that was right a moment ago.
    Password(&'a UserRow),
}

/// What comes of a consent.
pub enum Consented {
    /// A code for the application.
    Code(String),
    /// The password was right; this names the login while it waits for the second factor.
    SecondFactor(String),
}

/// Makes a code for a user who was asked.
pub fn consent(tx: &Tx, terms: Terms, proof: &Proof, to: &Consent) -> Result<Consented> {
    let user = match proof {
        Proof::Session(account) => users::by_id(tx, *account)?,
        Proof::Password(verified) => still_right(tx, verified)?,
    };
    let user = user.ok_or(Error::InvalidCredentials)?;
    admit(&user, terms.rules)?;
    if user.mfa && matches!(proof, Proof::Password(_)) {
        let login = Halted {
            account: user.id,
            app: to.app.id,
            scopes: to.scopes.to_string(),
            page: Some((to.redirect_uri, to.challenge)),
        };
        return second_factor::wait(tx, login).map(Consented::SecondFactor);
    }
    let code = secret::token();
    codes::insert(
        tx,
        &CodeRow {
            hash: secret::digest(&code),
            app: to.app.id,
            account: user.id,
            redirect_uri: to.redirect_uri.to_owned(),
            scopes: to.scopes.to_string(),
            challenge: to.challenge.map(str::to_owned),
            expires_at: Timestamp::now().plus(terms.code_lifetime),
            used_for: None,
        },
    )?;
    Ok(Consented::Code(code))
}

/// Ends what a token stands for; a refresh token ends its access token. Whoever names an application must prove to be
/// it and the token must be its own; a token alone is proof enough.
pub fn revoke(tx: &Tx, client: Option<&Client>, token: &str) -> Result<()> {
    let app = match client {
        None => None,
        Some(client) => match apps::authenticate(tx, client)? {
            Some(app) => Some(app.id),
            None => return Ok(()),
        },
    };
    let Some(found) = tokens::by_either(tx, &secret::digest(token))? else {
        return Ok(());
    };
    if app.is_none() || app == found.app {
        tokens::delete(tx, found.id)?;
    }
    Ok(())
}

fn granted(token: Issued, account: Option<AccountId>) -> Outcome {
    Outcome::In(Granted { token, account })
}

/// The user as it is now, if the password that was right is still the password.
fn still_right(tx: &Tx, verified: &UserRow) -> Result<Option<UserRow>> {
    let now = users::by_id(tx, verified.id)?;
    Ok(now.filter(|now| now.password_hash == verified.password_hash))
}
