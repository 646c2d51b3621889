//! Activities in (federation.md 8.3): one file per kind. A handler fetches what it needs first, without a database
//! connection, and then has its effect in one transaction together with the removal of the item and the note that the
//! activity was seen: after a crash it is either done or still queued, and nothing is applied twice.

mod accept;
mod announce;
pub mod batch;
mod block;
mod chat;
mod create;
mod delete;
mod flag;
mod follow;
mod group;
mod like;
mod listen;
mod moves;
mod pin;
mod quote_request;
pub mod ready;
mod undo;
mod update;

use std::cell::Cell;

use rusqlite::Connection;
use serde_json::Value;

use super::policy;
use super::resolve::{Budget, Failure, passed_over};
use super::signature::{self, Received};
use super::wire::{self, Class};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::domain_policies::{self, Policy};
use crate::db::inbox_items::{self, ItemRow};
use crate::db::remote_accounts::Whereabouts;
use crate::db::{
    Tx, accounts, deliveries, hosts, relays, remote_accounts, seen_activities, statuses,
};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::web::rate::{Class as Rate, Who};

/// An activity whose signer said it.
pub struct Activity<'a> {
    /// The house.
    pub app: &'a App,
    /// Its id, if it has one.
    pub id: Option<&'a str>,
    /// The whole of it.
    pub json: &'a Value,
    /// Who says it, and signed it.
    pub actor: Whereabouts,
    /// Whose inbox it came to; `None`: the shared one.
    pub recipient: Option<AccountId>,
    /// What may be fetched for it.
    pub budget: Budget,
    item: i64,
    applied: Cell<bool>,
}

/// What became of an activity.
#[derive(Debug)]
pub enum Verdict {
    /// It had its effect.
    Applied,
    /// It means nothing here; the reason is for the log.
    Ignored(&'static str),
}

/// What a handler answers. A `Failure` that is temporary puts the item off, any other drops it.
pub type Handled = std::result::Result<Verdict, Failure>;

impl Activity<'_> {
    /// What it is about.
    pub fn object(&self) -> &Value {
        wire::get(self.json, "object")
    }

    /// The id of what it is about.
    pub fn object_id(&self) -> Option<&str> {
        wire::id_of(self.object())
    }

    /// What the admins decided about the actor's server.
    pub fn policy(&self) -> Result<Policy> {
        self.app
            .db()
            .read(|db| domain_policies::of_account(db, self.actor.id))
    }

    /// Has the effect, once: what was seen already changes nothing.
    pub fn apply(&self, work: impl FnOnce(&Tx) -> Result<()>) -> Handled {
        self.app.db().write(|tx| {
            inbox_items::done(tx, self.item)?;
            match self.id {
                Some(id) if !seen_activities::insert(tx, id)? => Ok(()),
                _ => work(tx),
            }
        })?;
        self.applied.set(true);
        Ok(Verdict::Applied)
    }
}

/// What is to become of an item.
pub enum Outcome {
    /// It is gone, with its effect if it has one.
    Done,
    /// Later.
    Retry(String),
    /// Never.
    Drop(String),
}

/// Acts upon one item.
pub fn process(app: &App, item: &ItemRow) -> Outcome {
    let handled = match wire::parse(item.body.as_bytes()) {
        Ok(json) => signed(app, item, &json),
        Err(_) => return Outcome::Drop("the body cannot be read".into()),
    };
    match handled {
        Ok(()) => Outcome::Done,
        Err(Failure::Temporary(reason)) => Outcome::Retry(reason),
        Err(Failure::Ours(Error::Internal(cause))) => Outcome::Retry(format!("{cause:?}")),
        Err(Failure::Ours(Error::NoSpace)) => Outcome::Retry("no space is left".into()),
        Err(other) => Outcome::Drop(other.to_string()),
    }
}

/// Finds out who signed it, and hands it on.
fn signed(app: &App, item: &ItemRow, json: &Value) -> std::result::Result<(), Failure> {
    let budget = Budget::background();
    let hosts = hosts_of(json);
    let signer = match item.signer {
        Some(signer) => signer,
        None => {
            app.db().read(|db| refuse(app, db, &hosts))??;
            late_signer(app, item, &budget)?
        }
    };
    let speaker = app
        .db()
        .read(|db| speaker(app, db, signer, &hosts, json))??;
    let actor = match speaker {
        Speaker::Relay => return relayed(app, item, json, &budget),
        Speaker::Passer(uri) => return forwarded(app, item, &uri, json, budget),
        Speaker::Actor(actor) => actor,
        Speaker::Missed(actor, host) => {
            // Whoever talks to us can be talked to.
            app.db().write(|tx| {
                hosts::succeeded(tx, &host)?;
                deliveries::inbox_back(tx, inboxes(&actor))
            })?;
            app.fed().senders.ring();
            actor
        }
    };
    let activity = Activity {
        app,
        id: wire::get(json, "id").as_str(),
        json,
        actor,
        recipient: item.recipient,
        budget,
        item: item.id,
        applied: Cell::new(false),
    };
    let verdict = dispatch(&activity)?;
    if let Verdict::Ignored(reason) = verdict {
        log::debug!(
            "ignored {}: {reason}",
            activity.id.unwrap_or("an activity").escape_debug()
        );
    }
    match activity.applied.get() {
        true => Ok(()),
        false => activity.apply(|_| Ok(())).map(drop),
    }
}

