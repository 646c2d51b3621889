//! The moderation log.

use serde::Serialize;
use serde_json::value::RawValue;

use super::paging;
use crate::clock::Timestamp;
use crate::db::moderation_log::{self, EntryRow, Filter};
use crate::error::{Error, Result};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Log {
    items: Vec<Item>,
    total: i64,
}

#[derive(Serialize)]
struct Item {
    data: Box<RawValue>,
    time: i64,
    message: String,
}

/// `GET /api/pleroma/admin/moderation_log`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let filter = Filter {
        since: moment(cx, "start_date", "T00:00:00Z")?,
        until: moment(cx, "end_date", "T23:59:59.999Z")?,
        actor: cx.optional_id("user_id"),
        search: cx.params.nonempty("search").map(Into::into),
    };
    let paging = paging(cx);
    let (rows, total) = cx
        .app
        .db()
        .read(|db| moderation_log::page(db, &filter, paging.size, paging.offset))?;
    let items = rows.into_iter().map(item).collect::<Result<_>>()?;
    Reply::json(&Log { items, total })
}

fn item(row: EntryRow) -> Result<Item> {
    Ok(Item {
        data: RawValue::from_string(row.data)?,
        time: row.created_at.seconds(),
        message: row.message,
    })
}

/// A moment with or without a time zone, or a day, of which `rest` completes the moment.
fn moment(cx: &Ctx, key: &str, rest: &str) -> Result<Option<Timestamp>> {
    let Some(text) = cx.params.nonempty(key) else {
        return Ok(None);
    };
    let read = Timestamp::parse(&text)
        .or_else(|| Timestamp::parse(&format!("{text}Z")))
        .or_else(|| Timestamp::parse(&format!("{text}{rest}")));
    match read {
        Some(moment) => Ok(Some(moment)),
        None => Err(Error::BadRequest(format!(
            "{key} must be a date such as 2030-01-31"
        ))),
    }
}
