//! Tags on profiles.

use serde_json::json;

use super::tags::act;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::{featured_tags, tags};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// How many tags are suggested.
const SUGGESTED: i64 = 10;

/// `GET /api/v1/featured_tags`
pub fn list(cx: &Ctx) -> Result<Reply> {
    shown(cx, cx.me()?.id)
}

/// `GET /api/v1/accounts/{id}/featured_tags`
pub fn of_account(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app.db().read(|db| db::accounts::visible(db, id))?;
    shown(cx, id)
}

fn shown(cx: &Ctx, account: AccountId) -> Result<Reply> {
    cx.app.db().read(|db| {
        let (view, rows) = (cx.view(db), db::featured_tags::of(db, account)?);
        let tags = rows.into_iter().map(|row| view.featured_tag(row));
        Reply::json(&tags.collect::<Vec<_>>())
    })
}

/// `POST /api/v1/featured_tags`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let name = tags::name(&cx.require("name")?);
    let name = name.map_err(|_| Error::Invalid("The name is no hashtag".into()))?;
    let made = cx.app.db().write(|tx| {
        let row = featured_tags::create(tx, me, &name)?;
        Ok(cx.view(tx).featured_tag(row))
    })?;
    Reply::json(&made)
}

/// `DELETE /api/v1/featured_tags/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| featured_tags::delete(tx, me, id))?;
    Reply::json(&json!({}))
}

/// `GET /api/v1/featured_tags/suggestions`
pub fn suggestions(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app.db().read(|db| {
        let names = db::featured_tags::suggestions(db, me, SUGGESTED)?;
        Reply::json(&cx.view(db).tags(&names)?)
    })
}

/// `POST /api/v1/tags/{name}/feature`
pub fn feature(cx: &Ctx) -> Result<Reply> {
    act(cx, featured_tags::feature)
}

/// `POST /api/v1/tags/{name}/unfeature`
pub fn unfeature(cx: &Ctx) -> Result<Reply> {
    act(cx, featured_tags::unfeature)
}
