//! `Delete`: what is gone elsewhere goes here too.

use std::time::Duration;

use super::{Activity, Handled, Verdict};
use crate::app::App;
use crate::db::chats::messages;
use crate::db::{Tx, inbox_items, quotes, statuses};
use crate::error::Result;
use crate::fed::resolve::{self, Budget, Failure};
use crate::fed::wire;
use crate::ops;

/// Removes a post or a chat message of the actor, the consent to be quoted, or the actor. The id is remembered, so that a copy
/// that comes late stays out.
pub fn delete(activity: &Activity) -> Handled {
    let Some(object) = activity.object_id() else {
        return Ok(Verdict::Ignored("a Delete of nothing"));
    };
    if activity.policy()?.reject_deletes {
        return Ok(Verdict::Ignored(
            "a Delete from a server whose deletions are not heard",
        ));
    }
    if object == activity.actor.uri {
        return activity.apply(|tx| ops::users::gone_elsewhere(tx, activity.actor.id));
    }
    if !wire::same_host(object, &activity.actor.uri) {
        return Ok(Verdict::Ignored("a Delete of what is on another host"));
    }
    let (row, message, quoting) = activity.app.db().read(|db| {
        Ok((
            statuses::by_uri(db, object)?,
            messages::by_uri(db, object)?,
            quotes::by_authorization(db, object)?,
        ))
    })?;
    if let Some((message, author)) = message {
        return match author == activity.actor.id {
            true => activity.apply(|tx| ops::chats::remove(tx, message)),
            false => Ok(Verdict::Ignored("a Delete of another's chat message")),
        };
    }
    if let Some(quoting) = quoting {
        return activity.apply(|tx| ops::quotes::withdrawn(tx, quoting, activity.actor.id));
    }
    match row {
        Some(row) if row.account == activity.actor.id => {
            activity.apply(|tx| ops::statuses::remove(tx, &row, Duration::ZERO))
        }
        // A moderator's word is checked at the origin.
        Some(_) => match resolve::document(activity.app, object, &activity.budget) {
            Err(Failure::Gone) => activity.apply(|tx| take_down(tx, object)),
            _ => Ok(Verdict::Ignored(
                "a Delete of somebody else's post, which is still there",
            )),
        },
        None => activity.apply(|tx| statuses::bury(tx, object)),
    }
}

/// Somebody passed on that a post is gone: it goes if its origin says so.
pub(super) fn if_gone(
    app: &App,
    object: &str,
    budget: &Budget,
    item: i64,
) -> std::result::Result<(), Failure> {
    let known = app.db().read(|db| statuses::by_uri(db, object))?;
    let gone = known.is_some_and(|row| !row.local)
        && matches!(resolve::document(app, object, budget), Err(Failure::Gone));
    app.db().write(|tx| {
        inbox_items::done(tx, item)?;
        match gone {
            true => take_down(tx, object),
            false => Ok(()),
        }
    })?;
    Ok(())
}

fn take_down(tx: &Tx, uri: &str) -> Result<()> {
    match statuses::by_uri(tx, uri)? {
        Some(row) => ops::statuses::remove(tx, &row, Duration::ZERO),
        None => Ok(()),
    }
}
