//! `Move`: somebody lives elsewhere from now on.

use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::db::{accounts, audience};
use crate::error::Result;
use crate::ids::AccountId;

/// To the followers, who are to follow the new account instead.
pub fn moved(db: &Connection, account: AccountId, target: AccountId) -> Result<Option<Parcel>> {
    let pair = (accounts::by_id(db, account)?, accounts::by_id(db, target)?);
    let Some((me, target)) = pair.0.zip(pair.1) else {
        return Ok(None);
    };
    let followers = vec![format!("{}/followers", me.uri)];
    let id = format!("{}#moves/{}", me.uri, crate::ids::uuid());
    let moved = Moved {
        target: target.uri,
        activity: Activity::new(id, "Move", &me.uri, me.uri.clone(), followers),
    };
    let inboxes = audience::of_followers(db, account)?;
    Parcel::new(account, &moved, inboxes).map(Some)
}

/// The activity with where it leads.
#[derive(serde::Serialize)]
struct Moved {
    #[serde(flatten)]
    activity: Activity<String>,
    target: String,
}
