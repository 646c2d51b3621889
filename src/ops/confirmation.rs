//! Confirmation of e-mail addresses.

use crate::auth::secret;
use crate::db::users::UserRow;
use crate::db::{Tx, users};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mail::Site;
use crate::ops::mails;

/// Confirms by the link's token, which works once.
pub fn confirm(tx: &Tx, id: AccountId, token: &str) -> Result<()> {
    if !users::is_confirmation_token(tx, id, &secret::digest(token))? {
        return Err(Error::BadRequest(
            "This confirmation link is not valid".into(),
        ));
    }
    users::confirm(tx, id)
}

/// Mails a new link to somebody who has not confirmed yet; the link before it ends. Others get nothing.
pub fn resend(tx: &Tx, site: &Site, user: &UserRow) -> Result<()> {
    let Some(email) = user.email.as_deref().filter(|_| is_awaited(user)) else {
        return Ok(());
    };
    let token = secret::token();
    users::set_confirmation_token(tx, user.id, &secret::digest(&token))?;
    let id = user.id.to_string();
    mails::send(tx, &site.confirmation(email, &user.username, &id, &token))
}

fn is_awaited(user: &UserRow) -> bool {
    user.flags.confirmation_pending && !user.flags.deactivated
}
