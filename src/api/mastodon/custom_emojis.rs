//! Custom emoji, as Mastodon lists them.

use crate::error::Result;
use crate::views::emoji;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/custom_emojis`
pub fn list(cx: &Ctx) -> Result<Reply> {
    cx.app.look_at_packs(true);
    let house = cx.app.house();
    let generation = house.emojis.generation();
    let bytes = cx.app.kept().bytes("custom_emojis", generation, || {
        Ok(serde_json::to_vec(&emoji::picker(
            &house.emojis.all(),
            &house.base,
        ))?)
    })?;
    Ok(Reply::bytes("application/json; charset=utf-8", bytes))
}
