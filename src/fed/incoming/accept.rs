//! `Accept` and `Reject` of our requests to follow and to quote. What was not asked is not granted (security.md A7).

use super::{Activity, Handled, Verdict};
use crate::db::statuses::StatusRow;
use crate::db::{accounts, follows, statuses};
use crate::error::Result;
use crate::fed::wire;
use crate::ids::AccountId;
use crate::ops;

/// The request turns into a follow, or what was to be quoted is shown.
pub fn accept(activity: &Activity) -> Handled {
    if let Some(quoting) = quoting(activity)? {
        // The consent lives where the one who gives it does.
        let result = wire::id_of(wire::get(activity.json, "result"))
            .filter(|result| wire::same_host(result, &activity.actor.uri));
        return activity
            .apply(|tx| ops::quotes::answered(tx, &quoting, activity.actor.id, Some(result)));
    }
    match follower(activity)? {
        Some(follower) => {
            activity.apply(|tx| ops::follows::granted(tx, follower, activity.actor.id))
        }
        None => Ok(Verdict::Ignored("an answer to what was not asked")),
    }
}

/// The request, or the follow that it had become, ends.
pub fn reject(activity: &Activity) -> Handled {
    if let Some(quoting) = quoting(activity)? {
        return activity.apply(|tx| ops::quotes::answered(tx, &quoting, activity.actor.id, None));
    }
    match follower(activity)? {
        Some(follower) => {
            activity.apply(|tx| ops::follows::refused(tx, follower, activity.actor.id))
        }
        None => Ok(Verdict::Ignored("an answer to what was not asked")),
    }
}

/// The post of ours whose request to quote is answered: by the id of the request, or by what the answer repeats of it.
fn quoting(activity: &Activity) -> Result<Option<StatusRow>> {
    let object = activity.object();
    let repeated = match wire::type_of(object).1 {
        "QuoteRequest" => wire::id_of(wire::get(object, "instrument")),
        _ => None,
    };
    let by_id = activity.object_id().and_then(ops::quotes::of_request);
    match by_id.or(repeated) {
        Some(uri) => activity.app.db().read(|db| statuses::by_uri(db, uri)),
        None => Ok(None),
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
