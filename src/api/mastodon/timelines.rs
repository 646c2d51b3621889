//! Timelines.

use crate::db::timelines;
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/timelines/public`
pub fn public(cx: &Ctx) -> Result<Reply> {
    let page = cx.page(20, 40);
    let local = cx.params.bool("local").unwrap_or(false);
    let with_muted = cx.params.bool("with_muted").unwrap_or(false);
    let (ids, statuses) = cx.app.db().read(|db| {
        let ids = timelines::public(db, cx.viewer(), &page, local, with_muted)?;
        let statuses = cx.view(db).statuses(&ids)?;
        Ok((ids, statuses))
    })?;
    cx.listed(&statuses, &ids)
}
