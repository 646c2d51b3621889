//! Password resets: the link, and the new password that it allows once.

use std::time::Duration;

use rusqlite::Connection;

use crate::auth::secret;
use crate::clock::Timestamp;
use crate::db::users::UserRow;
use crate::db::{Tx, password_resets};
use crate::error::Result;
use crate::ids::AccountId;
use crate::mail::Site;
use crate::ops::{mails, users};

/// How long a link works.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Mails a link to a user who has an address and may be let in again by its owner.
pub fn request(tx: &Tx, site: &Site, user: &UserRow) -> Result<()> {
    let Some(email) = user.email.as_deref().filter(|_| !user.flags.deactivated) else {
        return Ok(());
    };
    let token = issue(tx, user.id)?;
    mails::send(tx, &site.password_reset(email, &user.username, &token))
}

/// Makes a link's token; shown this once.
pub fn issue(tx: &Tx, account: AccountId) -> Result<String> {
    let token = secret::token();
    let expires_at = Timestamp::now().plus(LIFETIME);
    password_resets::insert(tx, &secret::digest(&token), account, expires_at)?;
    Ok(token)
}

/// Whether a link still works.
pub fn is_valid(db: &Connection, token: &str) -> Result<bool> {
    Ok(password_resets::account(db, &secret::digest(token))?.is_some())
}

/// Sets the new password, if the link still works: it and all others of the account end, and so does every session.
pub fn redeem(tx: &Tx, token: &str, password_hash: &str) -> Result<bool> {
    let Some(account) = password_resets::account(tx, &secret::digest(token))? else {
        return Ok(false);
    };
    users::set_password(tx, account, password_hash)?;
    Ok(true)
}
