//! Pins on one's own profile.

use crate::db::visibility::Visibility;
use crate::db::{Tx, pins, statuses};
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};

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
    pins::insert(tx, me, status.id)?;
    Ok(status.id)
}

/// Unpins a status.
pub fn remove(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?;
    pins::delete(tx, me, status.id)?;
    Ok(status.id)
}
