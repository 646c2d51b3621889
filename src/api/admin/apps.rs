//! Applications, for admins: which there are, and which may register people without a captcha.

use serde::Serialize;
use serde_json::json;

use super::paging;
use crate::api::mastodon::apps::{redirect_uris, scopes};
use crate::db::apps::{self, Filter};
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::ops;
use crate::ops::apps::{Change, NewApp};
use crate::views::app::{Administered, administered};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Page {
    apps: Vec<Administered>,
    count: i64,
    page_size: i64,
}

/// `GET /api/pleroma/admin/oauth_app`: those that are not trusted, unless asked for the others.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let text = |key| cx.params.nonempty(key).map(Into::into);
    let filter = Filter {
        name: text("name"),
        client_id: text("client_id"),
        trusted: cx.params.bool("trusted").unwrap_or(false),
    };
    let paging = paging(cx);
    let (rows, count) = cx
        .app
        .db()
        .read(|db| apps::page(db, &filter, paging.size, paging.offset))?;
    Reply::json(&Page {
        apps: rows
            .into_iter()
            .map(|row| administered(row, None))
            .collect(),
        count,
        page_size: paging.size,
    })
}

/// `POST /api/pleroma/admin/oauth_app`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let new = NewApp {
        name: text(cx, "name").unwrap_or_default(),
        website: text(cx, "website"),
        redirect_uris: redirect_uris(cx),
        scopes: scopes(cx),
    };
    if new.name.is_empty() {
        return Err(blank("name"));
    }
    if new.redirect_uris.is_empty() {
        return Err(blank("redirect_uris"));
    }
    let trusted = cx.params.bool("trusted").unwrap_or(false);
    let actor = cx.session.viewer();
    let (row, secret) = cx
        .app
        .db()
        .write(|tx| ops::apps::create(tx, actor, new, trusted))?;
    Reply::json(&administered(row, Some(secret)))
}

/// `PATCH /api/pleroma/admin/oauth_app/{id}`: what is not sent stays.
pub fn update(cx: &Ctx) -> Result<Reply> {
    let change = Change {
        name: text(cx, "name"),
        website: text(cx, "website"),
        redirect_uris: cx.params.has("redirect_uris").then(|| redirect_uris(cx)),
        scopes: cx.params.has("scopes").then(|| scopes(cx)),
        trusted: cx.params.bool("trusted"),
    };
    if change.name.as_deref() == Some("") {
        return Err(blank("name"));
    }
    if change.redirect_uris.as_ref().is_some_and(Vec::is_empty) {
        return Err(blank("redirect_uris"));
    }
    let (id, actor) = (id(cx)?, cx.session.viewer());
    let updated = cx
        .app
        .db()
        .write(|tx| ops::apps::update(tx, actor, id, change))?;
    match updated {
        Some(row) => Reply::json(&administered(row, None)),
        None => Err(unknown()),
    }
}

/// `DELETE /api/pleroma/admin/oauth_app/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (id, actor) = (id(cx)?, cx.session.viewer());
    if cx.app.db().write(|tx| ops::apps::delete(tx, actor, id))? {
        Ok(Reply::empty(204))
    } else {
        Err(unknown())
    }
}

fn text(cx: &Ctx, key: &str) -> Option<String> {
    cx.params.text(key).map(|text| text.trim().to_owned())
}

fn id(cx: &Ctx) -> Result<AppId> {
    cx.optional_id("id").ok_or_else(unknown)
}

/// 400, where everything else answers 404: admin clients know it so.
fn unknown() -> Error {
    Error::BadRequest("There is no such application".into())
}

/// A 200 that names the empty field is what admin clients read as an error.
fn blank(field: &str) -> Error {
    Error::Answer(200, json!({field: "can't be blank"}))
}
