//! What a group passes on (FEP-1b12): it announces whole activities of others. Their words are not trusted: what they are
//! about is asked of its origin (security.md A10).

use serde_json::Value;

use super::announce::reblog;
use super::{Activity, Handled, Verdict, delete};
use crate::db::statuses;
use crate::fed::resolve;
use crate::fed::wire;
use crate::ops::favourites;

/// Acts upon the inner activity as if its actor had said it, as far as the origin bears it out. A new post, but no comment,
/// counts as reblogged by the group.
pub fn passed_on(activity: &Activity, inner: &Value) -> Handled {
    let said = |name: &str| wire::id_of(wire::get(inner, name));
    let (Some(id), Some(actor), Some(object)) = (wire::id_of(inner), said("actor"), said("object"))
    else {
        return Ok(Verdict::Ignored(
            "an Announce of an activity without its parts",
        ));
    };
    if !wire::same_host(id, actor) {
        return Ok(Verdict::Ignored("an Announce of what is another's"));
    }
    match wire::type_of(inner).1 {
        "Create" => create(activity, inner, object),
        "Update" => update(activity, object),
        "Delete" => {
            delete::if_gone(activity.app, object, &activity.budget, activity.item)?;
            Ok(Verdict::Applied)
        }
        "Like" => like(activity, id, object),
        _ => Ok(Verdict::Ignored("an Announce of what means nothing here")),
    }
}

fn create(activity: &Activity, inner: &Value, object: &str) -> Handled {
    let status = resolve::object(activity.app, object, &activity.budget)?;
    let is_comment = !wire::get(wire::get(inner, "object"), "inReplyTo").is_null();
    match is_comment {
        true => Ok(Verdict::Applied),
        false => reblog(activity, status),
    }
}

fn update(activity: &Activity, object: &str) -> Handled {
    let known = activity.app.db().read(|db| statuses::id_of(db, object))?;
    if known.is_none() {
        return Ok(Verdict::Ignored(
            "an Update of a post that is not known here",
        ));
    }
    activity.app.fed().failures.forget(object);
    resolve::fresh_object(activity.app, object, &activity.budget)?;
    Ok(Verdict::Applied)
}

/// Favourites of our posts are worth a question to their origin; those of others are counted there.
fn like(activity: &Activity, id: &str, object: &str) -> Handled {
    let ours = activity
        .app
        .db()
        .read(|db| Ok(statuses::by_uri(db, object)?.filter(|row| row.local)))?;
    let Some(status) = ours else {
        return Ok(Verdict::Ignored("a Like of a post that is not ours"));
    };
    let found = resolve::document(activity.app, id, &activity.budget)?;
    let says = |name: &str| wire::id_of(wire::get(&found, name));
    let (Some(actor), "Like") = (says("actor"), wire::type_of(&found).1) else {
        return Ok(Verdict::Ignored("an Announce of a Like that is none"));
    };
    if !wire::same_host(actor, id) || says("object") != Some(object) {
        return Ok(Verdict::Ignored("an Announce of a Like that is another"));
    }
    let who = resolve::actor(activity.app, actor, &activity.budget)?;
    activity.apply(|tx| favourites::add_from(tx, who, status.id, Some(id)).map(drop))
}
