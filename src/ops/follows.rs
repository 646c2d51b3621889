//! Follows: asking, consenting, ending, and what that does to the home timeline.

use super::notifications::{self, Kind};
use super::outgoing::{self, Outgoing};
use super::remote_accounts;
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
            outgoing::push_if_remote(tx, me, &[target.id], false, || Outgoing::Follow {
                account: me,
                target: target.id,
                row: row.id,
            })?;
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
    if let Some((row, uri)) = &ended {
        stands(tx, follower, target, FollowState::Rejected);
        told_of_end(tx, follower, target, row, uri.as_deref())?;
    }
    relationships::unsubscribe(tx, follower, target)?;
    notifications::withdraw(tx, Kind::FollowRequest, target, follower, None, None)?;
    home::remove_author(tx, follower, target)?;
    Ok(ended.is_some())
}

/// Whichever of the two lives elsewhere hears that the follow has ended, if it was not who said so.
fn told_of_end(
    tx: &Tx,
    follower: AccountId,
    target: AccountId,
    row: &FollowRow,
    uri: Option<&str>,
) -> Result<()> {
    outgoing::push_if_remote(tx, follower, &[target], false, || Outgoing::UndoFollow {
        account: follower,
        target,
        row: row.id,
    })?;
    outgoing::push_if_remote(tx, target, &[follower], false, || Outgoing::AnswerFollow {
        account: target,
        follower,
        uri: uri.map(str::to_owned),
        accepted: false,
    })
}

/// Somebody elsewhere asks to follow `target`, by the Follow of that id. Asking again is answered again; whoever is blocked
/// is refused.
pub fn asked(tx: &Tx, from: AccountId, target: &AccountRow, uri: Option<&str>) -> Result<()> {
    let answer = |accepted| Outgoing::AnswerFollow {
        account: target.id,
        follower: from,
        uri: uri.map(str::to_owned),
        accepted,
    };
    let is_unwanted = match accounts::by_id(tx, from)? {
        Some(from) => blocks::is_host_blocked(tx, target.id, &from.host)?,
        None => true,
    };
    if is_unwanted || may_follow(tx, from, target).is_err() {
        return outgoing::push(tx, &answer(false));
    }
    let row = match follows::find(tx, from, target.id)? {
        Some(row) => row,
        None => {
            let row = follows::insert(tx, from, target.id, target.locked)?;
            match row.pending {
                true => notifications::push(tx, Kind::FollowRequest, target.id, from, None, None)?,
                false => begun(tx, from, target.id)?,
            }
            row
        }
    };
    follows::set_uri(tx, row.id, uri)?;
    match row.pending {
        true => Ok(()),
        false => outgoing::push(tx, &answer(true)),
    }
}

/// Somebody elsewhere consents to a request of ours. Without one nothing happens (security.md A7).
pub fn granted(tx: &Tx, me: AccountId, by: AccountId) -> Result<()> {
    match follows::accept(tx, me, by)? {
        true => {
            stands(tx, me, by, FollowState::Accepted);
            remote_accounts::look_around(tx, by, true)?;
            home::backfill(tx, me, by)
        }
        false => Ok(()),
    }
}

/// Somebody elsewhere refuses a request of ours, or ends what had become of it.
pub fn refused(tx: &Tx, me: AccountId, by: AccountId) -> Result<()> {
    if follows::remove(tx, me, by)?.is_some() {
        stands(tx, me, by, FollowState::Rejected);
        relationships::unsubscribe(tx, me, by)?;
        home::remove_author(tx, me, by)?;
    }
    Ok(())
}

/// Somebody elsewhere does not follow one of us any more.
pub fn left(tx: &Tx, from: AccountId, target: AccountId) -> Result<()> {
    follows::remove(tx, from, target)?;
    notifications::withdraw(tx, Kind::FollowRequest, target, from, None, None)
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
    let uri = follows::uri(tx, follower, me)?;
    outgoing::push_if_remote(tx, me, &[follower], false, || Outgoing::AnswerFollow {
        account: me,
        follower,
        uri,
        accepted: true,
    })?;
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
