//! Mascots: choosing another one.

use crate::db::{Tx, mascots};
use crate::error::Result;
use crate::ids::{AccountId, MediaId};
use crate::ops::media::{self, Stored, Words};

/// Makes stored files somebody's mascot; the one before goes, unless a post shows it.
pub fn put(tx: &Tx, owner: AccountId, stored: &Stored, original_name: &str) -> Result<MediaId> {
    let before = mascots::of(tx, owner)?;
    let id = media::add(tx, owner, stored, original_name, &Words::default())?;
    mascots::set(tx, owner, Some(id))?;
    if let Some(before) = before {
        media::remove_unused(tx, before)?;
    }
    Ok(id)
}
