//! Custom emoji, as Pleroma lists them (pleroma-contract 1).

use crate::error::Result;
use crate::views::emoji;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/pleroma/emoji`
pub fn list(cx: &Ctx) -> Result<Reply> {
    cx.app.look_at_packs(true);
    Reply::json(&emoji::by_shortcode(&cx.app.house().emojis.all()))
}
