//! What the server says to relays: `Follow` and its undoing, the answer to their own, and `Announce` of posts.

use rusqlite::Connection;

use super::{Activity, Parcel, activity_id, written};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::relays::{self, Kind};
use crate::db::visibility::Visibility;
use crate::db::{accounts, audience, statuses};
use crate::error::Result;
use crate::fed::keys::Signer;
use crate::fed::outgoing::Copy;
use crate::fed::wire::PUBLIC;
use crate::fed::{instance_actor, relay_actor};
use crate::ids::{AccountId, RelayId, StatusId};
use crate::ops;

fn parcel(
    signer: Signer,
    activity: &impl serde::Serialize,
    inboxes: Vec<String>,
) -> Result<Option<Parcel>> {
    Ok(Some(Parcel {
        signer,
        copies: vec![Copy {
            json: written(activity)?,
            inboxes,
        }],
        status: None,
        create: None,
        urgency: 0,
        former_key: None,
    }))
}

fn wish(app: &App, relay: RelayId, object: Option<String>) -> Activity<String> {
    let object = object.unwrap_or_else(|| PUBLIC.to_owned());
    Activity::new(
        activity_id(app, relay.0),
        "Follow",
        &relay_actor(app.base()),
        object.clone(),
        vec![object],
    )
}

/// We want to follow a relay.
pub fn follow(app: &App, db: &Connection, relay: RelayId) -> Result<Option<Parcel>> {
    let Some(row) = relays::by_id(db, relay)? else {
        return Ok(None);
    };
    let follow = wish(app, relay, ops::relays::object(db, &row)?);
    parcel(Signer::Relay, &follow, vec![row.inbox])
}

/// And not any more.
pub fn undo(
    app: &App,
    relay: RelayId,
    object: Option<&str>,
    inbox: &str,
) -> Result<Option<Parcel>> {
    let undo = wish(app, relay, object.map(str::to_owned)).undone();
    parcel(Signer::Relay, &undo, vec![inbox.to_owned()])
}

/// The answer to who wants to follow the server itself, by the name that they asked for.
pub fn answer(
    app: &App,
    db: &Connection,
    follower: AccountId,
    uri: Option<&str>,
    object: &str,
    accepted: bool,
) -> Result<Option<Parcel>> {
    let Some(follower) = accounts::by_id(db, follower)? else {
        return Ok(None);
    };
    let (signer, me) = match object == instance_actor(app.base()) {
        true => (Signer::Instance, instance_actor(app.base())),
        false => (Signer::Relay, relay_actor(app.base())),
    };
    let (name, tail) = match accepted {
        true => ("Accept", "accepts"),
        false => ("Reject", "rejects"),
    };
    let asked = uri.map_or_else(|| format!("{}#follow", follower.uri), str::to_owned);
    let to = vec![object.to_owned()];
    let request = Activity::new(asked, "Follow", &follower.uri, object.to_owned(), to);
    let id = format!("{me}#{tail}/{}", crate::ids::uuid());
    let answer = Activity::new(id, name, &me, request, vec![follower.uri.clone()]);
    let inboxes = audience::of_people(db, &[follower.id], true)?;
    parcel(signer, &answer, inboxes)
}

/// A post is new, to relays that go by its id.
pub fn announce(app: &App, db: &Connection, status: StatusId) -> Result<Option<Parcel>> {
    let row = statuses::by_ids(db, &[status])?.pop();
    let Some(row) = row.filter(|row| row.visibility == Visibility::Public) else {
        return Ok(None);
    };
    let mut announce = Activity::new(
        format!("{}#relay", row.uri),
        "Announce",
        &relay_actor(app.base()),
        row.uri,
        vec![PUBLIC.into()],
    );
    announce.published = Some(Timestamp::now());
    let told = parcel(
        Signer::Relay,
        &announce,
        relays::inboxes(db, Kind::LitePub)?,
    )?;
    // Whoever was told of it hears of its end.
    Ok(told.map(|parcel| Parcel {
        status: Some(status),
        ..parcel
    }))
}
