//! `Create`: a post arrives.

use super::{Activity, Handled, Verdict, passed_over};
use crate::db::{audience, remote_accounts, statuses};
use crate::error::Result;
use crate::fed::reading::post::{self, Around};
use crate::fed::resolve::{self, Failure};
use crate::fed::wire::{self, Class};
use crate::ops::remote_statuses::{self, RemotePost};

/// Takes a post of the actor. A copy of somebody else's, or from elsewhere, is not trusted: its origin is asked.
pub fn create(activity: &Activity) -> Handled {
    let object = activity.object();
    let (class, _) = wire::type_of(object);
    let Some(id) = activity.object_id() else {
        return Ok(Verdict::Ignored("a Create of nothing"));
    };
    let is_own = post::author(object) == Some(&activity.actor.uri)
        && wire::same_host(id, &activity.actor.uri);
    match class {
        Class::Post if is_own => own(activity),
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

fn own(activity: &Activity) -> Handled {
    let around = Around {
        activity: activity.json,
        followers: activity.actor.followers_uri.as_deref(),
    };
    let post = post::read(activity.object(), around)
        .map_err(|reason| Failure::Refused(reason.to_owned()))?;
    if !concerns_us(activity, &post)? {
        return Ok(Verdict::Ignored("a post that concerns nobody here"));
    }
    if let Some(parent) = &post.in_reply_to {
        // A thread that cannot be followed upwards begins here.
        passed_over(resolve::object(activity.app, parent, &activity.budget))?;
    }
    activity.apply(|tx| {
        remote_statuses::store(tx, activity.actor.id, &post, activity.recipient).map(drop)
    })
}

/// Whether anybody here follows the author, is addressed, or wrote what it answers.
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
        match &post.in_reply_to {
            Some(parent) => statuses::is_local(db, parent),
            None => Ok(false),
        }
    })
}
