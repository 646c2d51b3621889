//! Other accounts of the same person, and moving to one of them (pleroma-contract 16).

use serde::Serialize;
use serde_json::json;

use crate::db::accounts::{self, AccountRow};
use crate::db::moves as rows;
use crate::error::{Error, Result};
use crate::fed::resolve;
use crate::ops::moves;
use crate::web::ctx::Ctx;
use crate::web::passwords;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Aliases {
    aliases: Vec<String>,
}

/// `GET /api/pleroma/aliases`: as handles; an account that is not known here by its id.
pub fn aliases(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let own = cx.app.base().domain();
    let aliases = cx.app.db().read(|db| {
        let uris = rows::aliases(db, me)?;
        let handle = |account: AccountRow| match account.is_local() {
            true => format!("{}@{own}", account.username),
            false => account.acct(),
        };
        uris.into_iter()
            .map(|uri| Ok(accounts::by_uri(db, &uri)?.map_or(uri, handle)))
            .collect::<Result<_>>()
    })?;
    Reply::json(&Aliases { aliases })
}

/// `PUT /api/pleroma/aliases`
pub fn add_alias(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let other = asked(cx, "alias")?.ok_or_else(|| absent("Target account does not exist."))?;
    cx.app.db().write(|tx| moves::add_alias(tx, me, other.id))?;
    done()
}

/// `DELETE /api/pleroma/aliases`
pub fn remove_alias(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let typed = cx.require("alias")?;
    let removed = cx.app.db().write(|tx| {
        // One that is gone, or never was known, is named by its id.
        let known = accounts::by_name(tx, cx.app.base(), typed.trim())?;
        let uri = known.map_or_else(|| typed.trim().to_owned(), |account| account.uri);
        moves::remove_alias(tx, me, &uri)
    })?;
    match removed {
        true => done(),
        false => Err(absent("Account has no such alias.")),
    }
}

/// `POST /api/pleroma/move_account`: what stands against it is told in a 200, as by all that ask for the password.
pub fn leave(cx: &Ctx) -> Result<Reply> {
    if passwords::confirm(cx)?.is_none() {
        return refused("Invalid password.");
    }
    let me = cx.me()?.id;
    let target = asked(cx, "target_account")?.ok_or_else(|| absent("Target account not found."))?;
    if !target.is_local() && !resolve::read_anew(cx.app, &target.uri)? {
        return refused("The server of the new account does not answer");
    }
    match cx.app.db().write(|tx| moves::leave(tx, me, target.id)) {
        Ok(()) => done(),
        Err(Error::BadRequest(reason)) => refused(&reason),
        Err(other) => Err(other),
    }
}

/// The account of a handle, looked up elsewhere if it is not known here.
fn asked(cx: &Ctx, key: &'static str) -> Result<Option<AccountRow>> {
    let typed = cx.require(key)?;
    let known = || {
        cx.app
            .db()
            .read(|db| accounts::by_name(db, cx.app.base(), typed.trim()))
    };
    let mut found = known()?;
    if found.is_none() {
        resolve::asked(cx.app, &typed);
        found = known()?;
    }
    Ok(found.filter(|account| !account.hidden))
}

fn absent(text: &str) -> Error {
    Error::Status(404, text.into())
}

fn done() -> Result<Reply> {
    Reply::json(&json!({"status": "success"}))
}

fn refused(reason: &str) -> Result<Reply> {
    Reply::json(&json!({"error": reason}))
}
