//! `Delete` of posts, chat messages and people.

use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::clock::Timestamp;
use crate::db::{accounts, audience};
use crate::error::Result;
use crate::fed::documents::Tombstone;
use crate::fed::wire::PUBLIC;
use crate::ids::AccountId;

/// A post or a chat message is gone: to everybody who may have it. Nothing of it is told but the id and when.
pub fn object(
    db: &Connection,
    uri: &str,
    account: AccountId,
    to: Option<&[String]>,
    inboxes: &[String],
) -> Result<Option<Parcel>> {
    let Some(me) = accounts::by_id(db, account)? else {
        return Ok(None);
    };
    let to = to.map_or_else(|| vec![PUBLIC.to_owned()], <[String]>::to_vec);
    let stone = Tombstone::new(uri, Some(Timestamp::now()));
    let delete = Activity::new(format!("{uri}#delete"), "Delete", &me.uri, stone, to);
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
