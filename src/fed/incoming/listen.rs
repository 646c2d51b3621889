//! `Listen`: somebody elsewhere listens to something.

use serde_json::Value;

use super::{Activity, Handled, Verdict, published};
use crate::db::audience;
use crate::db::visibility::Visibility;
use crate::fed::wire::{self, PUBLIC};
use crate::ops::scrobbles::{self, Draft};

/// Notes it, if anybody here follows who listens.
pub fn listen(activity: &Activity) -> Handled {
    let followed = activity
        .app
        .db()
        .read(|db| audience::has_local_followers(db, activity.actor.id))?;
    let (Some(id), Some(visibility), true) = (activity.id, reach(activity), followed) else {
        return Ok(Verdict::Ignored("a Listen that concerns nobody here"));
    };
    let object = activity.object();
    let text = |names: [&str; 2]| {
        let found = names
            .iter()
            .find_map(|name| wire::get(object, name).as_str());
        found.map(str::to_owned)
    };
    let Some(title) = text(["title", "name"]) else {
        return Ok(Verdict::Ignored("a Listen to nothing"));
    };
    let draft = Draft {
        title,
        artist: text(["artist", "artist"]),
        album: text(["album", "album"]),
        length: length(wire::get(object, "length")),
        link: text(["externalLink", "url"]).filter(|link| wire::is_id(link)),
        visibility,
    };
    activity.apply(|tx| scrobbles::add_from(tx, activity.actor.id, id, &draft, published(activity)))
}

/// Who may know; nobody is named in it.
fn reach(activity: &Activity) -> Option<Visibility> {
    let to = wire::ids(wire::get(activity.json, "to"));
    let cc = wire::ids(wire::get(activity.json, "cc"));
    let followers = activity.actor.followers_uri.as_deref();
    let names = |id: &str| to.contains(&id) || cc.contains(&id);
    match () {
        () if to.contains(&PUBLIC) => Some(Visibility::Public),
        () if cc.contains(&PUBLIC) => Some(Visibility::Unlisted),
        () if followers.is_some_and(names) => Some(Visibility::Private),
        () => None,
    }
}

fn length(value: &Value) -> Option<i64> {
    value.as_i64().filter(|length| *length >= 0)
}
