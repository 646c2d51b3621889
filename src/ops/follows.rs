//! Follows: asking, consenting, ending, and what that does to the home timeline.

use super::notifications::{self, Kind};
use crate::db::accounts::AccountRow;
use crate::db::follows::FollowRow;
use crate::db::{Tx, accounts, blocks, follows, home, relationships};
use crate::error::{Error, Result};
use crate::events::{Event, FollowState};
use crate::ids::AccountId;

/// What of the target somebody wants to see; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Reblogs at home.
    pub reblogs: Option<bool>,
    /// A notification of each post.
    pub notify: Option<bool>,
    /// Only these languages at home; an empty list means all.
    pub languages: Option<Vec<String>>,
}

/// Follows an account, or asks to where the owner must consent. Following again only changes the options.
pub fn follow(tx: &Tx, me: AccountId, target: AccountId, options: &Options) -> Result<()> {
    if me == target {
        return Err(Error::BadRequest("Can not follow yourself".into()));
    }
    let target = accounts::visible(tx, target)?;
    may_follow(tx, me, &target)?;
    let old = follows::find(tx, me, target.id)?;
    let row = match old {
        Some(row) => row,
        // Who lives elsewhere consents through a message from there.
        None => follows::insert(tx, me, target.id, target.locked || !target.is_local())?,
    };
    let languages = options
        .languages
        .as_ref()
        .map(serde_json::to_string)
        .transpose()?;
    follows::set_options(tx, row.id, options.reblogs, languages.as_deref())?;
    match options.notify {
        Some(true) => relationships::subscribe(tx, me, target.id)?,
        Some(false) => drop(relationships::unsubscribe(tx, me, target.id)?),
        None => {}
    }
    match old {
        None if row.pending => {
            stands(tx, me, target.id, FollowState::Pending);
            notifications::push(tx, Kind::FollowRequest, target.id, me, None, None)
        }
        None => begun(tx, me, target.id),
        Some(_) => Ok(()),
    }
}

fn may_follow(tx: &Tx, me: AccountId, target: &AccountRow) -> Result<()> {
    if blocks::exists(tx, target.id, me)? {
        return Err(Error::Forbidden(format!(
            "Could not follow user: {} is blocking you",
            target.acct()
        )));
    }
    if blocks::exists(tx, me, target.id)? {
        return Err(Error::Forbidden(format!(
            "Could not follow user: you are blocking {}",
            target.acct()
        )));
    }
    Ok(())
}

/// What an active follow brings with it: the target is told, and its posts appear at home.
fn begun(tx: &Tx, follower: AccountId, target: AccountId) -> Result<()> {
    stands(tx, follower, target, FollowState::Accepted);
    notifications::push(tx, Kind::Follow, target, follower, None, None)?;
    home::backfill(tx, follower, target)
}

/// Tells the follower's clients how a follow stands now.
fn stands(tx: &Tx, follower: AccountId, target: AccountId, state: FollowState) {
    tx.emit(Event::Relationship {
        follower,
        target,
        state,
    });
}

/// Ends a follow or withdraws the request, and the subscription with it.
pub fn unfollow(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    if me == target {
        return Err(Error::BadRequest("Can not unfollow yourself".into()));
    }
    let ended = end(tx, me, target)?;
    known_or_ended(tx, target, ended)
}

/// Ends a follow from either side; `false` when there was none.
pub(super) fn end(tx: &Tx, follower: AccountId, target: AccountId) -> Result<bool> {
    let ended = follows::remove(tx, follower, target)?;
    if ended {
        stands(tx, follower, target, FollowState::Rejected);
    }
    relationships::unsubscribe(tx, follower, target)?;
    notifications::withdraw(tx, Kind::FollowRequest, target, follower, None, None)?;
    home::remove_author(tx, follower, target)?;
    Ok(ended)
}

/// A tie to an account that is hidden by now can still be ended; without one, a hidden account is an unknown one.
pub(super) fn known_or_ended(tx: &Tx, target: AccountId, ended: bool) -> Result<()> {
    match accounts::by_id(tx, target)? {
        Some(account) if ended || !account.hidden => Ok(()),
        _ => Err(Error::record()),
    }
}

/// Consents to a follow request; 404 when there is none.
pub fn authorize(tx: &Tx, me: AccountId, follower: AccountId) -> Result<()> {
    if !follows::accept(tx, follower, me)? {
        return Err(Error::record());
    }
    follows::requests_become_follows(tx, follower, me)?;
    stands(tx, follower, me, FollowState::Accepted);
    home::backfill(tx, follower, me)
}

/// Refuses a follow request; 404 when there is none.
pub fn reject(tx: &Tx, me: AccountId, follower: AccountId) -> Result<()> {
    match follows::find(tx, follower, me)? {
        Some(FollowRow { pending: true, .. }) => end(tx, follower, me).map(drop),
        _ => Err(Error::record()),
    }
}

/// Consents to everybody who waits: the account is open to all from now on.
pub fn authorize_all(tx: &Tx, me: AccountId) -> Result<()> {
    for follower in follows::waiting(tx, me)? {
        authorize(tx, me, follower)?;
    }
    Ok(())
}

/// Ends somebody's follow of oneself.
pub fn remove_follower(tx: &Tx, me: AccountId, follower: AccountId) -> Result<()> {
    let ended = end(tx, follower, me)?;
    known_or_ended(tx, follower, ended)
}

/// Has oneself told of each new post of an account, followed or not (pleroma-contract 9).
pub fn subscribe(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    if me == target {
        return Err(Error::BadRequest("Can not subscribe to yourself".into()));
    }
    let target = accounts::visible(tx, target)?;
    if blocks::exists(tx, target.id, me)? {
        return Err(Error::Forbidden(format!(
            "Could not subscribe: {} is blocking you",
            target.acct()
        )));
    }
    relationships::subscribe(tx, me, target.id)
}

/// Ends a subscription.
pub fn unsubscribe(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    let ended = relationships::unsubscribe(tx, me, target)?;
    known_or_ended(tx, target, ended)
}
