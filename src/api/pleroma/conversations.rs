//! What Pleroma adds to conversations: reading one whole, and choosing whom it addresses (pleroma-contract 17).

use crate::api::mastodon::conversations::{id, recipients, shown};
use crate::db::conversations::listing;
use crate::error::{Error, Result};
use crate::ops::conversations;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/conversations/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id = id(cx)?;
    Reply::json(&cx.app.db().read(|db| shown(cx, db, id))?)
}

/// `GET /api/v1/pleroma/conversations/{id}/statuses`: a page like any other, but read from its oldest status on.
pub fn statuses(cx: &Ctx) -> Result<Reply> {
    let (me, id, page) = (cx.me()?.id, id(cx)?, cx.page(20, 40));
    let (keys, shown) = cx.app.db().read(|db| {
        let thread = conversations::thread(db, me, id)?;
        let keys = listing::statuses(db, me, thread, &page)?;
        let mut shown = cx.view(db).statuses(&keys)?;
        shown.reverse();
        Ok((keys, shown))
    })?;
    cx.listed(&shown, &keys)
}

/// `PATCH /api/v1/pleroma/conversations/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, id(cx)?);
    if !cx.params.has("recipients") {
        return Err(Error::MissingField("recipients"));
    }
    let people = recipients(cx);
    let shown = cx.app.db().write(|tx| {
        conversations::set_recipients(tx, me, id, &people)?;
        shown(cx, tx, id)
    })?;
    Reply::json(&shown)
}

/// `POST /api/v1/pleroma/conversations/read`
pub fn read_all(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let shown = cx.app.db().write(|tx| {
        let were_unread = conversations::read_all(tx, me)?;
        cx.view(tx).conversations(&were_unread)
    })?;
    Reply::json(&shown)
}
