//! `Accept` and `Reject` of our requests to follow and to quote. What was not asked is not granted (security.md A7).

use super::{Activity, Handled, Verdict};
use crate::db::relays::RelayRow;
use crate::db::statuses::StatusRow;
use crate::db::{accounts, follows, relays, statuses};
use crate::error::Result;
use crate::fed::{relay_actor, wire};
use crate::ids::{AccountId, RelayId};
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
    if let Some(relay) = relay(activity)? {
        return activity.apply(|tx| ops::relays::answered(tx, &relay, activity.actor.id, true));
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
    if let Some(relay) = relay(activity)? {
        return activity.apply(|tx| ops::relays::answered(tx, &relay, activity.actor.id, false));
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

/// The relay that answers: by the id of our Follow, else by what the answer repeats of it. Of one whose actor is not known yet
/// the host decides.
fn relay(activity: &Activity) -> Result<Option<RelayRow>> {
    let repeated = match wire::type_of(activity.object()).1 {
        "Follow" => wire::id_of(wire::get(activity.object(), "actor")),
        _ => None,
    };
    let is_ours = repeated == Some(&*relay_actor(activity.app.base()));
    let asked = activity.app.db().read(|db| match followed(activity) {
        Some(id) => Ok(relays::by_id(db, RelayId(id))?.into_iter().collect()),
        None if is_ours => relays::all(db),
        None => Ok(Vec::new()),
    })?;
    Ok(asked.into_iter().find(|relay| match relay.account {
        Some(account) => account == activity.actor.id,
        None => wire::same_host(&relay.inbox, &activity.actor.uri),
    }))
}

/// The row of the Follow of ours that is answered.
fn followed(activity: &Activity) -> Option<i64> {
    let prefix = activity.app.base().join("/activities/");
    activity.object_id()?.strip_prefix(&prefix)?.parse().ok()
}

/// Who of us asked to follow the actor: by the id of our Follow, else by what the answer repeats of it.
fn follower(activity: &Activity) -> Result<Option<AccountId>> {
    let object = activity.object();
    let row = followed(activity);
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
