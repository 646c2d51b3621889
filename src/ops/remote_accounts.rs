//! Accounts elsewhere: how they come to be known here, and are kept up to date.

use std::time::Duration;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::db::remote_accounts::{self, RemoteAccount};
use crate::db::{Tx, account_keys, accounts, domain_policies, jobs};
use crate::error::Result;
use crate::ids::AccountId;

/// The job that reads what an account shows of itself.
pub const LOOK_AROUND: &str = "look_around";

/// Counts and pinned posts are read again after so long.
const STALE: Duration = Duration::from_secs(86_400);

/// What the job is to read.
#[derive(Deserialize, Serialize)]
pub struct LookAround {
    /// Whose.
    pub account: AccountId,
    /// The newest posts too.
    pub posts: bool,
}

/// Has counts, pinned posts and, if wanted, the newest posts of an account read in the background; without posts at most once
/// a day. What lives here needs no reading.
pub fn look_around(tx: &Tx, account: AccountId, posts: bool) -> Result<()> {
    let now = Timestamp::now();
    let since = match posts {
        true => now,
        false => now.minus(STALE),
    };
    match remote_accounts::look_at(tx, account, since)? {
        true => jobs::push(tx, LOOK_AROUND, &LookAround { account, posts }),
        false => Ok(()),
    }
}

/// Whether [`look_around`] would have anything read.
pub fn is_unread(db: &Connection, account: AccountId) -> Result<bool> {
    let looked_at = remote_accounts::looked_at(db, account)?;
    Ok(looked_at < Some(Timestamp::now().minus(STALE)))
}

/// Stores what an actor says of itself. `verified`: its server said that the name is its; then the name is taken from
/// whoever had it. An unverified actor whose name is another's gets one that tells it from that.
pub fn store(
    tx: &Tx,
    account: &RemoteAccount,
    keys: &[(String, String)],
    verified: bool,
) -> Result<AccountId> {
    let mut account = account.clone();
    let host = domain_policies::authority(&account.uri);
    let policy = domain_policies::of(tx, &[&account.host, host])?;
    account.suspended |= policy.suspended;
    if policy.reject_media {
        (account.avatar, account.header) = (None, None);
    }
    let holder = accounts::by_handle(tx, &account.username, &account.host)?;
    if holder.is_some_and(|holder| holder.uri != account.uri) {
        match verified {
            true => remote_accounts::free_name(tx, &account.username, &account.host, &account.uri)?,
            false => account.username = other_name(&account),
        }
    }
    let id = remote_accounts::put(tx, &account)?;
    for (key, pem) in keys {
        if !account_keys::put_remote(tx, key, id, pem)? {
            log::warn!("{} shows a key that is another's: {key}", account.uri);
        }
    }
    Ok(id)
}

/// A name made of the actor id: nobody else has it.
fn other_name(account: &RemoteAccount) -> String {
    let digest = crate::auth::secret::digest(&account.uri);
    let short = data_encoding::HEXLOWER.encode(&digest[..8]);
    let name: String = account.username.chars().take(40).collect();
    format!("{name}-{short}")
}
