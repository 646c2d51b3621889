//! Inboxes: what other servers say comes in here. Each check is cheap before it is dear; what is taken is written down, and acted
//! upon later where that may take its time, so that nobody waits for us and a crash loses nothing (federation.md 4.1, 8.1).

use serde_json::Value;

use super::actors::{self, Found};
use super::caller;
use super::follower_sync;
use super::incoming::ready::{self, Ready};
use super::intake::{Arrival, Coming, Taken};
use super::policy;
use super::signature::{self, Claim, Received};
use super::wire::{self, Class};
use crate::clock::Timestamp;
use crate::db::inbox_items::{self, NewItem};
use crate::db::{accounts, seen_activities};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::server_keys;
use crate::web::ctx::Ctx;
use crate::web::rate::{Class as Rate, Who};
use crate::web::reply::Reply;

/// `POST /inbox`
pub fn shared(cx: &Ctx) -> Result<Reply> {
    receive(cx, None)
}

/// `POST /users/{name}/inbox`
pub fn personal(cx: &Ctx) -> Result<Reply> {
    match actors::find(cx)? {
        Found::Gone(reply) => Ok(reply),
        Found::Here(row) => receive(cx, Some(row.id)),
    }
}

/// What is said, as far as it must be right before anybody looks closer.
struct Letter<'a> {
    id: Option<&'a str>,
    actor: &'a str,
    host: String,
    /// Somebody says that they themselves are gone.
    is_farewell: bool,
}

fn receive(cx: &Ctx, recipient: Option<AccountId>) -> Result<Reply> {
    check_type(cx.header("Content-Type"))?;
    let coming = cx.app.fed().intake.announce();
    let document =
        wire::parse(&cx.body).map_err(|_| malformed("The body is not one JSON object"))?;
    let letter = read(&document)?;
    let received = caller::received(cx);
    let claim = signature::read(&received, Some(&cx.body), cx.app.base(), Timestamp::now())
        .map_err(unsigned)?;
    refuse_our_own(cx, &claim)?;
    let Seen { refused, known } = look(cx, &claim, &letter)?;
    // They would only try again if they were told.
    if refused {
        return Ok(taken());
    }
    let signer = verify(cx, &claim)?;
    // A name that is only claimed is not counted against: others would use it up.
    let counted = match signer {
        Some(_) => Who::Name(letter.host.clone()),
        None => Who::address(cx.address),
    };
    cx.app.limiter().take(Rate::Inbox, counted)?;
    if known || is_pointless(cx, &letter)? {
        return Ok(taken());
    }
    if let (Some(signer), Some(header)) = (signer, received.header(follower_sync::HEADER)) {
        follower_sync::compare(cx.app, signer, &header)?;
    }
    take(cx, coming, &document, &letter, signer, recipient, &received)
}

/// What the database says before anybody looks closer.
struct Seen {
    /// Nothing is taken from the key's server or the actor's.
    refused: bool,
    /// It was here before.
    known: bool,
}

fn look(cx: &Ctx, claim: &Claim, letter: &Letter) -> Result<Seen> {
    let key_host = wire::host_of(&claim.key_id).filter(|host| *host != letter.host);
    let hosts: Vec<&str> = key_host
        .as_deref()
        .into_iter()
        .chain([letter.host.as_str()])
        .collect();
    cx.app.db().read(|db| {
        Ok(Seen {
            refused: !policy::refused(cx.app, db, &hosts)?.is_empty(),
            known: match letter.id {
                Some(id) => seen_activities::contains(db, id)?,
                None => false,
            },
        })
    })
}

/// 202, whatever becomes of it.
fn taken() -> Reply {
    Reply::empty(202)
}

fn malformed(text: &str) -> Error {
    Error::BadRequest(text.into())
}

fn unsigned(reason: &str) -> Error {
    Error::Status(
        401,
        format!("The request is not signed as it must be: {reason}"),
    )
}

fn check_type(content_type: Option<&str>) -> Result<()> {
    let media_type = content_type.unwrap_or_default().split(';').next();
    match media_type
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "application/activity+json" | "application/ld+json" | "application/json" => Ok(()),
        _ => Err(Error::Status(
            415,
            "An inbox takes application/activity+json".into(),
        )),
    }
}

