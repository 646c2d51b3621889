//! CredentialAccount: the own account, with what only its owner sees (mastodon-api 2.4).

use serde::Serialize;

use super::View;
use super::account::{self, Account};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// CredentialAccount.
#[derive(Serialize)]
pub struct CredentialAccount {
    #[serde(flatten)]
    account: Account,
}

/// Loads the own account.
pub fn load(view: &View, me: AccountId) -> Result<CredentialAccount> {
    let row = db::accounts::by_id(view.db, me)?.ok_or(Error::record())?;
    Ok(CredentialAccount {
        account: account::build(&row, view.house, view.admin),
    })
}
