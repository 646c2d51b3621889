//! Actors: local people, and the server itself (federation.md 2).

use serde::{Deserialize, Serialize};

use super::{Document, Image, Tag, emoji_tags};
use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::db::accounts::AccountRow;
use crate::views::House;

/// An actor document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    id: String,
    r#type: String,
    preferred_username: String,
    name: String,
    webfinger: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Timestamp>,
    inbox: String,
    outbox: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    followers: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    following: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    featured: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    featured_tags: Option<String>,
    endpoints: Endpoints,
    public_key: PublicKey,
    manually_approves_followers: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    discoverable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    indexable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invisible: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Capabilities>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_known_as: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
    attachment: Vec<PropertyValue>,
    tag: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoints {
    shared_inbox: String,
    oauth_authorization_endpoint: String,
    oauth_registration_endpoint: String,
    oauth_token_endpoint: String,
}

/// A key as its owner shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKey {
    id: String,
    owner: String,
    public_key_pem: String,
}

impl PublicKey {
    /// The key of an actor.
    pub fn new(id: &str, owner: &str, pem: &str) -> PublicKey {
        PublicKey {
            id: id.to_owned(),
            owner: owner.to_owned(),
            public_key_pem: pem.to_owned(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Capabilities {
    accepts_chat_messages: bool,
}

#[derive(Serialize)]
struct PropertyValue {
    r#type: &'static str,
    name: String,
    value: String,
}

/// A profile field as it is stored.
#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

/// A local account; `moved_to` is the actor id of where it went.
pub fn person(
    house: &House,
    row: &AccountRow,
    key: PublicKey,
    moved_to: Option<String>,
) -> Document<Actor> {
    let base = &house.base;
    let below = |tail: &str| format!("{}{tail}", row.uri);
    let picture = |file: &Option<String>| {
        file.as_ref()
            .map(|file| Image::new(format!("{base}/media/{file}")))
    };
    let fields: Vec<Field> = serde_json::from_str(&row.fields).unwrap_or_default();
    let texts = [&*row.display_name, &row.note, &row.fields];
    Document::new(Actor {
        id: row.uri.clone(),
        r#type: row.actor_type.clone(),
        preferred_username: row.username.clone(),
        name: match row.display_name.is_empty() {
            true => row.username.clone(),
            false => row.display_name.clone(),
        },
        webfinger: format!("{}@{}", row.username, base.domain()),
        summary: Some(row.note.clone()),
        url: row.url.clone(),
        published: Some(row.created_at),
        inbox: below("/inbox"),
        outbox: below("/outbox"),
        followers: Some(below("/followers")),
        following: Some(below("/following")),
        featured: Some(below("/collections/featured")),
        featured_tags: Some(below("/collections/tags")),
        endpoints: endpoints(base),
        public_key: key,
        manually_approves_followers: row.locked,
        discoverable: Some(row.discoverable),
        indexable: Some(row.discoverable),
        invisible: None,
        capabilities: row
            .accepts_chat_messages
            .map(|accepts_chat_messages| Capabilities {
                accepts_chat_messages,
            }),
        also_known_as: serde_json::from_str(&row.also_known_as).unwrap_or_default(),
        moved_to,
        icon: picture(&row.avatar),
        image: picture(&row.header),
        attachment: fields
            .into_iter()
            .map(|field| PropertyValue {
                r#type: "PropertyValue",
                name: field.name,
                value: field.value,
            })
            .collect(),
        tag: emoji_tags(&texts, &house.emojis, base),
    })
}

/// The server itself: it signs what no person asks for.
pub fn instance(base: &BaseUrl, name: &str, key: PublicKey) -> Document<Actor> {
    of_server(
        base,
        crate::fed::instance_actor(base),
        base.domain(),
        name,
        key,
    )
}

/// The server as relays know it.
pub fn relay(base: &BaseUrl, name: &str, key: PublicKey) -> Document<Actor> {
    of_server(base, crate::fed::relay_actor(base), "relay", name, key)
}

fn of_server(
    base: &BaseUrl,
    id: String,
    username: &str,
    name: &str,
    key: PublicKey,
) -> Document<Actor> {
    Document::new(Actor {
        r#type: "Application".into(),
        preferred_username: username.to_owned(),
        name: name.to_owned(),
        webfinger: format!("{username}@{}", base.domain()),
        summary: None,
        url: base.join("/"),
        published: None,
        inbox: base.join("/inbox"),
        outbox: format!("{id}/outbox"),
        followers: None,
        following: None,
        featured: None,
        featured_tags: None,
        endpoints: endpoints(base),
        public_key: key,
        manually_approves_followers: true,
        discoverable: None,
        indexable: None,
        invisible: Some(true),
        capabilities: None,
        also_known_as: Vec::new(),
        moved_to: None,
        icon: None,
        image: None,
        attachment: Vec::new(),
        tag: Vec::new(),
        id,
    })
}

fn endpoints(base: &BaseUrl) -> Endpoints {
    Endpoints {
        shared_inbox: base.join("/inbox"),
        oauth_authorization_endpoint: base.join("/oauth/authorize"),
        oauth_registration_endpoint: base.join("/api/v1/apps"),
        oauth_token_endpoint: base.join("/oauth/token"),
    }
}

/// What a stranger may see where fetches must be signed: enough to check a signature, so that two servers which both
/// demand them do not wait for each other (federation.md 2.1).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stub {
    id: String,
    r#type: String,
    preferred_username: String,
    inbox: String,
    outbox: String,
    public_key: PublicKey,
}

/// The stub of a local account.
pub fn stub(row: &AccountRow, key: PublicKey) -> Document<Stub> {
    Document::new(Stub {
        id: row.uri.clone(),
        r#type: row.actor_type.clone(),
        preferred_username: row.username.clone(),
        inbox: format!("{}/inbox", row.uri),
        outbox: format!("{}/outbox", row.uri),
        public_key: key,
    })
}
