//! Relays: from the address that an admin names to a relay, and what relays pass on (federation.md 9.5).

use serde_json::Value;
use url::Url;

use super::guard;
use super::incoming::{Activity, Handled, Verdict};
use super::resolve::{self, Budget, Failure, Resolved};
use super::wire::{self, Class};
use crate::app::App;
use crate::db::relays::Kind;
use crate::db::{remote_accounts, statuses};
use crate::ops::relays::NewRelay;
use crate::web::rate::{Class as Rate, Who};

/// Finds out what is at an address. Relays name two: that of an inbox (`…/inbox`) is for servers that follow them as Mastodon
/// does, any other is that of an actor.
pub fn find(app: &App, url: &str) -> Resolved<NewRelay> {
    let refused = |reason: &str| Failure::Refused(reason.to_owned());
    let parsed = guard::url(url, app.client().allows_private()).map_err(refused)?;
    let host = wire::host(&parsed).ok_or_else(|| refused("the address has no host"))?;
    if app.base().is_own(&host) {
        return Err(refused("that is this server"));
    }
    if super::policy::refuses(app, &host)? {
        return Err(refused("the server is not spoken with"));
    }
    if is_inbox(&parsed) {
        return Ok(NewRelay {
            url: url.to_owned(),
            kind: Kind::Mastodon,
            inbox: url.to_owned(),
            account: None,
        });
    }
    app.fed().failures.forget(url);
    let account = resolve::fresh_actor(app, url, &Budget::waited_for())?;
    let actor = app.db().read(|db| remote_accounts::by_id(db, account))?;
    let inbox = actor.and_then(|actor| actor.inbox);
    Ok(NewRelay {
        url: url.to_owned(),
        kind: Kind::LitePub,
        inbox: inbox.ok_or_else(|| refused("the actor has no inbox"))?,
        account: Some(account),
    })
}

fn is_inbox(url: &Url) -> bool {
    url.path_segments()
        .and_then(|mut segments| segments.next_back())
        .is_some_and(|last| last == "inbox")
}

/// What a relay announces is fetched and shown among the posts of the known network; that the relay announced it is not.
pub fn announced(activity: &Activity) -> Handled {
    // Some announce the activity instead of the post.
    let object = match wire::type_of(activity.object()).0 {
        Class::Activity => wire::id_of(wire::get(activity.object(), "object")),
        _ => activity.object_id(),
    };
    match object {
        Some(object) => match taken(activity.app, object)? {
            true => Ok(Verdict::Applied),
            false => Ok(Verdict::Ignored("more than is taken from relays")),
        },
        None => Ok(Verdict::Ignored("an Announce of nothing")),
    }
}

/// A relay passed on what somebody said: as for everybody, the origin is asked (federation.md 9.4). `false`: for now no more
/// is taken from relays.
pub fn passed_on(app: &App, json: &Value) -> Resolved<bool> {
    let Some(object) = wire::id_of(wire::get(json, "object")) else {
        return Ok(true);
    };
    let known = app.db().read(|db| statuses::id_of(db, object))?;
    match (wire::type_of(json).1, known) {
        ("Create", None) => taken(app, object),
        ("Update", Some(_)) if has_turn(app) => {
            app.fed().failures.forget(object);
            let renewed = resolve::fresh_object(app, object, &Budget::relayed());
            resolve::passed_over(renewed).map(|_| true)
        }
        ("Update", Some(_)) => Ok(false),
        _ => Ok(true),
    }
}

/// Takes a post in, unless it is known.
fn taken(app: &App, object: &str) -> Resolved<bool> {
    let known = app.db().read(|db| statuses::id_of(db, object))?;
    if known.is_some() {
        return Ok(true);
    }
    if !has_turn(app) {
        return Ok(false);
    }
    // There is enough where this comes from: what cannot be had now is not asked for again.
    resolve::passed_over(resolve::object(app, object, &Budget::relayed()))?;
    Ok(true)
}

/// All relays together make us ask others for so much and no more.
fn has_turn(app: &App) -> bool {
    let relays = Who::Name("relays".into());
    app.limiter().take(Rate::Relaying, relays).is_ok()
}
