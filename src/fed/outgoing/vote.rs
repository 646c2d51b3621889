//! `Create` of a vote: a post without a text, named like the option, that only the author of the poll gets.

use rusqlite::Connection;
use serde::Serialize;

use super::{Activity, Parcel, actor_and_status};
use crate::db::{accounts, audience, polls};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vote {
    id: String,
    r#type: &'static str,
    name: String,
    attributed_to: String,
    in_reply_to: String,
    to: Vec<String>,
    cc: Vec<String>,
}

/// Somebody chose an option: to the author of the poll.
pub fn vote(
    db: &Connection,
    account: AccountId,
    status: StatusId,
    position: i64,
) -> Result<Option<Parcel>> {
    let Some((me, row)) = actor_and_status(db, account, status)? else {
        return Ok(None);
    };
    let (Some(author), Some(poll)) = (
        accounts::by_id(db, row.account)?,
        polls::of_status(db, status)?,
    ) else {
        return Ok(None);
    };
    let Some((title, _)) = poll.options.get(position as usize) else {
        return Ok(None);
    };
    let id = format!("{}#votes/{status}/{position}", me.uri);
    let vote = Vote {
        id: id.clone(),
        r#type: "Note",
        name: title.clone(),
        attributed_to: me.uri.clone(),
        in_reply_to: row.uri,
        to: vec![author.uri.clone()],
        cc: Vec::new(),
    };
    let create = Activity::new(
        format!("{id}/activity"),
        "Create",
        &me.uri,
        vote,
        vec![author.uri],
    );
    let inboxes = audience::of_people(db, &[author.id], true)?;
    Parcel::new(account, &create, inboxes).map(Some)
}