/// Who signed an activity.
enum Speaker {
    /// Its actor.
    Actor(Whereabouts),
    /// Its actor, whose server (the second) did not answer when it was spoken to, or whose inbox was gone.
    Missed(Whereabouts, String),
    /// A relay that this server follows.
    Relay,
    /// Somebody else, with that id.
    Passer(String),
}

/// Who it is that signed, as far as their servers and those that it is about are spoken with.
fn speaker(
    app: &App,
    db: &Connection,
    signer: AccountId,
    hosts: &[String],
    json: &Value,
) -> Result<std::result::Result<Speaker, Failure>> {
    let said_by = wire::id_of(wire::get(json, "actor"));
    let named = match said_by {
        Some(actor) => remote_accounts::by_uri(db, actor)?,
        None => None,
    };
    let Some(actor) = named.filter(|actor| actor.id == signer) else {
        let uri = accounts::uris(db, &[signer])?.pop().unwrap_or_default();
        if said_by == Some(&uri) {
            return Ok(Err(Failure::Refused("the actor is gone".into())));
        }
        let passer = match relays::is_followed(db, signer)? {
            true => Speaker::Relay,
            false => Speaker::Passer(uri),
        };
        return Ok(refuse(app, db, hosts)?.map(|()| passer));
    };
    let mut hosts = hosts.to_vec();
    hosts.push(actor.host.clone());
    if let Err(refused) = refuse(app, db, &hosts)? {
        return Ok(Err(refused));
    }
    let host = wire::host_of(&actor.uri).unwrap_or_default();
    let held_against_it = hosts::get(db, &host)?;
    let is_missed = held_against_it.fails > 0
        || held_against_it.retry_at.is_some()
        || deliveries::is_gone(db, inboxes(&actor))?;
    Ok(Ok(match is_missed {
        true => Speaker::Missed(actor, host),
        false => Speaker::Actor(actor),
    }))
}

/// Where an account elsewhere is spoken to.
fn inboxes(actor: &Whereabouts) -> [Option<&str>; 2] {
    [actor.inbox.as_deref(), actor.shared_inbox.as_deref()]
}

