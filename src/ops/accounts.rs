//! Accounts: how they come to be.

use crate::db::users::NewUser;
use crate::db::{Tx, accounts, users};
use crate::error::Result;
use crate::ids::AccountId;

/// What a new local account begins with. Names and addresses are checked by the caller (`auth::names`).
pub struct NewAccount<'a> {
    /// Folded.
    pub username: &'a str,
    /// Checked form.
    pub email: Option<&'a str>,
    /// bcrypt.
    pub password_hash: &'a str,
    /// Full rights.
    pub is_admin: bool,
    /// Waits for an admin.
    pub approval_pending: bool,
    /// SHA-256 of the token in the confirmation link, if it must confirm.
    pub confirmation_token: Option<&'a [u8]>,
    /// Why it wants to be here.
    pub reason: Option<&'a str>,
}

/// Makes an account and its user. The key pair is made when it is first needed.
pub fn create(tx: &Tx, base: &crate::config::BaseUrl, new: &NewAccount) -> Result<AccountId> {
    let id = AccountId::new();
    let uri = format!("{base}/users/{}", new.username);
    accounts::insert_local(tx, id, new.username, &uri, &uri)?;
    users::insert(
        tx,
        &NewUser {
            id,
            email: new.email,
            password_hash: new.password_hash,
            is_admin: new.is_admin,
            approval_pending: new.approval_pending,
            confirmation_token: new.confirmation_token,
            reason: new.reason,
        },
    )?;
    users::refresh_visibility(tx, id)?;
    Ok(id)
}
