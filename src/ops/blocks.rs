//! Blocks and mutes: whom somebody does not want to meet, or not to read.

use std::time::Duration;

use super::follows::{end, known_or_ended};
use crate::clock::Timestamp;
use crate::db::conversations::listing as conversations;
use crate::db::{Tx, accounts, blocks, home, mutes};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::outgoing::{self, Outgoing};

/// No mute with an end lasts longer.
const LONGEST_MUTE: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Blocks an account: follows, requests and subscriptions end both ways, and neither meets the other at home.
pub fn block(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    if me == target {
        return Err(Error::BadRequest("Can not block yourself".into()));
    }
    let target = accounts::visible(tx, target)?.id;
    if let Some(row) = keep(tx, me, target, None)? {
        outgoing::push_if_remote(tx, me, &[target], false, || Outgoing::Block {
            account: me,
            target,
            row,
        })?;
    }
    Ok(())
}

/// Somebody elsewhere blocks one of us, by the Block of that id. Nobody is told.
pub fn blocked_by(tx: &Tx, from: AccountId, target: AccountId, uri: Option<&str>) -> Result<()> {
    keep(tx, from, target, uri).map(drop)
}

/// Somebody elsewhere does not block one of us any more.
pub fn unblocked_by(tx: &Tx, from: AccountId, target: AccountId) -> Result<()> {
    blocks::remove(tx, from, target).map(drop)
}

/// Writes a block down, with all that it ends; `None` when it stood already, else its row.
fn keep(tx: &Tx, me: AccountId, target: AccountId, uri: Option<&str>) -> Result<Option<i64>> {
    let row = blocks::insert(tx, me, target, uri)?;
    for (one, other) in [(me, target), (target, me)] {
        end(tx, one, other)?;
        home::remove_author_wholly(tx, one, other)?;
    }
    conversations::mark_read_with(tx, me, target)?;
    Ok(row)
}

/// Lifts a block. What it ended stays ended.
pub fn unblock(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    let lifted = blocks::remove(tx, me, target)?;
    if let Some(row) = lifted {
        outgoing::push_if_remote(tx, me, &[target], false, || Outgoing::UndoBlock {
            account: me,
            target,
            row,
        })?;
    }
    known_or_ended(tx, target, lifted.is_some())
}

/// Mutes an account, its notifications too if wanted, for so many seconds or (0) for ever. Muting again changes the terms.
pub fn mute(
    tx: &Tx,
    me: AccountId,
    target: AccountId,
    notifications: bool,
    seconds: i64,
) -> Result<()> {
    if me == target {
        return Err(Error::BadRequest("Can not mute yourself".into()));
    }
    let target = accounts::visible(tx, target)?.id;
    let expires_at = u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map(|seconds| Timestamp::now().plus(Duration::from_secs(seconds).min(LONGEST_MUTE)));
    mutes::remove_expired(tx, me)?;
    mutes::put(tx, me, target, notifications, expires_at)
}

/// Lifts a mute.
pub fn unmute(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    let lifted = mutes::remove(tx, me, target)?;
    known_or_ended(tx, target, lifted)
}
