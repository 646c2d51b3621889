//! `Update` of an actor.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::app::App;
use crate::db::{accounts, audience};
use crate::error::{Error, Result};
use crate::fed::documents::actor;
use crate::fed::keys::FRAGMENT;
use crate::fed::wire::PUBLIC;
use crate::ids::AccountId;

/// Somebody's profile changed: to the followers. Where the key was never needed, nobody follows.
pub fn update(app: &App, db: &Connection, account: AccountId) -> Result<Option<Parcel>> {
    let (row, key) = (
        accounts::by_id(db, account)?,
        crate::db::account_keys::own(db, account)?,
    );
    let Some((row, key)) = row.zip(key) else {
        return Ok(None);
    };
    let key = actor::PublicKey::new(&format!("{}{FRAGMENT}", row.uri), &row.uri, &key.public_pem);
    let moved_to = accounts::moved_to(db, account)?;
    let person = actor::person(app.house(), &row, key, moved_to);
    let id = format!("{}#updates/{}", row.uri, row.rev);
    let update = Activity::new(id, "Update", &row.uri, person.thing, vec![PUBLIC.into()]);
    let inboxes = audience::of_followers(db, account)?;
    let mut parcel = Parcel::new(account, &update, inboxes)?;
    // The first to go when the queue is full: the next change says all of it again.
    parcel.urgency = 3;
    Ok(Some(parcel))
}

/// Somebody has another key: the same in a word that the one before signs, ahead of all that the new one will sign.
pub fn new_key(
    app: &App,
    db: &Connection,
    account: AccountId,
    former: &str,
) -> Result<Option<Parcel>> {
    let parcel = update(app, db, account)?;
    let former = BASE64_STANDARD.decode(former).map_err(Error::internal)?;
    Ok(parcel.map(|parcel| Parcel {
        urgency: 0,
        former_key: Some(former),
        ..parcel
    }))
}
