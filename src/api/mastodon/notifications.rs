//! Notifications.

use serde_json::json;

use crate::db;
use crate::db::notifications::Kind;
use crate::db::notifications::listing::{self, Filter};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::{AccountId, NotificationId};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/notifications`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let filter = filter(cx)?;
    let page = cx.page(20, 40);
    let (keys, notifications) = cx.app.db().read(|db| {
        if let Some(actor) = filter.actor
            && db::accounts::by_id(db, actor)?.is_none()
        {
            return Err(no_account());
        }
        let rows = listing::list(db, me, &filter, &page)?;
        let keys: Vec<NotificationId> = rows.iter().map(|row| row.id).collect();
        Ok((keys, cx.view(db).notifications(rows)?))
    })?;
    cx.listed(&notifications, &keys)
}

/// `GET /api/v1/notifications/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let refused = || Error::Forbidden("Cannot get notification".into());
    let id = cx.optional_id("id").ok_or_else(refused)?;
    let found = cx.app.db().read(|db| {
        let row = listing::one(db, me, id)?.ok_or_else(refused)?;
        cx.view(db).notifications(vec![row])
    })?;
    Reply::json(&found.first().ok_or_else(refused)?)
}

/// `POST /api/v1/notifications/{id}/dismiss` and `POST /api/v1/notifications/dismiss`
pub fn dismiss(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let refused = || Error::Forbidden("Cannot dismiss notification".into());
    let id: NotificationId = cx.require("id")?.parse().map_err(|_| refused())?;
    let removed = cx.app.db().write(|tx| listing::delete(tx, me, &[id.0]))?;
    if removed == 0 {
        return Err(refused());
    }
    Reply::json(&json!({}))
}

/// `POST /api/v1/notifications/clear`
pub fn clear(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app.db().write(|tx| listing::clear(tx, me))?;
    Reply::json(&json!({}))
}

/// `DELETE /api/v1/notifications/destroy_multiple`
pub fn destroy_multiple(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let ids = cx.params.ids("ids");
    cx.app.db().write(|tx| listing::delete(tx, me, &ids))?;
    Reply::json(&json!({}))
}

pub(super) fn filter(cx: &Ctx) -> Result<Filter> {
    let actor = match cx.params.nonempty("account_id") {
        Some(id) => Some(AccountId(id.parse().map_err(|_| no_account())?)),
        None => None,
    };
    let without = cx.params.list("exclude_visibilities");
    Ok(Filter {
        kinds: kinds(cx),
        without: without
            .iter()
            .filter_map(|name| Visibility::parse(name))
            .collect(),
        actor,
        with_muted: cx.params.bool("with_muted").unwrap_or(false),
        unseen: false,
        with_filtered: cx.params.bool("include_filtered").unwrap_or(false),
        status: None,
    })
}

/// The kinds asked for, under Mastodon's and Pleroma's name of the parameter. Kinds that we do not know match nothing.
fn kinds(cx: &Ctx) -> Vec<Kind> {
    let mut only = cx.params.list("types");
    only.extend(cx.params.list("include_types"));
    let without = cx.params.list("exclude_types");
    let named = |list: &[String], kind: &Kind| list.iter().any(|name| name == kind.name());
    let mut kinds = match only.is_empty() {
        true => Kind::LISTED.to_vec(),
        false => Kind::ALL.to_vec(),
    };
    kinds.retain(|kind| (only.is_empty() || named(&only, kind)) && !named(&without, kind));
    kinds
}

fn no_account() -> Error {
    Error::Status(404, "Account is not found".into())
}
