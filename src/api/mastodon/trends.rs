//! What is much talked of, as far as this server has seen. Paged by `offset` and `limit` (mastodon-api 0.4).

use crate::db::trends;
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/trends/tags` and, its old name, `GET /api/v1/trends`
pub fn tags(cx: &Ctx) -> Result<Reply> {
    let (limit, offset) = (cx.page(10, 20).limit, offset(cx));
    cx.app.db().read(|db| {
        let names = trends::tags(db, limit, offset)?;
        Reply::json(&cx.view(db).tags(&names)?)
    })
}

/// `GET /api/v1/trends/statuses`
pub fn statuses(cx: &Ctx) -> Result<Reply> {
    let (limit, offset) = (cx.page(20, 40).limit, offset(cx));
    cx.app.db().read(|db| {
        let ids = trends::statuses(db, cx.viewer(), limit, offset)?;
        Reply::json(&cx.view(db).statuses(&ids)?)
    })
}

/// `GET /api/v1/trends/links`: pages that people here and elsewhere linked to, as far as they have a preview.
pub fn links(cx: &Ctx) -> Result<Reply> {
    let (limit, offset) = (cx.page(10, 20).limit, offset(cx));
    cx.app.db().read(|db| {
        let ids = trends::links(db, limit, offset)?;
        Reply::json(&cx.view(db).trending_links(&ids)?)
    })
}

/// How many to pass over.
pub(super) fn offset(cx: &Ctx) -> i64 {
    cx.params.int("offset").ok().flatten().unwrap_or(0).max(0)
}
