//! `Follow`, its undoing, and the answers to it.

use rusqlite::Connection;

use super::{Activity, Parcel, activity_id};
use crate::app::App;
use crate::db::accounts::{self, AccountRow};
use crate::db::audience;
use crate::error::Result;
use crate::ids::AccountId;

fn both(
    db: &Connection,
    one: AccountId,
    other: AccountId,
) -> Result<Option<(AccountRow, AccountRow)>> {
    let pair = (accounts::by_id(db, one)?, accounts::by_id(db, other)?);
    Ok(pair.0.zip(pair.1))
}

fn written(app: &App, me: &AccountRow, target: &AccountRow, row: i64) -> Activity<String> {
    let to = vec![target.uri.clone()];
    Activity::new(
        activity_id(app, row),
        "Follow",
        &me.uri,
        target.uri.clone(),
        to,
    )
}

/// A local person wants to follow somebody elsewhere.
pub fn follow(
    app: &App,
    db: &Connection,
    account: AccountId,
    target: AccountId,
    row: i64,
) -> Result<Option<Parcel>> {
    let Some((me, target)) = both(db, account, target)? else {
        return Ok(None);
    };
    let inboxes = audience::of_people(db, &[target.id], true)?;
    Parcel::new(account, &written(app, &me, &target, row), inboxes).map(Some)
}

/// And not any more.
pub fn undo(
    app: &App,
    db: &Connection,
    account: AccountId,
    target: AccountId,
    row: i64,
) -> Result<Option<Parcel>> {
    let Some((me, target)) = both(db, account, target)? else {
        return Ok(None);
    };
    let inboxes = audience::of_people(db, &[target.id], true)?;
    let undo = written(app, &me, &target, row).undone();
    Ok(Some(Parcel::new(account, &undo, inboxes)?.later()))
}

/// The answer to somebody elsewhere who asked to follow. The request is repeated whole: some need it.
pub fn answer(
    db: &Connection,
    account: AccountId,
    follower: AccountId,
    uri: Option<&str>,
    accepted: bool,
) -> Result<Option<Parcel>> {
    let Some((me, follower)) = both(db, account, follower)? else {
        return Ok(None);
    };
    let asked = uri.map_or_else(|| format!("{}#follow", follower.uri), str::to_owned);
    let (name, tail) = match accepted {
        true => ("Accept", "accepts"),
        false => ("Reject", "rejects"),
    };
    let id = format!("{}#{tail}/{}", me.uri, crate::ids::uuid());
    let request = Activity::new(
        asked,
        "Follow",
        &follower.uri,
        me.uri.clone(),
        vec![me.uri.clone()],
    );
    let answer = Activity::new(id, name, &me.uri, request, vec![follower.uri.clone()]);
    let inboxes = audience::of_people(db, &[follower.id], true)?;
    Parcel::new(account, &answer, inboxes).map(Some)
}