/// The servers of everybody and everything that an activity is about.
fn hosts_of(json: &Value) -> Vec<String> {
    let object = wire::get(json, "object");
    let about = [
        wire::get(json, "actor"),
        object,
        wire::get(object, "attributedTo"),
        wire::get(object, "actor"),
        wire::get(object, "object"),
        wire::get(json, "target"),
    ];
    let ids = about.into_iter().filter_map(wire::id_of);
    let mut hosts: Vec<String> = ids.filter_map(wire::host_of).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// Drops what comes from a server that is not spoken with, or is about something there: whoever says it, whatever copy is
/// sent along (the admins may have decided while it waited).
fn refuse(
    app: &App,
    db: &Connection,
    hosts: &[String],
) -> Result<std::result::Result<(), Failure>> {
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    Ok(match policy::refused(app, db, &hosts)?.is_empty() {
        true => Ok(()),
        false => Err(Failure::Refused("the server is not spoken with".into())),
    })
}

/// The signer of an item whose key was not known when it came. One look at the owner decides.
fn late_signer(
    app: &App,
    item: &ItemRow,
    budget: &Budget,
) -> std::result::Result<AccountId, Failure> {
    let refused = |reason: &str| Failure::Refused(reason.to_owned());
    let head = item.head.as_deref().unwrap_or_default();
    let received: Received = serde_json::from_str(head).map_err(|_| refused("the head is lost"))?;
    // Judged as of then: it may have waited since.
    let claim = signature::read(
        &received,
        Some(item.body.as_bytes()),
        app.base(),
        item.received_at,
    )
    .map_err(refused)?;
    let key = match app.fed().keys.remote(app, &claim.key_id)? {
        Some(key) if claim.is_by(&key.public) => key,
        Some(key) if !key.may_be_stale(Timestamp::now()) => {
            return Err(refused("the signature is wrong"));
        }
        known => {
            if let Some(known) = known {
                known.put_off(app, &claim.key_id)?;
                let address = claim.key_id.split('#').next().unwrap_or_default();
                app.fed().failures.forget(address);
            }
            super::resolve::key(app, &claim.key_id, budget)?
        }
    };
    if !claim.is_by(&key.public) {
        return Err(refused("the signature is wrong"));
    }
    app.db()
        .write(|tx| inbox_items::set_signer(tx, item.id, key.account))?;
    Ok(key.account)
}

/// As [`forwarded`], by a relay that we follow: it is asked to pass on so much.
fn relayed(
    app: &App,
    item: &ItemRow,
    json: &Value,
    budget: &Budget,
) -> std::result::Result<(), Failure> {
    let object = wire::id_of(wire::get(json, "object"));
    if let ("Delete", Some(object)) = (wire::type_of(json).1, object) {
        return delete::if_gone(app, object, budget, item.id);
    }
    if !super::relays::passed_on(app, json)? {
        log::debug!("more than is taken from relays");
    }
    Ok(app.db().write(|tx| inbox_items::done(tx, item.id))?)
}

/// Somebody passes on what another said: the words are not trusted, the origin is asked (federation.md 9.4).
fn forwarded(
    app: &App,
    item: &ItemRow,
    signer: &str,
    json: &Value,
    budget: Budget,
) -> std::result::Result<(), Failure> {
    let (_, kind) = wire::type_of(json);
    let object = wire::id_of(wire::get(json, "object"));
    let done = || app.db().write(|tx| inbox_items::done(tx, item.id));
    // Whoever makes us ask others may do so now and then only.
    let passer = Who::Name(signer.to_owned());
    if app.limiter().take(Rate::Forwarding, passer).is_err() {
        return Ok(done()?);
    }
    match (kind, object) {
        ("Create", Some(object)) => {
            super::resolve::object(app, object, &budget)?;
            done()?;
        }
        ("Update", Some(object)) => {
            app.fed().failures.forget(object);
            super::resolve::fresh_object(app, object, &budget)?;
            done()?;
        }
        ("Delete", Some(object)) => delete::if_gone(app, object, &budget, item.id)?,
        ("Announce" | "Like", Some(object))
            if app.db().read(|db| statuses::is_local(db, object))? =>
        {
            heard_at_origin(app, item, json, budget)?;
        }
        _ => done()?,
    }
    Ok(())
}

/// What somebody did to a post of ours, as the origin of the activity tells it; where it does not, nothing was done.
fn heard_at_origin(
    app: &App,
    item: &ItemRow,
    json: &Value,
    budget: Budget,
) -> std::result::Result<(), Failure> {
    let refused = |reason: &str| Failure::Refused(reason.to_owned());
    let id = wire::id_of(json).ok_or_else(|| refused("an activity without an id"))?;
    let found = super::resolve::document(app, id, &budget)?;
    let (said, is) = (wire::type_of(json), wire::type_of(&found));
    let actor = wire::id_of(wire::get(&found, "actor"))
        .filter(|actor| said == is && wire::same_host(actor, id))
        .ok_or_else(|| refused("the activity is another at its origin"))?;
    let account = super::resolve::actor(app, actor, &budget)?;
    let actor = app.db().read(|db| remote_accounts::by_id(db, account))?;
    let activity = Activity {
        app,
        id: Some(id),
        json: &found,
        actor: actor.ok_or_else(|| refused("the actor is gone"))?,
        recipient: None,
        budget,
        item: item.id,
        applied: Cell::new(false),
    };
    dispatch(&activity)?;
    match activity.applied.get() {
        true => Ok(()),
        false => activity.apply(|_| Ok(())).map(drop),
    }
}

/// The table of kinds.
fn dispatch(activity: &Activity) -> Handled {
    let (class, kind) = wire::type_of(activity.json);
    if class != Class::Activity {
        return Ok(Verdict::Ignored("not an activity that is known here"));
    }
    match kind {
        "Accept" => accept::accept(activity),
        "Add" => pin::add(activity),
        "Announce" => announce::announce(activity),
        "Block" => block::block(activity),
        "Create" => create::create(activity),
        "Delete" => delete::delete(activity),
        "EmojiReact" => like::emoji_react(activity),
        "Flag" => flag::flag(activity),
        "Follow" => follow::follow(activity),
        "Like" => like::like(activity),
        "Listen" => listen::listen(activity),
        "Move" => moves::moved(activity),
        "QuoteRequest" => quote_request::request(activity),
        "Reject" => accept::reject(activity),
        "Remove" => pin::remove(activity),
        "Undo" => undo::undo(activity),
        "Update" => update::update(activity),
        _ => Ok(Verdict::Ignored("nothing to do for it")),
    }
}

/// The moment that an activity names, within reason.
fn published(activity: &Activity) -> Timestamp {
    wire::time(wire::get(activity.json, "published"), Timestamp::now())
}
