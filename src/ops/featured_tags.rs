//! Tags that people show on their profiles.

use crate::db::featured_tags::{self, FeaturedTagRow};
use crate::db::{Tx, tags};
use crate::error::{Error, Result};
use crate::ids::{AccountId, FeaturedTagId};

/// Tags on one profile.
pub const MAX_FEATURED_TAGS: usize = 10;

/// Puts a tag on one's profile; twice is once.
pub fn feature(tx: &Tx, me: AccountId, name: &str) -> Result<()> {
    create(tx, me, name).map(drop)
}

/// Puts a tag on one's profile and returns the entry, the same one when done twice.
pub fn create(tx: &Tx, me: AccountId, name: &str) -> Result<FeaturedTagRow> {
    let tag = tags::put(tx, name)?;
    if featured_tags::find(tx, me, tag)?.is_none() {
        if featured_tags::of(tx, me)?.len() >= MAX_FEATURED_TAGS {
            return Err(Error::Invalid(format!(
                "There are no more than {MAX_FEATURED_TAGS} featured tags"
            )));
        }
        featured_tags::insert(tx, me, tag)?;
    }
    let mut all = featured_tags::of(tx, me)?.into_iter();
    all.find(|row| row.tag == tag).ok_or(Error::record())
}

/// Takes a tag off one's profile, if it is there.
pub fn unfeature(tx: &Tx, me: AccountId, name: &str) -> Result<()> {
    let Some(tag) = tags::find(tx, name)? else {
        return Ok(());
    };
    match featured_tags::find(tx, me, tag)? {
        Some(entry) => delete(tx, me, entry),
        None => Ok(()),
    }
}

/// Takes a tag off one's profile; 404 when the entry is not one's own.
pub fn delete(tx: &Tx, me: AccountId, entry: FeaturedTagId) -> Result<()> {
    match featured_tags::delete(tx, me, entry)? {
        true => Ok(()),
        false => Err(Error::record()),
    }
}
