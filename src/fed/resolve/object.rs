//! Posts, with the thread above them.

use serde_json::Value;

use super::{Budget, Failure, Resolved, actor, document, quotation};
use crate::app::App;
use crate::db::{remote_accounts, statuses};
use crate::fed::reading::post::{self, Around};
use crate::fed::wire::{self, Class};
use crate::ids::{AccountId, StatusId};
use crate::ops::remote_statuses::{self, RemotePost};

/// How far a thread is followed upwards.
const ANCESTORS: usize = 20;

/// What an address leads to.
pub enum Found {
    /// Somebody.
    Account(AccountId),
    /// A post.
    Status(StatusId),
}

/// The post of that id, fetched if it is not known here, with what it answers.
pub fn object(app: &App, id: &str, budget: &Budget) -> Resolved<StatusId> {
    if let Some(known) = known(app, id)? {
        return Ok(known);
    }
    let found = document(app, id, budget)?;
    take(app, &found, budget)
}

/// The post of that id as it is now, whatever was known of it.
pub fn fresh_object(app: &App, id: &str, budget: &Budget) -> Resolved<StatusId> {
    let found = document(app, id, budget)?;
    renewed(app, &found, budget)
}

/// As [`fresh_object`], of what was fetched.
pub fn renewed(app: &App, found: &Value, budget: &Budget) -> Resolved<StatusId> {
    let Read { author, mut post } = read(app, found, budget)?;
    quotation(app, &mut post, budget)?;
    let known = app.db().write(|tx| {
        let Some(row) = statuses::by_uri(tx, &post.uri)? else {
            return Ok(None);
        };
        if row.account == author && !row.local {
            remote_statuses::update(tx, &row, &post)?;
        }
        Ok(Some(row.id))
    })?;
    match known {
        Some(known) => Ok(known),
        None => take(app, found, budget),
    }
}

/// Whatever that address leads to.
pub fn any(app: &App, address: &str, budget: &Budget) -> Resolved<Found> {
    if let Some(known) = known(app, address)? {
        return Ok(Found::Status(known));
    }
    let somebody = app.db().read(|db| remote_accounts::by_uri(db, address))?;
    if somebody.is_some() {
        return actor(app, address, budget).map(Found::Account);
    }
    let found = document(app, address, budget)?;
    match wire::type_of(&found).0 {
        Class::Actor => super::actor::store(app, &found, budget).map(Found::Account),
        _ => take(app, &found, budget).map(Found::Status),
    }
}

/// The row of that id. What was deleted stays so.
pub(super) fn known(app: &App, id: &str) -> Resolved<Option<StatusId>> {
    if let Some(host) = wire::host_of(id) {
        super::document::refuse_unwanted(app, &host)?;
    }
    let (known, gone) = app
        .db()
        .read(|db| Ok((statuses::id_of(db, id)?, statuses::tombstone(db, id)?)))?;
    match (known, gone) {
        (None, Some(_)) => Err(Failure::Gone),
        (known, _) => Ok(known),
    }
}

/// A post that was fetched, with its author.
pub(super) struct Read {
    pub author: AccountId,
    pub post: RemotePost,
}

pub(super) fn read(app: &App, found: &Value, budget: &Budget) -> Resolved<Read> {
    let author = post::author(found).ok_or_else(|| Failure::refused("a post without an author"))?;
    // Judged before anything is fetched for it.
    let first = post::read(found, Around::FETCHED).map_err(Failure::refused)?;
    let account = actor(app, author, budget)?;
    let around = app.db().read(|db| remote_accounts::by_uri(db, author))?;
    let followers = around
        .as_ref()
        .and_then(|known| known.followers_uri.as_deref());
    let post = match followers {
        Some(_) => {
            let around = Around {
                followers,
                ..Around::FETCHED
            };
            post::read(found, around).map_err(Failure::refused)?
        }
        None => first,
    };
    Ok(Read {
        author: account,
        post,
    })
}

/// Stores a fetched post after what it answers, from the top down.
pub fn take(app: &App, found: &Value, budget: &Budget) -> Resolved<StatusId> {
    let mut first = read(app, found, budget)?;
    quotation(app, &mut first.post, budget)?;
    let mut thread = vec![first];
    while let Some(parent) = missing_parent(app, &thread)? {
        // A thread that cannot be followed further begins here.
        let above = document(app, &parent, budget).and_then(|found| read(app, &found, budget));
        match above {
            Ok(above) => thread.push(above),
            Err(Failure::Ours(error)) => return Err(Failure::Ours(error)),
            Err(_) => break,
        }
    }
    let mut last = None;
    for Read { author, post } in thread.iter().rev() {
        last = app
            .db()
            .write(|tx| remote_statuses::store(tx, *author, post, None))?;
    }
    last.ok_or(Failure::Gone)
}

/// The parent of the topmost post, if it has to be fetched: not known, not deep enough to stop, not in a circle.
fn missing_parent(app: &App, thread: &[Read]) -> Resolved<Option<String>> {
    let Some(parent) = thread.last().and_then(|top| top.post.in_reply_to.as_ref()) else {
        return Ok(None);
    };
    let circle = thread.iter().any(|read| read.post.uri == *parent);
    if circle || thread.len() > ANCESTORS {
        return Ok(None);
    }
    match known(app, parent) {
        Ok(None) => Ok(Some(parent.clone())),
        Ok(Some(_)) | Err(Failure::Gone) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Whether somebody wrote a post, as it says itself.
pub fn is_by(document: &Value, actor: &str) -> bool {
    post::author(document) == Some(actor)
}

/// Stores a post from before anybody here followed its author: nobody is told of it, and the thread above it is left where
/// it is.
pub fn earlier(app: &App, found: &Value, budget: &Budget) -> Resolved<StatusId> {
    let id = wire::id_of(found).ok_or_else(|| Failure::refused("a post without an id"))?;
    if let Some(known) = known(app, id)? {
        return Ok(known);
    }
    let Read { author, mut post } = read(app, found, budget)?;
    post.is_news = false;
    app.db()
        .write(|tx| remote_statuses::store(tx, author, &post, None))?
        .ok_or(Failure::Gone)
}
