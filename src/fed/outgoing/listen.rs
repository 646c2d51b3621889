//! `Listen`: what somebody listens to.

use rusqlite::Connection;

use super::Parcel;
use crate::db::{accounts, audience, scrobbles};
use crate::error::Result;
use crate::fed::documents::listen::Listen;
use crate::ids::ScrobbleId;

/// Somebody listens to something: to the followers.
pub fn listen(db: &Connection, id: ScrobbleId) -> Result<Option<Parcel>> {
    let Some(row) = scrobbles::by_id(db, id)? else {
        return Ok(None);
    };
    let Some(me) = accounts::by_id(db, row.account)? else {
        return Ok(None);
    };
    let inboxes = audience::of_followers(db, me.id)?;
    Parcel::new(me.id, &Listen::new(row, &me.uri), inboxes).map(Some)
}
