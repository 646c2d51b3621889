//! `Follow`: somebody elsewhere wants to follow one of us.

use super::{Activity, Handled, Verdict};
use crate::db::accounts;
use crate::ops::follows;

/// Asks on behalf of the actor; the answer goes out from there.
pub fn follow(activity: &Activity) -> Handled {
    let Some(object) = activity.object_id() else {
        return Ok(Verdict::Ignored("a Follow of nobody"));
    };
    let target = activity.app.db().read(|db| accounts::by_uri(db, object))?;
    let Some(target) = target.filter(|target| target.is_local() && !target.hidden) else {
        return Ok(Verdict::Ignored("a Follow of somebody who is not here"));
    };
    activity.apply(|tx| follows::asked(tx, activity.actor.id, &target, activity.id))
}
