//! Actors (federation.md 6.4).

use serde_json::{Value, json};

use super::{Refusal, cut, emojis, plain};
use crate::clock::Timestamp;
use crate::db::remote_accounts::RemoteAccount;
use crate::fed::wire::{self, Class};
use crate::text::html;

/// Fields of a profile that are read (security.md 2) …
pub const MAX_FIELDS: usize = 20;

/// … and the lengths of their parts.
const FIELD_NAME: usize = 512;
const FIELD_VALUE: usize = 2048;

/// Characters of a display name and of a biography.
const NAME: usize = 100;
const BIO: usize = 10_000;

/// Other ids of the same person.
const MAX_ALIASES: usize = 10;

/// An actor as it was read.
#[derive(Debug)]
pub struct Actor {
    /// What is stored of it; its host is that of the id until WebFinger says otherwise.
    pub account: RemoteAccount,
    /// Ids and PEM texts of its keys.
    pub keys: Vec<(String, String)>,
    /// The handle that it gives itself (FEP-2c59).
    pub webfinger: Option<String>,
    /// It, or its server, says that RFC 9421 is understood there (FEP-844e).
    pub takes_rfc9421: bool,
    /// The id of where it moved.
    pub moved_to: Option<String>,
}

/// Reads an actor document.
pub fn read(document: &Value) -> Result<Actor, Refusal> {
    let (class, actor_type) = wire::type_of(document);
    if class != Class::Actor {
        return Err("not an actor");
    }
    let id = wire::id_of(document).ok_or("an actor without an id")?;
    let host = wire::host_of(id).ok_or("the id of an actor has no host")?;
    let inbox = address(document, "inbox").ok_or("an actor without an inbox")?;
    if !wire::same_host(id, inbox) {
        return Err("the inbox of an actor is on another host");
    }
    let username = username(document, id, &host).ok_or("an actor without a name")?;
    let now = Timestamp::now();
    let display_name = wire::text(document, "name").map_or("", |text| text.text);
    let note = wire::text(document, "summary").map_or("", |text| text.text);
    let moved_to = wire::id_of(wire::get(document, "movedTo")).map(str::to_owned);
    let account = RemoteAccount {
        url: wire::link(wire::get(document, "url"), "text/html")
            .unwrap_or(id)
            .to_owned(),
        actor_type,
        display_name: plain(display_name, NAME),
        note: html::sanitize(cut(note, BIO)),
        fields: fields(wire::get(document, "attachment")),
        emojis: emojis(wire::get(document, "tag")),
        avatar: picture(document, "icon"),
        header: picture(document, "image"),
        locked: wire::boolean(wire::get(document, "manuallyApprovesFollowers")).unwrap_or(false),
        discoverable: wire::boolean(wire::get(document, "discoverable")).unwrap_or(false),
        accepts_chat_messages: wire::boolean(wire::get(
            wire::get(document, "capabilities"),
            "acceptsChatMessages",
        )),
        also_known_as: {
            let mut aliases = wire::ids(wire::get(document, "alsoKnownAs"));
            aliases.truncate(MAX_ALIASES);
            json!(aliases).to_string()
        },
        inbox: inbox.to_owned(),
        shared_inbox: shared_inbox(document, id),
        outbox: own(document, "outbox", id),
        followers_uri: own(document, "followers", id),
        following_uri: own(document, "following", id),
        featured_uri: own(document, "featured", id),
        created_at: wire::time(wire::get(document, "published"), now),
        suspended: wire::boolean(wire::get(document, "suspended")).unwrap_or(false),
        uri: id.to_owned(),
        username,
        host,
    };
    Ok(Actor {
        keys: keys(document, id),
        webfinger: wire::get(document, "webfinger").as_str().map(str::to_owned),
        takes_rfc9421: [document, wire::get(document, "generator")]
            .iter()
            .any(|who| implements_rfc9421(who)),
        moved_to: moved_to.filter(|target| target != id),
        account,
    })
}

fn implements_rfc9421(who: &Value) -> bool {
    let standards = wire::many(wire::get(who, "implements")).iter();
    standards
        .filter_map(|standard| wire::link(standard, "").or_else(|| wire::id_of(standard)))
        .any(|standard| standard.contains("rfc9421"))
}

fn address<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    wire::id_of(wire::get(document, name))
}

/// A collection of the actor, which has to live where it does.
fn own(document: &Value, name: &str, id: &str) -> Option<String> {
    address(document, name)
        .filter(|uri| wire::same_host(uri, id))
        .map(str::to_owned)
}

fn shared_inbox(document: &Value, id: &str) -> Option<String> {
    let endpoints = wire::get(document, "endpoints");
    own(endpoints, "sharedInbox", id).or_else(|| own(document, "sharedInbox", id))
}

/// `preferredUsername`, else the last part of the id, else the host.
fn username(document: &Value, id: &str, host: &str) -> Option<String> {
    let last = id.trim_end_matches('/').rsplit('/').next();
    [
        wire::get(document, "preferredUsername").as_str(),
        last,
        Some(host),
    ]
    .into_iter()
    .flatten()
    .map(|name| {
        let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        name.trim_start_matches('@')
            .chars()
            .filter(fits)
            .take(64)
            .collect::<String>()
    })
    .find(|name| !name.is_empty())
}

/// The picture itself, where several sizes are given the last: they are listed in ascending order.
fn picture(document: &Value, name: &str) -> Option<String> {
    let pictures = wire::many(wire::get(document, name));
    pictures
        .iter()
        .rev()
        .find_map(|picture| wire::link(picture, "image/"))
        .map(str::to_owned)
}

fn fields(attachments: &Value) -> String {
    let fields = wire::many(attachments).iter().filter_map(|attachment| {
        let kind = wire::get(attachment, "type").as_str()?;
        let is_field = matches!(kind, "PropertyValue" | "schema:PropertyValue");
        let name = wire::get(attachment, "name")
            .as_str()
            .filter(|_| is_field)?;
        let value = wire::get(attachment, "value").as_str()?;
        Some(json!({
            "name": plain(name, FIELD_NAME),
            "value": html::sanitize(cut(value, FIELD_VALUE)),
            "verified_at": null,
        }))
    });
    Value::Array(fields.take(MAX_FIELDS).collect()).to_string()
}

/// Keys that say they are this actor's.
fn keys(document: &Value, id: &str) -> Vec<(String, String)> {
    let keys = wire::many(wire::get(document, "publicKey")).iter();
    keys.filter_map(|key| {
        let key_id = wire::id_of(key)?;
        let pem = wire::get(key, "publicKeyPem").as_str()?;
        let owner = wire::id_of(wire::get(key, "owner"));
        let is_own = owner.is_none_or(|owner| owner == id) && wire::same_host(key_id, id);
        is_own.then(|| (key_id.to_owned(), pem.to_owned()))
    })
    .take(4)
    .collect()
}
