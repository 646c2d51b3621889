//! `QuoteRequest`, the answers to those of others, and the end of what was granted (FEP-044f).

use rusqlite::Connection;
use serde::Serialize;

use super::{Activity, Parcel};
use crate::app::App;
use crate::db::{accounts, audience, quotes, statuses};
use crate::error::Result;
use crate::fed::documents::note::{self, Note, Posted};
use crate::fed::wire::PUBLIC;
use crate::ids::{AccountId, StatusId};
use crate::ops::outgoing::QuoteAnswer;
use crate::ops::quotes::request_id;

/// The request: what is to be quoted (`object`), and what quotes it (`instrument`).
#[derive(Serialize)]
struct QuoteRequest<T> {
    id: String,
    r#type: &'static str,
    actor: String,
    object: String,
    instrument: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    id: String,
    r#type: &'static str,
    actor: String,
    object: QuoteRequest<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    to: Vec<String>,
}

/// A post of ours wants to quote another's: to the author of that.
pub fn request(app: &App, db: &Connection, status: StatusId) -> Result<Option<Parcel>> {
    let Some(quote) = quotes::of_statuses(db, &[status])?.pop() else {
        return Ok(None);
    };
    let quoted = match quote.of {
        Some(quoted) => statuses::by_ids(db, &[quoted])?.pop(),
        None => None,
    };
    let (Some(quoted), Some(row)) = (quoted, statuses::by_ids(db, &[status])?.pop()) else {
        return Ok(None);
    };
    let (Some(author), Some(Posted::Note(post))) = (
        accounts::by_id(db, quoted.account)?,
        note::one(db, app.house(), status)?,
    ) else {
        return Ok(None);
    };
    let request: QuoteRequest<Box<Note>> = QuoteRequest {
        id: request_id(&row.uri),
        r#type: "QuoteRequest",
        actor: post.actor.clone(),
        object: quoted.uri,
        instrument: Box::new(post.as_meant()),
        to: vec![author.uri],
    };
    let inboxes = audience::of_people(db, &[author.id], true)?;
    Parcel::new(row.account, &request, inboxes).map(Some)
}

/// The answer to somebody elsewhere who asked. The request is repeated whole.
pub fn answer(db: &Connection, answer: &QuoteAnswer) -> Result<Option<Parcel>> {
    let (Some(me), Some(asker)) = (
        accounts::by_id(db, answer.account)?,
        accounts::by_id(db, answer.asker)?,
    ) else {
        return Ok(None);
    };
    let (name, tail) = match answer.result {
        Some(_) => ("Accept", "accepts"),
        None => ("Reject", "rejects"),
    };
    let document = Answer {
        id: format!("{}#{tail}/{}", me.uri, crate::ids::uuid()),
        r#type: name,
        actor: me.uri,
        object: QuoteRequest {
            id: answer.request.clone(),
            r#type: "QuoteRequest",
            actor: asker.uri.clone(),
            object: answer.quoted.clone(),
            instrument: answer.quoting.clone(),
            to: Vec::new(),
        },
        result: answer.result.clone(),
        to: vec![asker.uri],
    };
    let inboxes = audience::of_people(db, &[asker.id], true)?;
    Parcel::new(answer.account, &document, inboxes).map(Some)
}

/// What was granted is no more: to whoever quotes, and to the followers, whose servers may have both posts.
pub fn revoke(
    db: &Connection,
    account: AccountId,
    authorization: &str,
    quoter: AccountId,
) -> Result<Option<Parcel>> {
    let (Some(me), Some(quoter)) = (accounts::by_id(db, account)?, accounts::by_id(db, quoter)?)
    else {
        return Ok(None);
    };
    let mut delete = Activity::new(
        format!("{authorization}#delete"),
        "Delete",
        &me.uri,
        authorization.to_owned(),
        vec![PUBLIC.into()],
    );
    delete.cc = vec![quoter.uri];
    let mut inboxes = audience::of_people(db, &[quoter.id], false)?;
    inboxes.extend(audience::of_followers(db, account)?);
    Ok(Some(Parcel::new(account, &delete, inboxes)?.later()))
}
