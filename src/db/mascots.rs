//! Mascots: a picture that front ends show beside the composer. It is a row of `media` that hangs on its owner.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::ids::{AccountId, MediaId};

/// A user's mascot, if one was chosen.
pub fn of(db: &Connection, user: AccountId) -> Result<Option<MediaId>> {
    let found = db
        .prepare_cached("SELECT mascot_id FROM users WHERE account_id = ?1")?
        .query_row(params![user], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Chooses a mascot, or none.
pub fn set(db: &Connection, user: AccountId, mascot: Option<MediaId>) -> Result<()> {
    db.prepare_cached("UPDATE users SET mascot_id = ?2 WHERE account_id = ?1")?
        .execute(params![user, mascot])?;
    Ok(())
}
