//! The captcha, given out and taken back.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::auth::captcha::{self, Solution};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ops;
use crate::ops::registration::Problems;
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
    let config = cx.app.config();
    if !config.captcha_enabled() {
        return Reply::json(&Captcha::None);
    }
    let key = ops::server_keys::captcha(cx.app.db())?;
    let made = captcha::challenge(&key, Timestamp::now());
    // The picture's look may follow from the secret that it shows, so it needs no randomness of its own.
    let seed = u64::from_ne_bytes(
        *crate::auth::secret::digest(&made.answer_data)
            .first_chunk()
            .expect("32 bytes"),
    );
    let png = crate::media::captcha::draw(&made.answer, seed).map_err(Error::internal)?;
    let native = Captcha::Native {
        token: made.token,
        url: format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)),
        answer_data: made.answer_data,
        seconds_valid: config.captcha.seconds_valid.as_secs(),
    };
    Ok(Reply::json(&native)?.header("Cache-Control", "no-store"))
}

/// Checks the solution that comes with a registration, if one is needed; a right one counts once.
pub fn check(cx: &Ctx) -> Result<()> {
    let config = cx.app.config();
    if !config.captcha_enabled() {
        return Ok(());
    }
    let given = |field: &'static str| {
        let missing = || {
            Problems::one(
                "captcha",
                format!("Invalid CAPTCHA (Missing parameter: {field})"),
            )
        };
        cx.params
            .nonempty(field)
            .ok_or_else(|| missing().into_error())
    };
    let (letters, token, answer_data) = (
        given("captcha_solution")?,
        given("captcha_token")?,
        given("captcha_answer_data")?,
    );
    let solution = Solution {
        letters: &letters,
        token: &token,
        answer_data: &answer_data,
    };
    let key = ops::server_keys::captcha(cx.app.db())?;
    let valid = config.captcha.seconds_valid;
    cx.app
        .captchas()
        .redeem(&key, &solution, valid, Timestamp::now())
        .map_err(|refusal| Problems::one("captcha", refusal.to_string()).into_error())
}
