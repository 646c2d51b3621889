//! Async refreshes, as Mastodon 4.4 has them: a client that opens a thread of another server learns that more of it may come,
//! and may ask whether it has. Who listens to streams is told anyway.

use serde_json::json;

use crate::db;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Seconds after which asking makes sense.
const RETRY: u32 = 3;

/// Says in the answer that more of the thread around that status may come.
pub fn announced(reply: Reply, status: StatusId) -> Reply {
    reply
        .header(
            "Mastodon-Async-Refresh",
            &format!("id=\"{status}\", retry={RETRY}"),
        )
        .header("Access-Control-Expose-Headers", "Mastodon-Async-Refresh")
}

/// `GET /api/v1_alpha/async_refreshes/{id}`: 404 when nobody opened such a thread of late.
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    cx.app
        .db()
        .read(|db| db::statuses::visible_to(db, cx.viewer(), id))?;
    let look = cx.app.fed().threads.look(id).ok_or(Error::record())?;
    let status = if look.is_over { "finished" } else { "running" };
    Reply::json(&json!({
        "async_refresh": {"id": id, "status": status, "result_count": look.found},
    }))
}
