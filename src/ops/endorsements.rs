//! Endorsements: whom somebody recommends on the profile.

use super::follows::known_or_ended;
use crate::db::{Tx, accounts, endorsements, follows};
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// Recommends an account that one follows.
pub fn endorse(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    let target = accounts::visible(tx, target)?.id;
    match follows::find(tx, me, target)? {
        Some(follow) if !follow.pending => endorsements::insert(tx, me, target),
        _ => Err(Error::Invalid(
            "You must be following the person you want to endorse".into(),
        )),
    }
}

/// Takes a recommendation back, if there is one.
pub fn unendorse(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    let ended = endorsements::delete(tx, me, target)?;
    known_or_ended(tx, target, ended)
}
