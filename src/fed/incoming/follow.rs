//! `Follow`: somebody elsewhere wants to follow one of us.

use super::{Activity, Handled, Verdict};
use crate::db::accounts;
use crate::fed::wire::PUBLIC;
use crate::fed::{instance_actor, relay_actor};
use crate::ops::{follows, relays};

/// Asks on behalf of the actor; the answer goes out from there.
pub fn follow(activity: &Activity) -> Handled {
    let Some(object) = activity.object_id() else {
        return Ok(Verdict::Ignored("a Follow of nobody"));
    };
    let base = activity.app.base();
    if [relay_actor(base), instance_actor(base), PUBLIC.into()].contains(&object.to_owned()) {
        return activity.apply(|tx| relays::asked(tx, activity.actor.id, activity.id, object));
    }
    let target = activity.app.db().read(|db| accounts::by_uri(db, object))?;
    let Some(target) = target.filter(|target| target.is_local() && !target.hidden) else {
        return Ok(Verdict::Ignored("a Follow of somebody who is not here"));
    };
    activity.apply(|tx| follows::asked(tx, activity.actor.id, &target, activity.id))
}
