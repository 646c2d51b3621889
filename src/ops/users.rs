//! Users: approving, switching off and on, passwords, deletion.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::auth::names;
use crate::clock::Timestamp;
use crate::db::{
    Tx, account_keys, audience, deliveries, follows as follow_rows, jobs, password_resets, tokens,
    users,
};
use crate::error::Result;
use crate::ids::AccountId;
use crate::mail::Site;
use crate::ops::outgoing::{self, Outgoing};
use crate::ops::{follows, mails};

/// Why a name or an address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Somebody has, or had, the name.
    Name,
    /// Somebody has the address.
    Email,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Taken::Name => "that name has already been taken",
            Taken::Email => "that e-mail address has already been taken",
        })
    }
}

/// Says whether a name and an address are free; the outer error is the database's.
pub fn free(
    tx: &Tx,
    username: &str,
    email: Option<&str>,
) -> Result<std::result::Result<(), Taken>> {
    Ok(match users::taken(tx, username, email)? {
        (true, _) => Err(Taken::Name),
        (_, true) => Err(Taken::Email),
        _ => Ok(()),
    })
}

/// Lets a waiting account in: the only way in for it, whatever the settings become. It is told by mail.
pub fn approve(tx: &Tx, site: &Site, id: AccountId) -> Result<()> {
    let Some(user) = users::by_id(tx, id)?.filter(|user| user.flags.approval_pending) else {
        return Ok(());
    };
    users::approve(tx, id)?;
    match &user.email {
        Some(email) => mails::send(tx, &site.approved(email, &user.username)),
        None => Ok(()),
    }
}

/// Switches an account off: hidden, its tokens mute. Its statuses stay.
pub fn deactivate(tx: &Tx, id: AccountId) -> Result<()> {
    users::set_deactivated(tx, id, true)
}

/// Switches the own account off: besides, it follows nobody here any more (pleroma-contract 5). Only an admin can switch it on.
pub fn disable(tx: &Tx, id: AccountId) -> Result<()> {
    for target in follow_rows::local_targets(tx, id)? {
        follows::end(tx, id, target)?;
    }
    deactivate(tx, id)
}

/// Replaces the e-mail address at once; links that were mailed to the old one end. The error is told to the person.
pub fn change_email(
    tx: &Tx,
    id: AccountId,
    email: &str,
) -> Result<std::result::Result<(), &'static str>> {
    if let Err(rule) = names::check_email(email) {
        return Ok(Err(rule));
    }
    if users::is_email_of_another(tx, id, email)? {
        return Ok(Err("has already been taken"));
    }
    users::set_email(tx, id, email)?;
    password_resets::delete_of(tx, id)?;
    Ok(Ok(()))
}

/// Switches an account on again.
pub fn activate(tx: &Tx, id: AccountId) -> Result<()> {
    users::set_deactivated(tx, id, false)
}

/// Replaces the password and ends every session, and every link that would replace it again.
pub fn set_password(tx: &Tx, id: AccountId, hash: &str) -> Result<()> {
    users::set_password(tx, id, hash)?;
    password_resets::delete_of(tx, id)?;
    tokens::delete_of(tx, id)
}

/// Deletes an account: shut at once, its belongings taken down by a job that survives a crash. The row stays, so that the
/// name is never handed out again; an account that nobody ever let in goes whole.
pub fn delete(tx: &Tx, id: AccountId) -> Result<()> {
    let waiting = users::by_id(tx, id)?
        .is_some_and(|user| user.flags.approval_pending || user.flags.confirmation_pending);
    if waiting && users::remove_unused(tx, id)? {
        return Ok(());
    }
    tokens::delete_of(tx, id)?;
    users::mark_deleted(tx, id)?;
    deliveries::cancel_of(tx, id)?;
    match audience::has_neighbours(tx)? {
        true => outgoing::push(tx, &Outgoing::DeleteActor { account: id })?,
        false => account_keys::remove_own(tx, id)?,
    }
    jobs::push(tx, "delete_account", &id)
}

/// The job that removes the key of a deleted account.
pub const FORGET_KEY: &str = "forget_key";

/// How long the key is kept for those who have not heard of the end (federation.md 9.7) …
const KEY_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// … and how often it is looked whether all of them have.
const LOOKED: Duration = Duration::from_secs(600);

/// What the job has to know.
#[derive(Deserialize, Serialize)]
pub struct KeyOfDeleted {
    /// Whose.
    pub account: AccountId,
    /// It is kept no longer. Milliseconds since 1970.
    pub until: i64,
}

/// The end of an account is on its way: when all have heard of it, its key goes.
pub fn forget_key_later(tx: &Tx, id: AccountId) -> Result<()> {
    let key = KeyOfDeleted {
        account: id,
        until: Timestamp::now().plus(KEY_KEPT).0,
    };
    jobs::push_at(tx, FORGET_KEY, &key, Timestamp::now().plus(LOOKED))
}

/// Removes the key of a deleted account if nobody waits for its last word, or has waited for too long; else looks again later.
pub fn forget_key(tx: &Tx, key: &KeyOfDeleted) -> Result<()> {
    let now = Timestamp::now();
    if now.0 < key.until && deliveries::are_waiting(tx, key.account)? {
        return jobs::push_at(tx, FORGET_KEY, key, now.plus(LOOKED));
    }
    deliveries::cancel_of(tx, key.account)?;
    account_keys::remove_own(tx, key.account)
}

/// Gives somebody another key pair, the public half as PEM, the private one as PKCS#8. The servers of the followers hear of it in a
/// word that the former key signs: it is the one they know. A key that was never needed is made when it is.
pub fn rotate_key(tx: &Tx, id: AccountId, public_pem: &str, private: &[u8]) -> Result<()> {
    match account_keys::replace_own(tx, id, public_pem, private)? {
        Some(former) => {
            let former = BASE64_STANDARD.encode(former);
            outgoing::push(
                tx,
                &Outgoing::NewKey {
                    account: id,
                    former,
                },
            )
        }
        None => Ok(()),
    }
}

/// Somebody elsewhere is gone: what we have of them goes, by the same job.
pub fn gone_elsewhere(tx: &Tx, id: AccountId) -> Result<()> {
    users::mark_deleted(tx, id)?;
    jobs::push(tx, "delete_account", &id)
}
