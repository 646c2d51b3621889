//! `Create` and `Update` of posts, `Announce` and its undoing.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::{Activity, Copy, Parcel, actor_and_status, written};
use crate::app::App;
use crate::db::relays::{self, Kind};
use crate::db::statuses::StatusRow;
use crate::db::visibility::Visibility;
use crate::db::{audience, statuses};
use crate::error::Result;
use crate::fed::documents::note::{self, Note, Posted};
use crate::fed::keys::Signer;
use crate::fed::wire::PUBLIC;
use crate::ids::{AccountId, StatusId};
use crate::ops::outgoing::{everybody_concerned, reaches_followers};

/// A new post or reblog, to followers and addressees as its visibility says.
pub fn new(app: &App, db: &Connection, status: StatusId) -> Result<Option<Parcel>> {
    let Some(row) = statuses::by_ids(db, &[status])?.pop() else {
        return Ok(None);
    };
    if row.visibility == Visibility::Local {
        return Ok(None);
    }
    let Some(posted) = note::one(db, app.house(), status)? else {
        return Ok(None);
    };
    if let (Visibility::List, Posted::Note(note)) = (row.visibility, &posted) {
        return to_list(db, &row, note, |note| Posted::Note(note).into_activity());
    }
    let mut people = audience::addressed(db, status)?;
    if let Some(inner) = row.reblog_of {
        people.extend(
            statuses::by_ids(db, &[inner])?
                .iter()
                .map(|inner| inner.account),
        );
    }
    let mut inboxes = audience::of_people(db, &people, false)?;
    if reaches_followers(row.visibility) {
        inboxes.extend(audience::of_followers(db, row.account)?);
    }
    if row.visibility == Visibility::Public && row.reblog_of.is_none() {
        inboxes.extend(relays::inboxes(db, Kind::Mastodon)?);
    }
    let mut parcel = Parcel::new(row.account, &posted.into_activity(), inboxes)?;
    parcel.status = Some(status);
    Ok(Some(parcel))
}

/// A post says something else now, or its poll has other counts: to everybody who may have it. Each state has an id of its own.
pub fn update(app: &App, db: &Connection, status: StatusId) -> Result<Option<Parcel>> {
    let Some(row) = statuses::by_ids(db, &[status])?.pop() else {
        return Ok(None);
    };
    let Some(Posted::Note(note)) = note::one(db, app.house(), status)? else {
        return Ok(None);
    };
    let carry = |note: Box<Note>| {
        let id = format!("{}#updates/{}", row.uri, row.rev);
        let (actor, to, cc) = (note.actor.clone(), note.to.clone(), note.cc.clone());
        let mut update = Activity::new(id, "Update", &actor, note, to);
        update.cc = cc;
        update
    };
    if row.visibility == Visibility::List {
        return to_list(db, &row, &note, carry);
    }
    let inboxes = everybody_concerned(db, &row)?;
    let create = written(&Posted::Note(note.clone()).into_activity())?;
    let mut parcel = Parcel::new(row.account, &carry(note), inboxes)?;
    parcel.status = Some(status);
    parcel.create = Some(create);
    Ok(Some(parcel))
}

/// A post to a list goes to each server in a copy of its own, which names only those members who live there.
fn to_list<T: Serialize>(
    db: &Connection,
    row: &StatusRow,
    note: &Note,
    carry: impl Fn(Box<Note>) -> T,
) -> Result<Option<Parcel>> {
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (inbox, member) in audience::by_inbox(db, row.id)? {
        members.entry(inbox).or_default().extend(member);
    }
    let copies = members.into_iter().map(|(inbox, members)| {
        let mut note = Box::new(note.clone());
        note.cc = members;
        Copy::new(&carry(note), vec![inbox])
    });
    Ok(Some(Parcel {
        signer: Signer::Account(row.account),
        copies: copies.collect::<Result<_>>()?,
        status: Some(row.id),
        create: None,
        urgency: 0,
        former_key: None,
    }))
}

/// A reblog was taken back, to those who got it.
pub fn undo_announce(
    db: &Connection,
    uri: &str,
    account: AccountId,
    status: StatusId,
    inboxes: &[String],
) -> Result<Option<Parcel>> {
    let Some((me, row)) = actor_and_status(db, account, status)? else {
        return Ok(None);
    };
    let announce = Activity::new(
        uri.to_owned(),
        "Announce",
        &me.uri,
        row.uri,
        vec![PUBLIC.into()],
    );
    let inboxes = inboxes.to_vec();
    Ok(Some(
        Parcel::new(account, &announce.undone(), inboxes)?.later(),
    ))
}
