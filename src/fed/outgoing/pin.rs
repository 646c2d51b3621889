//! `Add` and `Remove`: what somebody pins to the profile.

use rusqlite::Connection;
use serde::Serialize;

use super::{Parcel, actor_and_status};
use crate::db::audience;
use crate::error::Result;
use crate::fed::wire::PUBLIC;
use crate::ids::{AccountId, StatusId};

#[derive(Serialize)]
struct Pin {
    id: String,
    r#type: &'static str,
    actor: String,
    object: String,
    target: String,
    to: Vec<String>,
    cc: Vec<String>,
}

/// A post was pinned or unpinned: to the followers.
pub fn pin(
    db: &Connection,
    account: AccountId,
    status: StatusId,
    is_pinned: bool,
) -> Result<Option<Parcel>> {
    let Some((me, row)) = actor_and_status(db, account, status)? else {
        return Ok(None);
    };
    let (name, tail) = match is_pinned {
        true => ("Add", "adds"),
        false => ("Remove", "removes"),
    };
    let pin = Pin {
        id: format!("{}#{tail}/{}", me.uri, crate::ids::uuid()),
        r#type: name,
        object: row.uri,
        target: format!("{}/collections/featured", me.uri),
        to: vec![PUBLIC.into()],
        cc: vec![format!("{}/followers", me.uri)],
        actor: me.uri,
    };
    Parcel::new(account, &pin, audience::of_followers(db, account)?).map(Some)
}
