//! `Delete` of posts and of people.

use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::db::visibility::Visibility;
use crate::db::{accounts, audience};
use crate::error::Result;
use crate::fed::documents::Tombstone;
use crate::fed::wire::PUBLIC;
use crate::ids::AccountId;

/// A post is gone: to everybody who may have it. Nothing of it is told but the id.
pub fn post(
    db: &Connection,
    uri: &str,
    account: AccountId,
    visibility: i64,
    inboxes: &[String],
) -> Result<Option<Parcel>> {
    let Some(me) = accounts::by_id(db, account)? else {
        return Ok(None);
    };
    let to = match visibility == Visibility::Private as i64 {
        true => format!("{}/followers", me.uri),
        false => PUBLIC.to_owned(),
    };
    let stone = Tombstone::new(uri, None);
    let delete = Activity::new(format!("{uri}#delete"), "Delete", &me.uri, stone, vec![to]);
    Ok(Some(
        Parcel::new(account, &delete, inboxes.to_vec())?.later(),
    ))
}

/// Somebody is gone: to every server that is known.
pub fn actor(db: &Connection, account: AccountId) -> Result<Option<Parcel>> {
    let Some(me) = accounts::by_id(db, account)? else {
        return Ok(None);
    };
    let delete = Activity::new(
        format!("{}#delete", me.uri),
        "Delete",
        &me.uri,
        me.uri.clone(),
        vec![PUBLIC.into()],
    );
    Ok(Some(
        Parcel::new(account, &delete, audience::everybody(db)?)?.later(),
    ))
}
