//! `Accept` and `Reject` of our requests to follow. What was not asked is not granted (security.md A7).

use super::{Activity, Handled, Verdict};
use crate::db::{accounts, follows};
use crate::error::Result;
use crate::fed::wire;
use crate::ids::AccountId;
use crate::ops;

/// The request turns into a follow.
pub fn accept(activity: &Activity) -> Handled {
    match follower(activity)? {
        Some(follower) => {
            activity.apply(|tx| ops::follows::granted(tx, follower, activity.actor.id))
        }
        None => Ok(Verdict::Ignored("an answer to what was not asked")),
    }
}

/// The request, or the follow that it had become, ends.
pub fn reject(activity: &Activity) -> Handled {
    match follower(activity)? {
        Some(follower) => {
            activity.apply(|tx| ops::follows::refused(tx, follower, activity.actor.id))
        }
        None => Ok(Verdict::Ignored("an answer to what was not asked")),
    }
}

/// Who of us asked to follow the actor: by the id of our Follow, else by what the answer repeats of it.
fn follower(activity: &Activity) -> Result<Option<AccountId>> {
    let object = activity.object();
    let prefix = activity.app.base().join("/activities/");
    let row = activity
        .object_id()
        .and_then(|id| id.strip_prefix(&prefix)?.parse().ok());
    let repeated = match wire::type_of(object).1 {
        "Follow" => wire::id_of(wire::get(object, "actor")),
        _ => None,
    };
    activity.app.db().read(|db| {
        let by_row = match row {
            Some(row) => follows::between(db, row)?,
            None => None,
        };
        match (by_row, repeated) {
            (Some((follower, target)), _) => Ok((target == activity.actor.id).then_some(follower)),
            (None, Some(uri)) => {
                let follower = accounts::by_uri(db, uri)?;
                Ok(follower.filter(|row| row.is_local()).map(|row| row.id))
            }
            (None, None) => Ok(None),
        }
    })
}
