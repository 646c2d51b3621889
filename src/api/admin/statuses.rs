//! Statuses in the hands of admins.

use serde_json::json;

use super::paging;
use crate::db::statuses::moderation::{self, Filter};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::ops::{administration, status_moderation};
use crate::views::View;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/pleroma/admin/statuses`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let local = cx.params.bool("local_only").unwrap_or(false);
    page(cx, |_| {
        Ok(Filter {
            local,
            ..Filter::default()
        })
    })
}

/// `GET /api/pleroma/admin/instances/{host}/statuses`
pub fn of_host(cx: &Ctx) -> Result<Reply> {
    let host = cx.require("host")?.to_lowercase();
    page(cx, |_| {
        Ok(Filter {
            host: Some(host),
            ..Filter::default()
        })
    })
}

/// `GET /api/pleroma/admin/users/{nickname}/statuses`: by name or id.
pub fn of_user(cx: &Ctx) -> Result<Reply> {
    let named = cx.require("nickname")?;
    page(cx, |db| {
        Ok(Filter {
            account: Some(administration::find_by_any(db, &named)?.id),
            ..Filter::default()
        })
    })
}

fn page(cx: &Ctx, filter: impl FnOnce(&rusqlite::Connection) -> Result<Filter>) -> Result<Reply> {
    let flag = |key| cx.params.bool(key).unwrap_or(false);
    let paging = paging(cx);
    let statuses = cx.app.db().read(|db| {
        let filter = Filter {
            godmode: flag("godmode"),
            with_reblogs: flag("with_reblogs"),
            ..filter(db)?
        };
        let ids = moderation::page(db, &filter, paging.size, paging.offset)?;
        view(cx, db).admin_statuses(&ids)
    })?;
    Reply::json(&statuses)
}

/// Whoever gets here is an admin, also by the admin secret.
pub(super) fn view<'v>(cx: &'v Ctx, db: &'v rusqlite::Connection) -> View<'v> {
    View {
        admin: true,
        ..cx.view(db)
    }
}

/// `GET /api/pleroma/admin/statuses/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id = id(cx)?;
    cx.app.db().read(|db| {
        status_moderation::find(db, id)?;
        Reply::json(&view(cx, db).admin_statuses(&[id])?.first())
    })
}

/// `PUT /api/pleroma/admin/statuses/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let id = id(cx)?;
    let visibility = match cx.params.nonempty("visibility") {
        None => None,
        Some(word) => Some(
            Visibility::parse(&word)
                .ok_or_else(|| Error::BadRequest("Unsupported visibility".into()))?,
        ),
    };
    let (actor, sensitive) = (cx.session.viewer(), cx.params.bool("sensitive"));
    let shown = cx.app.db().write(|tx| {
        status_moderation::update(tx, actor, id, sensitive, visibility)?;
        view(cx, tx).admin_statuses(&[id])
    })?;
    Reply::json(&shown.first())
}

/// `DELETE /api/pleroma/admin/statuses/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (actor, id) = (cx.session.viewer(), id(cx)?);
    cx.app
        .db()
        .write(|tx| status_moderation::delete(tx, actor, id))?;
    Reply::json(&json!({}))
}

fn id(cx: &Ctx) -> Result<StatusId> {
    cx.optional_id("id")
        .ok_or_else(|| Error::Status(404, "Not found".into()))
}
