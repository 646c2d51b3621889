//! Actor documents: whom others find here.

use super::caller;
use super::documents::{self, Tombstone, actor};
use super::keys::Signer;
use crate::db::accounts::{self, AccountRow};
use crate::error::{Error, Result};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// A local account by the name in the path. A deleted one answers its tombstone instead, with 410.
pub(super) enum Found {
    /// It lives here.
    Here(Box<AccountRow>),
    /// It did.
    Gone(Reply),
}

/// Looks the account up; 404 for names that nobody has or that are hidden.
pub(super) fn find(cx: &Ctx) -> Result<Found> {
    let name = cx.params.text("name").unwrap_or_default();
    let row = cx.app.db().read(|db| accounts::by_handle(db, &name, ""))?;
    match row {
        Some(row) if row.deleted_at.is_some() => {
            let stone = Tombstone::new(row.uri, row.deleted_at);
            Ok(Found::Gone(documents::gone(stone)?))
        }
        Some(row) if !row.hidden => Ok(Found::Here(Box::new(row))),
        _ => Err(Error::NotFound("Page")),
    }
}

/// `GET /users/{name}` as a document
pub fn show(cx: &Ctx) -> Result<Reply> {
    let row = match find(cx)? {
        Found::Here(row) => row,
        Found::Gone(reply) => return Ok(reply),
    };
    let key = key_of(cx, Signer::Account(row.id), &row.uri)?;
    if caller::must_sign(cx.app) && caller::verified(cx)?.is_none() {
        return documents::reply(cx, &actor::stub(&row, key));
    }
    let moved_to = cx.app.db().read(|db| accounts::moved_to(db, row.id))?;
    documents::reply(cx, &actor::person(cx.app.house(), &row, key, moved_to))
}

/// `GET /users/{name}/main-key`: for peers that take the key's id for an address.
pub fn main_key(cx: &Ctx) -> Result<Reply> {
    match find(cx)? {
        Found::Gone(reply) => Ok(reply),
        Found::Here(row) => {
            let key = key_of(cx, Signer::Account(row.id), &row.uri)?;
            documents::reply(cx, &actor::stub(&row, key))
        }
    }
}

/// `GET /actor`: the server itself, always complete and for everybody.
pub fn instance(cx: &Ctx) -> Result<Reply> {
    let id = super::instance_actor(cx.app.base());
    let key = key_of(cx, Signer::Instance, &id)?;
    let name = &cx.app.config().instance.name;
    documents::reply(cx, &actor::instance(cx.app.base(), name, key))
}

/// `GET /relay`: the server as relays know it, for everybody too.
pub fn relay(cx: &Ctx) -> Result<Reply> {
    let id = super::relay_actor(cx.app.base());
    let key = key_of(cx, Signer::Relay, &id)?;
    let name = &cx.app.config().instance.name;
    documents::reply(cx, &actor::relay(cx.app.base(), name, key))
}

fn key_of(cx: &Ctx, signer: Signer, owner: &str) -> Result<actor::PublicKey> {
    let key = cx.app.fed().keys.own(cx.app, signer)?;
    Ok(actor::PublicKey::new(
        key.private.id(),
        owner,
        &key.public_pem,
    ))
}
