//! `Block` and its undoing. Many servers show a Block to whom it is about, so none is sent unless the settings say so.

use rusqlite::Connection;

use super::{Activity, Parcel, activity_id};
use crate::app::App;
use crate::db::{accounts, audience};
use crate::error::Result;
use crate::ids::AccountId;

/// Somebody blocks somebody elsewhere, or no longer: to that person alone.
pub fn block(
    app: &App,
    db: &Connection,
    account: AccountId,
    target: AccountId,
    row: i64,
    undo: bool,
) -> Result<Option<Parcel>> {
    if !app.config().federation.outgoing_blocks {
        return Ok(None);
    }
    let pair = (accounts::by_id(db, account)?, accounts::by_id(db, target)?);
    let Some((me, target)) = pair.0.zip(pair.1) else {
        return Ok(None);
    };
    let to = vec![target.uri.clone()];
    let block = Activity::new(activity_id(app, row), "Block", &me.uri, target.uri, to);
    let inboxes = audience::of_people(db, &[target.id], true)?;
    Ok(Some(match undo {
        true => Parcel::new(account, &block.undone(), inboxes)?.later(),
        false => Parcel::new(account, &block, inboxes)?,
    }))
}
