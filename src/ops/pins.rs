//! Pins on one's own profile.

use crate::db::visibility::Visibility;
use crate::db::{Tx, pins, statuses};
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::ops::outgoing::{self, Outgoing};

/// Pins a status of one's own that everybody may see, up to `most` of them.
pub fn add(tx: &Tx, me: AccountId, id: StatusId, most: u32) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?;
    let is_open = matches!(status.visibility, Visibility::Public | Visibility::Unlisted);
    if status.account != me || !is_open {
        return Err(Error::BadRequest("Could not pin".into()));
    }
    if pins::count_beside(tx, me, status.id)? >= i64::from(most) {
        return Err(Error::BadRequest(
            "You have already pinned the maximum number of statuses".into(),
        ));
    }
    if pins::insert(tx, me, status.id)? {
        tell(tx, me, status.id, true)?;
    }
    Ok(status.id)
}

/// Unpins a status.
pub fn remove(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?;
    if pins::delete(tx, me, status.id)? {
        tell(tx, me, status.id, false)?;
    }
    Ok(status.id)
}

fn tell(tx: &Tx, account: AccountId, status: StatusId, is_pinned: bool) -> Result<()> {
    outgoing::push_if_remote(tx, account, &[], true, || Outgoing::Pin {
        account,
        status,
        is_pinned,
    })
}

/// Pins that are taken of one account elsewhere.
const MOST_ELSEWHERE: i64 = 20;

/// Somebody elsewhere pins a post of theirs that everybody may see; what is none, or too many, changes nothing.
pub fn add_from(tx: &Tx, from: AccountId, id: StatusId) -> Result<()> {
    let Some(status) = statuses::by_ids(tx, &[id])?.pop() else {
        return Ok(());
    };
    let fits = status.account == from
        && status.reblog_of.is_none()
        && status.visibility <= Visibility::Unlisted
        && pins::count_beside(tx, from, id)? < MOST_ELSEWHERE;
    match fits {
        true => pins::insert(tx, from, id).map(drop),
        false => Ok(()),
    }
}

/// Somebody elsewhere unpins a post.
pub fn remove_from(tx: &Tx, from: AccountId, id: StatusId) -> Result<()> {
    pins::delete(tx, from, id).map(drop)
}
