//! A name and a password, with the limits on guessing: the one place where passwords of callers are compared.

use std::net::IpAddr;

use super::ctx::Ctx;
use super::rate::{Class, Who};
use crate::app::App;
use crate::db::users::{self, UserRow};
use crate::error::Result;

/// The user with that name or e-mail address, if it is the right password. Answers 429 after too many wrong ones for the
/// name, from whatever address. Hold no transaction: this hashes. Counting the address is the route's affair.
pub fn check(app: &App, name: &str, password: &str) -> Result<Option<UserRow>> {
    let user = app.db().read(|db| users::by_name_or_email(db, name))?;
    guess(app, user, name, password)
}

/// The calling user, if the request's `password` is the right one; a missing one is wrong.
pub fn confirm(cx: &Ctx) -> Result<Option<UserRow>> {
    let name = &cx.me()?.username;
    check(
        cx.app,
        name,
        &cx.params.text("password").unwrap_or_default(),
    )
}

/// As [`check`], for a user already looked up, with the address counted.
pub(super) fn compare(
    app: &App,
    user: Option<UserRow>,
    name: &str,
    password: &str,
    address: IpAddr,
) -> Result<Option<UserRow>> {
    app.limiter().take(Class::Login, Who::address(address))?;
    guess(app, user, name, password)
}

fn guess(app: &App, user: Option<UserRow>, name: &str, password: &str) -> Result<Option<UserRow>> {
    // By the name as given, so that a limit never tells which address belongs to which name.
    let account = Who::Name(name.to_lowercase());
    app.limiter().check(Class::Account, account.clone())?;
    let right = match &user {
        Some(user) => app.hasher().verify(password, &user.password_hash),
        // The same work as for a known name, so that time tells nothing (security.md O6).
        None => app.hasher().dummy_verify(password),
    };
    if right {
        return Ok(user);
    }
    app.limiter().take(Class::Account, account)?;
    Ok(None)
}
