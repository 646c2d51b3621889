//! Which servers have a post of one's own.

use crate::db::statuses;
use crate::error::Result;
use crate::views::delivery;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/kenoma/statuses/{id}/deliveries`, for the author; 404 for everybody else
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let shown = cx.app.db().read(|db| {
        let status = statuses::owned_by(db, me, id)?;
        delivery::deliveries(db, status.id)
    })?;
    Reply::json(&shown)
}
