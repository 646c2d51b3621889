//! Applications.

use crate::auth::scope::Scopes;
use crate::db;
use crate::error::{Error, Result};
use crate::ops::apps::{self, NewApp};
use crate::ops::server_keys;
use crate::ops::sessions::Session;
use crate::views::app;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/v1/apps`
pub fn register(cx: &Ctx) -> Result<Reply> {
    let new = NewApp {
        name: present(cx, "client_name")?,
        website: cx.params.nonempty("website").map(|text| text.into_owned()),
        redirect_uris: redirect_uris(cx),
        scopes: scopes(cx),
    };
    if new.redirect_uris.is_empty() {
        return Err(Error::MissingField("redirect_uris"));
    }
    let vapid_key = server_keys::vapid_public(cx.app.db())?;
    let (row, secret) = cx.app.db().write(|tx| apps::register(tx, new))?;
    Reply::json(&app::registered(row, secret, vapid_key))
}

/// `GET /api/v1/apps/verify_credentials`
pub fn verify_credentials(cx: &Ctx) -> Result<Reply> {
    let id = match &cx.session {
        Session::App { app, .. } => Some(*app),
        Session::User(viewer) => viewer.app,
        _ => None,
    };
    let vapid_key = server_keys::vapid_public(cx.app.db())?;
    let found = match id {
        Some(id) => cx.app.db().read(|db| db::apps::by_id(db, id))?,
        None => None,
    };
    match found {
        Some(row) => Reply::json(&app::application(row, vapid_key)),
        None => Reply::json(&app::command_line(vapid_key)),
    }
}

fn present(cx: &Ctx, key: &'static str) -> Result<String> {
    let text = cx.params.nonempty(key).ok_or(Error::MissingField(key))?;
    Ok(text.trim().to_owned())
}

/// One text with several URIs, or a list.
pub fn redirect_uris(cx: &Ctx) -> Vec<String> {
    let texts = cx.params.list("redirect_uris");
    let uris = texts.iter().flat_map(|text| text.split_whitespace());
    uris.map(str::to_owned).collect()
}

/// The scopes named; `read` when there are none.
pub fn scopes(cx: &Ctx) -> Scopes {
    let asked = Scopes::parse(&cx.params.list("scopes").join(" "));
    if asked.is_empty() {
        Scopes::parse("read")
    } else {
        asked
    }
}
