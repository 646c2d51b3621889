//! `Update`: somebody's profile or post changed.

use super::create::{around, is_own};
use super::{Activity, Handled, Verdict};
use crate::db::statuses;
use crate::fed::reading::post;
use crate::fed::resolve::{self, Failure};
use crate::fed::wire::{self, Class};
use crate::ops::remote_statuses;

/// Reads a profile anew from its own address, because keys change only there; takes a newer version of a known post of the
/// actor. What is sent of another's is not trusted: its origin is asked.
pub fn update(activity: &Activity) -> Handled {
    let object = activity.object();
    let Some(id) = activity.object_id() else {
        return Ok(Verdict::Ignored("an Update of nothing"));
    };
    match wire::type_of(object).0 {
        Class::Actor if id == activity.actor.uri => {
            activity.app.fed().failures.forget(id);
            resolve::fresh_actor(activity.app, id, &activity.budget)?;
            Ok(Verdict::Applied)
        }
        Class::Post if is_own(activity, object) => own(activity, id),
        Class::Post => fresh(activity, id),
        Class::Unknown if object.is_string() => fresh(activity, id),
        _ => Ok(Verdict::Ignored("an Update of what is not known here")),
    }
}

fn own(activity: &Activity, id: &str) -> Handled {
    let mut post = post::read(activity.object(), around(activity))
        .map_err(|reason| Failure::Refused(reason.to_owned()))?;
    let known = activity.app.db().read(|db| statuses::id_of(db, id))?;
    if known.is_none() {
        return Ok(Verdict::Ignored(
            "an Update of a post that is not known here",
        ));
    }
    resolve::quotation(activity.app, &mut post, &activity.budget)?;
    activity.apply(|tx| match statuses::by_uri(tx, id)? {
        Some(row) if row.account == activity.actor.id => remote_statuses::update(tx, &row, &post),
        _ => Ok(()),
    })
}

fn fresh(activity: &Activity, id: &str) -> Handled {
    match activity.app.db().read(|db| statuses::id_of(db, id))? {
        Some(_) => {
            activity.app.fed().failures.forget(id);
            resolve::fresh_object(activity.app, id, &activity.budget)?;
            Ok(Verdict::Applied)
        }
        None => Ok(Verdict::Ignored(
            "an Update of a post that is not known here",
        )),
    }
}
