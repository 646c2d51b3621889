//! Tags, and following them.

use crate::db::{self, Tx};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::tags;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/tags/{name}`: a tag that nobody used yet is one all the same.
pub fn show(cx: &Ctx) -> Result<Reply> {
    let name = name(cx)?;
    cx.app.db().read(|db| {
        let tag = cx.view(db).tags(&[name])?.pop();
        Reply::json(&tag.ok_or(Error::record())?)
    })
}

/// `POST /api/v1/tags/{name}/follow`
pub fn follow(cx: &Ctx) -> Result<Reply> {
    act(cx, tags::follow)
}

/// `POST /api/v1/tags/{name}/unfollow`
pub fn unfollow(cx: &Ctx) -> Result<Reply> {
    act(cx, tags::unfollow)
}

/// Runs a change between the caller and the tag in the path; answers the tag.
pub(super) fn act(
    cx: &Ctx,
    work: impl FnOnce(&Tx, AccountId, &str) -> Result<()>,
) -> Result<Reply> {
    let (me, name) = (cx.me()?.id, name(cx)?);
    let tag = cx.app.db().write(|tx| {
        work(tx, me, &name)?;
        Ok(cx.view(tx).tags(&[name])?.pop())
    })?;
    Reply::json(&tag.ok_or(Error::record())?)
}

fn name(cx: &Ctx) -> Result<String> {
    tags::name(&cx.params.text("name").unwrap_or_default())
}

/// `GET /api/v1/followed_tags`
pub fn followed(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(100, 200));
    cx.app.db().read(|db| {
        let rows = db::tags::followed(db, me, &page)?;
        let (keys, names): (Vec<i64>, Vec<String>) = rows.into_iter().unzip();
        cx.listed(&cx.view(db).tags(&names)?, &keys)
    })
}
