//! The captcha as clients fetch it.

use serde::Serialize;

use crate::error::Result;
use crate::web::captcha::give;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// A puzzle as clients know it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Captcha {
    /// No captcha is needed.
    None,
    /// A picture drawn here.
    Native {
        token: String,
        url: String,
        answer_data: String,
        seconds_valid: u64,
    },
}

/// `GET /api/pleroma/captcha`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let captcha = match give(cx)? {
        None => Captcha::None,
        Some(puzzle) => Captcha::Native {
            token: puzzle.token,
            url: puzzle.picture,
            answer_data: puzzle.answer_data,
            seconds_valid: cx.app.config().captcha.seconds_valid.as_secs(),
        },
    };
    Ok(Reply::json(&captcha)?.header("Cache-Control", "no-store"))
}
