//! Marking notifications as read (pleroma-contract 8).

use serde_json::json;

use crate::api::mastodon;
use crate::db::notifications::listing::{self, Filter, NotificationRow};
use crate::db::page::Page;
use crate::error::{Error, Result};
use crate::ids::NotificationId;
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// How many of those just read are shown.
const SHOWN: i64 = 80;

/// `POST /api/v1/pleroma/notifications/read`
pub fn read(cx: &Ctx) -> Result<Reply> {
    if let Some(id) = number(cx, "id")? {
        return read_one(cx, id);
    }
    let max = number(cx, "max_id")?.ok_or(Error::MissingField("id"))?;
    let me = cx.me()?.id;
    let shown = cx.app.db().write(|tx| {
        let page = Page {
            max_id: Some(max.0.saturating_add(1)),
            limit: SHOWN,
            ..Page::default()
        };
        let unseen = Filter {
            unseen: true,
            ..Filter::default()
        };
        let rows = listing::list(tx, me, &unseen, &page)?;
        ops::notifications::read_up_to(tx, me, max)?;
        let rows = rows
            .into_iter()
            .map(|row| NotificationRow { seen: true, ..row });
        cx.view(tx).notifications(rows.collect())
    })?;
    Reply::json(&shown)
}

/// `POST /api/qvitter/statuses/notifications/read`: the form of old front-ends.
pub fn read_by_latest(cx: &Ctx) -> Result<Reply> {
    let Some(latest) = number(cx, "latest_id")? else {
        return Err(Error::Answer(
            400,
            json!({"error": "You need to specify latest_id", "request": cx.path}),
        ));
    };
    let me = cx.me()?.id;
    cx.app
        .db()
        .write(|tx| ops::notifications::read_up_to(tx, me, latest))?;
    mastodon::notifications::list(cx)
}

fn read_one(cx: &Ctx, id: NotificationId) -> Result<Reply> {
    let me = cx.me()?.id;
    let refused = || Error::BadRequest("Cannot get notification".into());
    let shown = cx.app.db().write(|tx| {
        ops::notifications::read(tx, me, id)?;
        let row = listing::one(tx, me, id)?.ok_or_else(refused)?;
        cx.view(tx).notifications(vec![row])
    })?;
    Reply::json(&shown.first().ok_or_else(refused)?)
}

fn number(cx: &Ctx, key: &str) -> Result<Option<NotificationId>> {
    Ok(cx.params.int(key)?.map(NotificationId))
}