fn read(document: &Value) -> Result<Letter<'_>> {
    let has_type = wire::many(wire::get(document, "type"))
        .iter()
        .any(Value::is_string);
    if !has_type {
        return Err(malformed("The activity has no type"));
    }
    let actor =
        wire::id_of(wire::get(document, "actor")).ok_or(malformed("The activity has no actor"))?;
    let host = wire::host_of(actor).ok_or(malformed("The actor's id has no host"))?;
    let id = match wire::get(document, "id") {
        Value::Null => None,
        Value::String(id) if wire::is_id(id) => Some(id.as_str()),
        _ => return Err(malformed("The activity's id is not one")),
    };
    if id.is_some_and(|id| !wire::same_host(id, actor)) {
        return Err(malformed(
            "The activity and its actor are on different hosts",
        ));
    }
    let object = wire::id_of(wire::get(document, "object"));
    Ok(Letter {
        id,
        actor,
        host,
        is_farewell: wire::type_of(document) == (Class::Activity, "Delete")
            && object == Some(actor),
    })
}

/// What claims to be signed by one of us came from outside: anybody can claim that, and is refused. Whose signature is right has
/// a key of ours, and the admins hear of it (security.md A12).
fn refuse_our_own(cx: &Ctx, claim: &Claim) -> Result<()> {
    if wire::host_of(&claim.key_id).as_deref() != Some(cx.app.base().authority()) {
        return Ok(());
    }
    let own = cx.app.fed().keys.own_public(cx.app, &claim.key_id)?;
    let (key, from) = (claim.key_id.escape_debug(), cx.address);
    if own.is_some_and(|own| claim.is_by(&own)) {
        log::error!("a request from outside ({from}) is signed with a key of this server: {key}");
        let (site, key) = (cx.app.site(), claim.key_id.as_str());
        cx.app
            .db()
            .write(|tx| server_keys::misused(tx, &site, key, &from.to_string()))?;
    } else {
        log::warn!(
            "a request from outside ({from}) claims to be signed with a key of this server: {key}"
        );
    }
    Err(unsigned("the key is of this server"))
}

/// The signer, if the key is known and right. A key that is not known, or may have been changed, is looked at later; a
/// signature that is wrong is refused at once, so that the sender can try the other standard.
fn verify(cx: &Ctx, claim: &Claim) -> Result<Option<AccountId>> {
    let Some(key) = cx.app.fed().keys.remote(cx.app, &claim.key_id)? else {
        return Ok(None);
    };
    if claim.is_by(&key.public) {
        return Ok(Some(key.account));
    }
    // What waits may be the news of another key.
    let is_about_to_change = || {
        let db = cx.app.db();
        db.read(|db| inbox_items::are_waiting(db, key.account))
    };
    match key.may_be_stale(Timestamp::now()) || is_about_to_change()? {
        true => Ok(None),
        false => Err(unsigned("the signature is wrong")),
    }
}

/// Farewells of people we never heard of need no look at their keys, which are gone with them.
fn is_pointless(cx: &Ctx, letter: &Letter) -> Result<bool> {
    if !letter.is_farewell {
        return Ok(false);
    }
    let known = cx.app.db().read(|db| accounts::by_uri(db, letter.actor))?;
    Ok(known.is_none())
}

fn take(
    cx: &Ctx,
    coming: Coming,
    document: &Value,
    letter: &Letter,
    signer: Option<AccountId>,
    recipient: Option<AccountId>,
    received: &Received,
) -> Result<Reply> {
    let body = str::from_utf8(&cx.body).map_err(|_| malformed("The body is not UTF-8"))?;
    let head = match signer {
        Some(_) => None,
        None => Some(serde_json::to_string(received)?),
    };
    let item = NewItem {
        actor: letter.actor.to_owned(),
        host: letter.host.clone(),
        signer,
        recipient,
        head,
        body: body.to_owned(),
    };
    let ready = ready(cx, document, signer, recipient)?;
    let fed = cx.app.fed();
    match fed
        .intake
        .take(cx.app.db(), Arrival { item, ready }, coming)?
    {
        Taken::Applied => {}
        Taken::Kept => fed.readers.ring(),
        Taken::Refused => return Err(Error::Throttled { retry_after: 300 }),
    }
    Ok(taken())
}

/// The post that it is, where nobody need be asked for it.
fn ready(
    cx: &Ctx,
    document: &Value,
    signer: Option<AccountId>,
    recipient: Option<AccountId>,
) -> Result<Option<Ready>> {
    if signer.is_none() || !ready::is_post(document) {
        return Ok(None);
    }
    let author = cx
        .app
        .db()
        .read(|db| ready::author(cx.app, db, signer, recipient, document))?;
    Ok(author.and_then(|author| Ready::read(author, recipient, document)))
}
