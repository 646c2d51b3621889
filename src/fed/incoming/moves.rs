//! `Move`: somebody elsewhere has another account now.

use super::{Activity, Handled, Verdict};
use crate::db::accounts;
use crate::fed::resolve;
use crate::fed::wire;
use crate::ops::moves;

/// Reads both accounts anew: only the new one can say that it is the old one's (security.md A11).
pub fn moved(activity: &Activity) -> Handled {
    if activity.object_id() != Some(&activity.actor.uri) {
        return Ok(Verdict::Ignored("a Move of another"));
    }
    let Some(target) = wire::id_of(wire::get(activity.json, "target")) else {
        return Ok(Verdict::Ignored("a Move to nowhere"));
    };
    let known = activity.app.db().read(|db| accounts::by_uri(db, target))?;
    let target = match known.filter(|known| known.is_local()) {
        Some(local) => local.id,
        None => {
            activity.app.fed().failures.forget(target);
            match resolve::settled_actor(activity.app, target, &activity.budget)? {
                Some(account) => account,
                None => return Ok(Verdict::Ignored("a Move to an account that moved itself")),
            }
        }
    };
    activity.apply(|tx| moves::moved_elsewhere(tx, activity.actor.id, target))
}
