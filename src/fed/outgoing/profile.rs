//! `Update` of an actor.

use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::app::App;
use crate::db::{accounts, audience};
use crate::error::Result;
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
