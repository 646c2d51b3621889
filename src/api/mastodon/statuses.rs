//! Statuses: posting, reading, deleting.

pub(super) mod draft;

pub use draft::visibility;

use serde::Serialize;

use super::{async_refreshes, scheduled_statuses};
use crate::db::{self, Tx};
use crate::error::Result;
use crate::fed::{resolve, threads};
use crate::ids::StatusId;
use crate::ops;
use crate::ops::statuses::{self, Rules};
use crate::views::View;
use crate::views::status::Status;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/v1/statuses`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?;
    let draft = draft::read(cx)?;
    let rules = rules(cx);
    if cx.params.bool("preview") == Some(true) {
        return preview(cx, &rules, &draft);
    }
    resolve::mentioned(cx.app, &draft.text);
    if let Some(at) = scheduled_statuses::hour(cx)? {
        let add = ops::scheduled_statuses::add;
        let scheduled = cx.app.db().write_and_show(
            |tx| add(tx, &rules, me.id, &draft, at),
            |db, id| cx.view(db).scheduled_status(id),
        )?;
        return Reply::json(&scheduled);
    }
    done(cx, |tx| statuses::post(tx, &rules, me.id, &draft))
}

/// What the post would look like. Nothing of it stays.
fn preview(cx: &Ctx, rules: &Rules, draft: &statuses::Draft) -> Result<Reply> {
    let me = cx.me()?.id;
    let house = cx.app.house().without_memory();
    let status = cx.app.db().rehearse(|tx| {
        let id = statuses::post(tx, rules, me, draft)?;
        let view = View {
            house: &house,
            ..cx.view(tx)
        };
        view.status(id)
    })?;
    Reply::json(&status)
}

/// `GET /api/v1/statuses/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    let status = cx.app.db().read(|db| {
        db::statuses::check_visible(db, cx.viewer(), id)?;
        cx.view(db).status(id)
    })?;
    Reply::json(&status)
}

/// The most statuses that are fetched by id at once.
const MOST_AT_ONCE: usize = 100;

/// `GET /api/v1/statuses?ids[]=…` (Pleroma) or `?id[]=…` (Mastodon)
pub fn many(cx: &Ctx) -> Result<Reply> {
    let mut ids = cx.params.ids("ids");
    ids.extend(cx.params.ids("id"));
    ids.truncate(MOST_AT_ONCE);
    let ids: Vec<StatusId> = ids.into_iter().map(StatusId).collect();
    let statuses = cx.app.db().read(|db| {
        let visible = db::statuses::visible_among(db, cx.viewer(), &ids)?;
        cx.view(db).statuses(&visible)
    })?;
    Reply::json(&statuses)
}

/// `DELETE /api/v1/statuses/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id): (_, StatusId) = (cx.me()?.id, cx.id("id", "Record")?);
    let gone = cx.app.db().read(|db| {
        db::statuses::owned_by(db, me, id)?;
        let text = db::statuses::source(db, id)?;
        cx.view(db).status_with_text(id, text.unwrap_or_default())
    })?;
    let with_media = cx.params.bool("delete_media").unwrap_or(false);
    cx.app
        .db()
        .write(|tx| statuses::delete(tx, me, id, with_media))?;
    Reply::json(&gone)
}

/// Context.
#[derive(Serialize)]
struct Context {
    ancestors: Vec<Status>,
    descendants: Vec<Status>,
}

/// `GET /api/v1/statuses/{id}/context`: what is known. What is not is fetched in the background.
pub fn context(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    let (status, context) = cx.app.db().read(|db| {
        let status = db::statuses::visible_to(db, cx.viewer(), id)?;
        let found = db::statuses::context(db, cx.viewer(), &status)?;
        let around = [&found.ancestors[..], &found.descendants].concat();
        let (ancestors, descendants) = (cx.view(db).statuses(&around)?.into_iter())
            .partition(|shown| found.ancestors.contains(&shown.id()));
        let context = Context {
            ancestors,
            descendants,
        };
        Ok((status, context))
    })?;
    let reply = Reply::json(&context)?;
    Ok(match threads::opened(cx.app, cx.viewer(), &status) {
        true => async_refreshes::announced(reply, id),
        false => reply,
    })
}

/// Does something, and answers with the status that comes of it as the caller sees it then.
pub fn done(cx: &Ctx, work: impl FnOnce(&Tx) -> Result<StatusId>) -> Result<Reply> {
    let db = cx.app.db();
    let status = db.write_and_show(work, |db, id| cx.view(db).status(id))?;
    Reply::json(&status)
}

/// What the settings say about posts.
pub fn rules<'a>(cx: &Ctx<'a>) -> Rules<'a> {
    Rules::new(cx.app.base(), &cx.app.config().instance)
}
