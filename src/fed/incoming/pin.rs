//! `Add` and `Remove`: somebody pins a post to the profile, or takes it off.

use super::{Activity, Handled, Verdict};
use crate::db::statuses;
use crate::fed::resolve;
use crate::fed::wire;
use crate::ops::pins;

/// Pins a post of the actor, fetched if it is not known here.
pub fn add(activity: &Activity) -> Handled {
    let Some(object) = pinned(activity) else {
        return Ok(Verdict::Ignored("an Add to something else than one's pins"));
    };
    let status = resolve::object(activity.app, object, &activity.budget)?;
    activity.apply(|tx| pins::add_from(tx, activity.actor.id, status))
}

/// Unpins it.
pub fn remove(activity: &Activity) -> Handled {
    let Some(object) = pinned(activity) else {
        return Ok(Verdict::Ignored(
            "a Remove from something else than one's pins",
        ));
    };
    activity.apply(|tx| match statuses::id_of(tx, object)? {
        Some(status) => pins::remove_from(tx, activity.actor.id, status),
        None => Ok(()),
    })
}

/// What is put into, or taken out of, the actor's own collection of pins; it lives where the actor does.
fn pinned<'a>(activity: &'a Activity) -> Option<&'a str> {
    let target = wire::id_of(wire::get(activity.json, "target"))?;
    let is_own = activity.actor.featured_uri.as_deref() == Some(target);
    activity
        .object_id()
        .filter(|object| is_own && wire::same_host(object, &activity.actor.uri))
}
