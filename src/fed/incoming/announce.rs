//! `Announce`: somebody reblogs.

use super::{Activity, Handled, Verdict, published};
use crate::db::visibility::Visibility;
use crate::db::{audience, statuses};
use crate::fed::resolve;
use crate::fed::wire;
use crate::ops::statuses as ops;

/// Takes a reblog of a post that everybody may see, or of one's own. The post itself comes from its origin, whatever copy
/// is sent along (security.md A10).
pub fn announce(activity: &Activity) -> Handled {
    let (Some(object), Some(id)) = (activity.object_id(), activity.id) else {
        return Ok(Verdict::Ignored("an Announce without an id or an object"));
    };
    let (known, followed) = activity.app.db().read(|db| {
        Ok((
            statuses::id_of(db, object)?,
            audience::has_local_followers(db, activity.actor.id)?,
        ))
    })?;
    if known.is_none() && !followed && activity.recipient.is_none() {
        return Ok(Verdict::Ignored("a reblog that concerns nobody here"));
    }
    let inner = match known {
        Some(known) => known,
        None => resolve::object(activity.app, object, &activity.budget)?,
    };
    let to = wire::ids(wire::get(activity.json, "to"));
    let cc = wire::ids(wire::get(activity.json, "cc"));
    let visibility = match (to.contains(&wire::PUBLIC), cc.contains(&wire::PUBLIC)) {
        (true, _) => Visibility::Public,
        (_, true) => Visibility::Unlisted,
        _ => Visibility::Private,
    };
    let published = published(activity);
    activity.apply(|tx| ops::reblogged(tx, activity.actor.id, inner, id, visibility, published))
}
