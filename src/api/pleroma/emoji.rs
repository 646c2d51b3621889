//! Custom emoji, as Pleroma lists them (pleroma-contract 1).

use crate::error::Result;
use crate::views::emoji;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/pleroma/emoji`
pub fn list(cx: &Ctx) -> Result<Reply> {
    cx.app.look_at_packs(true);
    let emojis = &cx.app.house().emojis;
    let bytes = cx.app.kept().bytes("emoji", emojis.generation(), || {
        Ok(serde_json::to_vec(&emoji::by_shortcode(&emojis.all()))?)
    })?;
    Ok(Reply::bytes("application/json; charset=utf-8", bytes))
}
