//! `Announce`: somebody reblogs.

use super::{Activity, Handled, Verdict, group, published};
use crate::db::visibility::Visibility;
use crate::db::{self, audience, statuses};
use crate::fed::wire::{self, Class};
use crate::fed::{relays, resolve};
use crate::ids::StatusId;
use crate::ops::statuses as ops;

/// Takes a reblog of a post that everybody may see, or of one's own. The post itself comes from its origin, whatever copy
/// is sent along (security.md A10).
pub fn announce(activity: &Activity) -> Handled {
    let Some(object) = activity.object_id() else {
        return Ok(Verdict::Ignored("an Announce of nothing"));
    };
    let (known, followed, is_relay) = activity.app.db().read(|db| {
        Ok((
            statuses::id_of(db, object)?,
            audience::has_local_followers(db, activity.actor.id)?,
            db::relays::is_followed(db, activity.actor.id)?,
        ))
    })?;
    if is_relay {
        return relays::announced(activity);
    }
    if known.is_none() && !followed && activity.recipient.is_none() {
        return Ok(Verdict::Ignored("a reblog that concerns nobody here"));
    }
    if wire::type_of(activity.object()).0 == Class::Activity {
        return group::passed_on(activity, activity.object());
    }
    let inner = match known {
        Some(known) => known,
        None => resolve::object(activity.app, object, &activity.budget)?,
    };
    reblog(activity, inner)
}

/// The actor reblogs that post.
pub fn reblog(activity: &Activity, inner: StatusId) -> Handled {
    let Some(id) = activity.id else {
        return Ok(Verdict::Ignored("an Announce without an id"));
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
