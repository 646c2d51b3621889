//! Follows that only one of two servers knows of (federation.md 9.6).

use serde::{Deserialize, Serialize};

use super::follows;
use super::outgoing::{self, Outgoing};
use crate::db::{Tx, accounts, follows as rows, jobs};
use crate::error::Result;
use crate::ids::{self, AccountId};

/// The job that asks for the list.
pub const JOB: &str = "synchronize_followers";

/// Whose followers are compared, and where the list is.
#[derive(Debug, Deserialize, Serialize)]
#[expect(missing_docs, reason = "said above")]
pub struct Comparison {
    pub account: AccountId,
    pub url: String,
}

/// Has the list asked for, if that does not wait already.
pub fn ask(tx: &Tx, comparison: &Comparison) -> Result<()> {
    match jobs::waits(tx, JOB, comparison)? {
        true => Ok(()),
        false => jobs::push(tx, JOB, comparison),
    }
}

/// Ends follows of an account elsewhere that its server does not list, and has those ended there that it lists and we do not
/// know.
pub fn settle(tx: &Tx, account: AccountId, listed: &[String]) -> Result<()> {
    let ours = rows::local_followers(tx, account)?;
    for (follower, uri) in &ours {
        if !listed.contains(uri) {
            follows::refused(tx, *follower, account)?;
        }
    }
    for uri in listed {
        if ours.iter().any(|(_, known)| known == uri) {
            continue;
        }
        let Some(local) = accounts::by_uri(tx, uri)?.filter(|local| local.is_local()) else {
            continue;
        };
        // A request that was not answered yet is none of this.
        if rows::find(tx, local.id, account)?.is_none() {
            let undo = Outgoing::UndoFollow {
                account: local.id,
                target: account,
                row: ids::next(),
            };
            outgoing::push(tx, &undo)?;
        }
    }
    Ok(())
}
