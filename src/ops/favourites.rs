//! Favourites.

use super::notifications::{self, Kind};
use crate::db::{Tx, favourites, statuses};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Favourites a status and tells its author, once. Returns the status meant, which a reblog only wraps.
pub fn add(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?;
    if favourites::insert(tx, me, status.id)? {
        notifications::push(
            tx,
            Kind::Favourite,
            status.account,
            me,
            Some(status.id),
            None,
        )?;
    }
    Ok(status.id)
}

/// Takes a favourite back, and what its author was told of it.
pub fn remove(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?;
    if favourites::delete(tx, me, status.id)? {
        notifications::withdraw(
            tx,
            Kind::Favourite,
            status.account,
            me,
            Some(status.id),
            None,
        )?;
    }
    Ok(status.id)
}
