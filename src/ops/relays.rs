//! Relays: following them, what they answer, and telling them what is new here (federation.md 9.5).

use super::outgoing::{self, Outgoing};
use crate::db::relays::{self, Kind, RelayRow, State};
use crate::db::visibility::Visibility;
use crate::db::{Tx, accounts};
use crate::error::Result;
use crate::ids::{AccountId, RelayId, StatusId};
use crate::ops::moderation_log::{Subject, record};
use crate::ops::sessions::Viewer;

/// A relay, as it was found.
#[derive(Clone, Debug)]
pub struct NewRelay {
    /// As the admin named it.
    pub url: String,
    /// How it works.
    pub kind: Kind,
    /// Where it is spoken to.
    pub inbox: String,
    /// Its actor, where that is known.
    pub account: Option<AccountId>,
}

/// Asks a relay to let us follow it; one that was asked before is asked again.
pub fn follow(tx: &Tx, actor: Option<&Viewer>, new: NewRelay) -> Result<()> {
    let row = RelayRow {
        id: RelayId::new(),
        url: new.url,
        kind: new.kind,
        inbox: new.inbox,
        account: new.account,
        state: State::Asked,
    };
    relays::insert(tx, &row)?;
    outgoing::push(tx, &Outgoing::FollowRelay { relay: row.id })?;
    let did = format!("followed relay: {}", row.url);
    record(tx, actor, "relay_follow", &[subject(&row.url)], &did)
}

/// Ends that; `false` when the relay was not followed.
pub fn unfollow(tx: &Tx, actor: Option<&Viewer>, url: &str) -> Result<bool> {
    let Some(row) = relays::by_url(tx, url)? else {
        return Ok(false);
    };
    relays::remove(tx, url)?;
    let undo = Outgoing::UndoFollowRelay {
        relay: row.id,
        object: object(tx, &row)?,
        inbox: row.inbox,
    };
    outgoing::push(tx, &undo)?;
    let did = format!("unfollowed relay: {url}");
    record(tx, actor, "relay_unfollow", &[subject(url)], &did)?;
    Ok(true)
}

fn subject(url: &str) -> Subject {
    Subject {
        id: url.to_owned(),
        kind: "relay",
        nickname: None,
    }
}

/// Whom our Follow names: the relay's actor; `None` is everybody, as relays of Mastodon's kind want it.
pub fn object(db: &rusqlite::Connection, relay: &RelayRow) -> Result<Option<String>> {
    match (relay.kind, relay.account) {
        (Kind::LitePub, Some(account)) => Ok(accounts::uris(db, &[account])?.pop()),
        _ => Ok(None),
    }
}

/// A relay answers; who says so is that relay.
pub fn answered(tx: &Tx, relay: &RelayRow, by: AccountId, accepted: bool) -> Result<()> {
    let state = match accepted {
        true => State::Accepted,
        false => State::Refused,
    };
    relays::answered(tx, relay.id, by, state)
}

/// Somebody elsewhere asks to follow the server itself, by the Follow of that id. Relays that we follow may; nobody else.
pub fn asked(tx: &Tx, from: AccountId, uri: Option<&str>, object: &str) -> Result<()> {
    let relays = relays::of_account(tx, from)?;
    let answer = Outgoing::AnswerRelay {
        follower: from,
        uri: uri.map(str::to_owned),
        object: object.to_owned(),
        accepted: relays.iter().any(|relay| relay.state != State::Refused),
    };
    outgoing::push(tx, &answer)
}

/// A post is new here: relays that go by ids are told, if it is for everybody. Says whether those of the other kind are to get
/// it like followers.
pub fn told(tx: &Tx, status: StatusId, visibility: Visibility) -> Result<bool> {
    if visibility != Visibility::Public {
        return Ok(false);
    }
    let followed = relays::all(tx)?;
    let any = |kind: Kind| {
        let mut accepted = followed
            .iter()
            .filter(|relay| relay.state == State::Accepted);
        accepted.any(|relay| relay.kind == kind)
    };
    if any(Kind::LitePub) {
        outgoing::push(tx, &Outgoing::AnnounceToRelays { status })?;
    }
    Ok(any(Kind::Mastodon))
}
