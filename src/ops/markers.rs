//! Read markers: how far somebody read a timeline, told to all of the reader's clients.

use crate::db::{Tx, markers};
use crate::error::Result;
use crate::events::Event;
use crate::ids::AccountId;

/// Sets a marker, forward or back.
pub fn set(tx: &Tx, owner: AccountId, timeline: &'static str, last_read_id: i64) -> Result<()> {
    markers::set(tx, owner, timeline, last_read_id)?;
    tx.emit(Event::Marker { owner, timeline });
    Ok(())
}

/// Moves a marker forward, never back.
pub fn advance(tx: &Tx, owner: AccountId, timeline: &'static str, last_read_id: i64) -> Result<()> {
    if markers::advance(tx, owner, timeline, last_read_id)? {
        tx.emit(Event::Marker { owner, timeline });
    }
    Ok(())
}
