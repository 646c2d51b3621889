//! Tags: following them, and what that does to the home timeline.

use crate::db::{Tx, home, tags};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::text::mentions;

/// Tags that one person may follow: every one is asked for with each post that has it.
const MAX_FOLLOWED: i64 = 500;

/// The folded name of a tag; 404 for what can be none.
pub fn name(typed: &str) -> Result<String> {
    mentions::hashtag(typed).ok_or(Error::record())
}

/// Follows a tag: its public posts appear at home from now on, the newest of the older ones at once.
pub fn follow(tx: &Tx, me: AccountId, name: &str) -> Result<()> {
    let tag = tags::put(tx, name)?;
    if !tags::follow(tx, me, tag)? {
        return Ok(());
    }
    if tags::count_followed(tx, me)? > MAX_FOLLOWED {
        return Err(Error::Invalid(format!(
            "There are no more than {MAX_FOLLOWED} followed tags"
        )));
    }
    home::backfill_tag(tx, me, tag)
}

/// Ends the follow of a tag.
pub fn unfollow(tx: &Tx, me: AccountId, name: &str) -> Result<()> {
    match tags::find(tx, name)? {
        Some(tag) if tags::unfollow(tx, me, tag)? => home::remove_tag(tx, me, tag),
        _ => Ok(()),
    }
}
