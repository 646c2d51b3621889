//! The emoji table (pleroma-contract D.3).

use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/pleroma/admin/reload_emoji`
pub fn reload(cx: &Ctx) -> Result<Reply> {
    cx.app.reload_emoji();
    Reply::json(&"ok")
}
