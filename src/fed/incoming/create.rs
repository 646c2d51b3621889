//! `Create`: a post arrives.

use serde_json::Value;

use super::{Activity, Handled, Verdict, passed_over};
use crate::db::remote_accounts::Whereabouts;
use crate::db::{audience, remote_accounts, statuses};
use crate::error::Result;
use crate::fed::reading::post::{self, Around};
use crate::fed::resolve::{self, Failure};
use crate::fed::wire::{self, Class};
use crate::ops::polls;
use crate::ops::remote_statuses::{self, RemotePost};

/// Takes a post of the actor. A copy of somebody else's, or from elsewhere, is not trusted: its origin is asked.
pub fn create(activity: &Activity) -> Handled {
    let object = activity.object();
    if let [_, ..] = votes(object).as_slice() {
        return vote(activity);
    }
    let (class, _) = wire::type_of(object);
    let Some(id) = activity.object_id() else {
        return Ok(Verdict::Ignored("a Create of nothing"));
    };
    match class {
        Class::Post if is_own(activity, object) => own(activity),
        Class::Chat if is_own(activity, object) => super::chat::message(activity),
        Class::Post => {
            resolve::object(activity.app, id, &activity.budget)?;
            Ok(Verdict::Applied)
        }
        Class::Unknown if object.is_string() => {
            resolve::object(activity.app, id, &activity.budget)?;
            Ok(Verdict::Applied)
        }
        _ => Ok(Verdict::Ignored("a Create of what is not known here")),
    }
}

/// Whether a thing is by the actor, and lives where the actor does.
pub fn is_own(activity: &Activity, object: &Value) -> bool {
    is_of(&activity.actor, object)
}

/// Whether a thing is by that account, and lives where it does.
pub(super) fn is_of(author: &Whereabouts, object: &Value) -> bool {
    post::author(object) == Some(&author.uri)
        && wire::id_of(object).is_some_and(|id| wire::same_host(id, &author.uri))
}

/// What the activity tells of the post that it carries.
pub fn around<'a>(activity: &'a Activity) -> Around<'a> {
    Around {
        activity: activity.json,
        followers: activity.actor.followers_uri.as_deref(),
    }
}

/// Votes are sent as posts without a text, named like the option that is chosen: alone or, where several are chosen, as a list.
/// What looks like one is never shown as a post.
pub(super) fn votes(object: &Value) -> Vec<&Value> {
    let is_vote = |one: &&Value| {
        wire::type_of(one).1 == "Note"
            && wire::get(one, "name").is_string()
            && wire::get(one, "content").as_str().is_none_or(str::is_empty)
            && wire::get(one, "contentMap").is_null()
            && wire::many(wire::get(one, "attachment")).is_empty()
            && wire::id_of(wire::get(one, "inReplyTo")).is_some()
    };
    wire::many(object).iter().filter(is_vote).collect()
}

/// Counts votes in polls of ours.
fn vote(activity: &Activity) -> Handled {
    activity.apply(|tx| {
        for vote in votes(activity.object()) {
            let poll = wire::id_of(wire::get(vote, "inReplyTo")).unwrap_or_default();
            let title = wire::get(vote, "name").as_str().unwrap_or_default();
            if let (Some(poll), Some(id)) = (statuses::id_of(tx, poll)?, wire::id_of(vote))
                && is_own(activity, vote)
            {
                polls::voted(tx, activity.actor.id, poll, title, id)?;
            }
        }
        Ok(())
    })
}

fn own(activity: &Activity) -> Handled {
    let mut post = post::read(activity.object(), around(activity))
        .map_err(|reason| Failure::Refused(reason.to_owned()))?;
    if !concerns_us(activity, &post)? {
        return Ok(Verdict::Ignored("a post that concerns nobody here"));
    }
    if let Some(parent) = &post.in_reply_to {
        // A thread that cannot be followed upwards begins here.
        passed_over(resolve::object(activity.app, parent, &activity.budget))?;
    }
    resolve::quotation(activity.app, &mut post, &activity.budget)?;
    activity.apply(|tx| {
        remote_statuses::store(tx, activity.actor.id, &post, activity.recipient).map(drop)
    })
}

/// Whether anybody here follows the author, is addressed, or wrote what it answers or quotes.
fn concerns_us(activity: &Activity, post: &RemotePost) -> Result<bool> {
    if activity.recipient.is_some() {
        return Ok(true);
    }
    activity.app.db().read(|db| {
        if audience::has_local_followers(db, activity.actor.id)? {
            return Ok(true);
        }
        let named = post.recipients.iter().chain(&post.mentions);
        let named: Vec<&str> = named.map(String::as_str).collect();
        let known = remote_accounts::ids_of(db, &named)?;
        if !crate::db::accounts::local_among(db, &known)?.is_empty() {
            return Ok(true);
        }
        let quoted = post.quote.as_ref().map(|quote| &quote.uri);
        for about in post.in_reply_to.iter().chain(quoted) {
            if statuses::is_local(db, about)? {
                return Ok(true);
            }
        }
        Ok(false)
    })
}
