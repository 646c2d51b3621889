//! Favourites.

use super::notifications::{self, Kind};
use super::outgoing::{self, Outgoing};
use crate::db::visibility::Visibility;
use crate::db::{Tx, favourites, statuses};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Favourites a status and tells its author, once. Returns the status meant, which a reblog only wraps.
pub fn add(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    add_from(tx, me, id, None)
}

/// As [`add`]; `uri` is the id of the Like, of one from elsewhere.
pub fn add_from(tx: &Tx, me: AccountId, id: StatusId, uri: Option<&str>) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?;
    if let Some(row) = favourites::insert(tx, me, status.id, uri)? {
        let public = status.visibility == Visibility::Public;
        outgoing::push_if_remote(tx, me, &[status.account], public, || Outgoing::Like {
            account: me,
            status: status.id,
            row,
        })?;
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
    if let Some(row) = favourites::delete(tx, me, status.id)? {
        let public = status.visibility == Visibility::Public;
        outgoing::push_if_remote(tx, me, &[status.account], public, || Outgoing::UndoLike {
            account: me,
            status: status.id,
            row,
        })?;
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
