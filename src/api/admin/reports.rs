//! Reports, and what admins do about them.

use serde::Serialize;
use serde_json::json;

use super::paging;
use super::statuses::view;
use crate::db::reports::State;
use crate::error::{Error, Result};
use crate::ids::ReportId;
use crate::ops::reports;
use crate::views::report::AdminReport;
use crate::web::ctx::Ctx;
use crate::web::params::Params;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Page {
    total: i64,
    reports: Vec<AdminReport>,
}

/// `GET /api/pleroma/admin/reports`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let state = match cx.params.nonempty("state") {
        None => None,
        Some(word) => Some(State::parse(&word).ok_or_else(unsupported)?),
    };
    let mut paging = paging(cx);
    if let Some(limit) = cx.params.int("limit").ok().flatten() {
        paging.size = paging.size.min(limit.max(1));
    }
    let page = cx.app.db().read(|db| {
        let (rows, total) = crate::db::reports::page(db, state, paging.size, paging.offset)?;
        let reports = view(cx, db).admin_reports(rows)?;
        Ok(Page { total, reports })
    })?;
    Reply::json(&page)
}

fn unsupported() -> Error {
    Error::BadRequest("Unsupported state".into())
}

/// `GET /api/pleroma/admin/reports/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id = id(cx)?;
    cx.app.db().read(|db| {
        let row = reports::find(db, id)?;
        Reply::json(&view(cx, db).admin_reports(vec![row])?.first())
    })
}

/// `PATCH /api/pleroma/admin/reports`: all of them or, when one cannot be, none.
pub fn update(cx: &Ctx) -> Result<Reply> {
    if !cx.params.has("reports") {
        return Err(Error::MissingField("reports"));
    }
    let (actor, wanted) = (cx.session.viewer(), cx.params.maps("reports"));
    cx.app.db().write(|tx| {
        let mut wrong = Vec::new();
        for one in &wanted {
            let known = match read(one) {
                Ok((id, state)) => reports::set_state(tx, actor, id, state)?,
                Err(error) => {
                    wrong.push(json!({"id": one.text("id"), "error": error.to_string()}));
                    continue;
                }
            };
            if !known {
                wrong.push(json!({"id": one.text("id"), "error": "not_found"}));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Error::Answer(400, wrong.into()))
    })?;
    Ok(Reply::empty(204))
}

fn read(one: &Params) -> Result<(ReportId, State)> {
    let id = one.text("id").and_then(|id| id.parse().ok());
    let state = one.text("state").and_then(|state| State::parse(&state));
    let id = id.ok_or_else(|| Error::BadRequest("not_found".into()))?;
    Ok((id, state.ok_or_else(unsupported)?))
}

/// `POST /api/pleroma/admin/reports/{id}/notes`
pub fn add_note(cx: &Ctx) -> Result<Reply> {
    let (me, id, text) = (cx.me()?, id(cx)?, cx.require("content")?);
    cx.app
        .db()
        .write(|tx| reports::add_note(tx, me, id, &text))?;
    Ok(Reply::empty(204))
}

/// `DELETE /api/pleroma/admin/reports/{id}/notes/{note_id}`
pub fn remove_note(cx: &Ctx) -> Result<Reply> {
    let (actor, id) = (cx.session.viewer(), id(cx)?);
    let note = cx.optional_id("note_id").ok_or_else(not_found)?;
    cx.app
        .db()
        .write(|tx| reports::remove_note(tx, actor, id, note))?;
    Ok(Reply::empty(204))
}

fn id(cx: &Ctx) -> Result<ReportId> {
    cx.optional_id("id").ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::Status(404, "Not found".into())
}
