//! Actors, their handles and their keys.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::webfinger::{self, Finger};
use super::{Budget, Failure, Resolved, document};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{account_keys, accounts, hosts, remote_accounts};
use crate::fed::keys::RemoteKey;
use crate::fed::reading;
use crate::fed::signature::Variant;
use crate::fed::wire::{self, Class};
use crate::ids::AccountId;
use crate::ops;

/// A copy older than this is read anew when something refers to it.
const STALE: Duration = Duration::from_secs(86_400);

/// The account with that actor id, fetched if it is new here or old. One that cannot be read anew is taken as it was.
pub fn actor(app: &App, id: &str, budget: &Budget) -> Resolved<AccountId> {
    let known = app.db().read(|db| remote_accounts::by_uri(db, id))?;
    match known {
        Some(known) if known.host.is_empty() => Ok(known.id),
        Some(known) if known.fetched_at > Some(Timestamp::now().minus(STALE)) => Ok(known.id),
        Some(known) => match fresh_actor(app, id, budget) {
            Err(Failure::Temporary(_) | Failure::Refused(_)) => Ok(known.id),
            other => other,
        },
        None => fresh_actor(app, id, budget),
    }
}

/// The account with that actor id as it is now, whatever was known.
pub fn fresh_actor(app: &App, id: &str, budget: &Budget) -> Resolved<AccountId> {
    let found = document(app, id, budget)?;
    if !wire::id_of(&found).is_some_and(|own| wire::same_id(own, id)) {
        return Err(Failure::refused("the actor has another id"));
    }
    store(app, &found, budget)
}

/// As [`fresh_actor`], of an actor that has not moved elsewhere; `None` for one that has.
pub fn settled_actor(app: &App, id: &str, budget: &Budget) -> Resolved<Option<AccountId>> {
    let found = document(app, id, budget)?;
    if !wire::id_of(&found).is_some_and(|own| wire::same_id(own, id)) {
        return Err(Failure::refused("the actor has another id"));
    }
    let moved = wire::id_of(wire::get(&found, "movedTo")).is_some_and(|target| target != id);
    let account = store(app, &found, budget)?;
    Ok((!moved).then_some(account))
}

/// Stores an actor document that was fetched.
pub(super) fn store(app: &App, found: &Value, budget: &Budget) -> Resolved<AccountId> {
    let mut actor = reading::actor::read(found).map_err(Failure::refused)?;
    let verified = name(app, &mut actor, budget)?;
    let id = app.db().write(|tx| {
        if actor.takes_rfc9421 {
            let host = wire::host_of(&actor.account.uri).unwrap_or_default();
            hosts::is_said_to_take(tx, &host, Variant::Message.name())?;
        }
        ops::remote_accounts::store(tx, &actor.account, &actor.keys, verified)
    })?;
    for (key, _) in &actor.keys {
        app.fed().keys.forget(key);
    }
    Ok(id)
}

/// Finds out under which handle the actor is known. `false`: its server does not say.
fn name(app: &App, actor: &mut reading::actor::Actor, budget: &Budget) -> Resolved<bool> {
    let account = &mut actor.account;
    let known = app.db().read(|db| accounts::by_uri(db, &account.uri))?;
    let own = actor.webfinger.as_deref().and_then(webfinger::handle);
    let (name, host) = match own {
        Some((name, host)) => (name.to_owned(), host.to_lowercase()),
        None => (account.username.clone(), account.host.clone()),
    };
    if let Some(known) = known
        && known.username == name
        && known.host == host
    {
        (account.username, account.host) = (name, host);
        return Ok(true);
    }
    match confirmed(app, &name, &host, &account.uri, budget) {
        Ok(finger) => {
            account.username = finger.username.chars().take(64).collect();
            account.host = finger.host;
            Ok(true)
        }
        Err(Failure::Ours(error)) => Err(Failure::Ours(error)),
        Err(_) => Ok(false),
    }
}

/// The round trip: the handle's host leads to the actor, and so does the host of the subject that it names.
fn confirmed(app: &App, name: &str, host: &str, actor: &str, budget: &Budget) -> Resolved<Finger> {
    let spoofed = || Failure::refused("the handle leads to another actor");
    let finger = webfinger::query(app, name, host, budget)?;
    if finger.actor != actor {
        return Err(spoofed());
    }
    if finger.host == host {
        return Ok(finger);
    }
    let again = webfinger::query(app, &finger.username, &finger.host, budget)?;
    match again.actor == actor && again.host == finger.host {
        true => Ok(again),
        false => Err(spoofed()),
    }
}

/// The account of a handle, asked of its host if it is not known here.
pub fn handle(app: &App, name: &str, host: &str, budget: &Budget) -> Resolved<AccountId> {
    let known = app.db().read(|db| accounts::by_handle(db, name, host))?;
    if let Some(known) = known {
        return actor(app, &known.uri, budget);
    }
    let finger = webfinger::query(app, name, host, budget)?;
    let id = actor(app, &finger.actor, budget)?;
    // What the actor calls itself counts; who was asked for under another's name is not found.
    let found = app.db().read(|db| accounts::by_id(db, id))?;
    match found {
        Some(found)
            if found.host == finger.host
                && found.username.eq_ignore_ascii_case(&finger.username) =>
        {
            Ok(id)
        }
        _ => Err(Failure::refused("the handle leads to another actor")),
    }
}

/// The key of that id, read from its owner: unknown, or known to have changed (federation.md 3.4).
pub fn key(app: &App, key_id: &str, budget: &Budget) -> Resolved<Arc<RemoteKey>> {
    let address = key_id.split('#').next().unwrap_or(key_id);
    let found = document(app, address, budget)?;
    let owner = match wire::type_of(&found).0 {
        Class::Actor => {
            let id = wire::id_of(&found).unwrap_or_default().to_owned();
            store(app, &found, budget)?;
            id
        }
        _ => {
            // A key document names its owner, and the owner has to name the key.
            let owner = wire::id_of(wire::get(&found, "owner"))
                .filter(|owner| wire::same_host(owner, key_id))
                .ok_or_else(|| Failure::refused("the key has no owner"))?;
            fresh_actor(app, owner, budget)?;
            owner.to_owned()
        }
    };
    // Some sign with the id of the actor for that of its only key.
    if key_id == owner {
        let only = reading::actor::read(&found).map_err(Failure::refused)?.keys;
        if let [(_, pem)] = only.as_slice() {
            app.db()
                .write(|tx| match remote_accounts::by_uri(tx, &owner)? {
                    Some(account) => {
                        account_keys::put_remote(tx, key_id, account.id, pem).map(drop)
                    }
                    None => Ok(()),
                })?;
        }
    }
    app.fed().keys.forget(key_id);
    app.fed()
        .keys
        .remote(app, key_id)?
        .filter(|key| key.account_uri == owner)
        .ok_or_else(|| Failure::refused("the owner does not show that key"))
}
