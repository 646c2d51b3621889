//! `Block`: somebody elsewhere does not want to meet one of us.

use super::{Activity, Handled, Verdict};
use crate::db::accounts;
use crate::ops::blocks;

/// Follows end both ways, and neither sees the other. Nobody is told.
pub fn block(activity: &Activity) -> Handled {
    let Some(object) = activity.object_id() else {
        return Ok(Verdict::Ignored("a Block of nobody"));
    };
    let target = activity.app.db().read(|db| accounts::by_uri(db, object))?;
    match target.filter(|target| target.is_local()) {
        Some(target) => {
            activity.apply(|tx| blocks::blocked_by(tx, activity.actor.id, target.id, activity.id))
        }
        None => Ok(Verdict::Ignored("a Block of somebody who is not here")),
    }
}

/// No longer.
pub fn unblock(activity: &Activity, target: &str) -> Handled {
    let target = activity.app.db().read(|db| accounts::by_uri(db, target))?;
    match target.filter(|target| target.is_local()) {
        Some(target) => activity.apply(|tx| blocks::unblocked_by(tx, activity.actor.id, target.id)),
        None => Ok(Verdict::Ignored("an Undo of a Block of nobody here")),
    }
}
