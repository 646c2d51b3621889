//! Whose notifications somebody wants, and what to do with those that were kept back.

use crate::db::Tx;
use crate::db::notifications::policy::{self, Policy, Treatment};
use crate::db::page::Page;
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// What somebody sets of the policy; `None` leaves it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Change {
    pub for_not_following: Option<Treatment>,
    pub for_not_followers: Option<Treatment>,
    pub for_new_accounts: Option<Treatment>,
    pub for_private_mentions: Option<Treatment>,
    pub for_limited_accounts: Option<Treatment>,
}

/// Changes one's policy. It applies to what comes from now on.
pub fn change(tx: &Tx, me: AccountId, change: &Change) -> Result<()> {
    let old = policy::of(tx, me)?;
    let new = Policy {
        for_not_following: change.for_not_following.unwrap_or(old.for_not_following),
        for_not_followers: change.for_not_followers.unwrap_or(old.for_not_followers),
        for_new_accounts: change.for_new_accounts.unwrap_or(old.for_new_accounts),
        for_private_mentions: change
            .for_private_mentions
            .unwrap_or(old.for_private_mentions),
        for_limited_accounts: change
            .for_limited_accounts
            .unwrap_or(old.for_limited_accounts),
    };
    policy::set(tx, me, &new)
}

/// A person of whom something was kept back; 404 for any other.
pub fn request(
    db: &rusqlite::Connection,
    me: AccountId,
    actor: AccountId,
) -> Result<policy::Request> {
    let page = Page {
        limit: 1,
        ..Page::default()
    };
    let found = policy::requests(db, me, &page, Some(&[actor]))?.pop();
    found.ok_or(Error::record())
}
