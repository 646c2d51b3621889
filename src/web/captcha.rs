//! The captcha on its way to a person and back, for the API and for the registration page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::ctx::Ctx;
use crate::auth::captcha::{self, Solution};
use crate::auth::secret::digest;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ops::registration::Problems;
use crate::ops::server_keys;

/// A puzzle to be shown.
pub struct Puzzle {
    /// Names it.
    pub token: String,
    /// The picture, as a `data:` address.
    pub picture: String,
    /// The sealed answer.
    pub answer_data: String,
}

/// Makes a puzzle; `None` while no captcha is needed.
pub fn give(cx: &Ctx) -> Result<Option<Puzzle>> {
    if !cx.app.config().captcha_enabled() {
        return Ok(None);
    }
    let key = server_keys::captcha(cx.app.db())?;
    let made = captcha::challenge(&key, Timestamp::now());
    // What a reader of the picture knows anyway may decide its look.
    let [a, b, c, d, e, f, g, h, ..] = digest(&made.answer_data);
    let seed = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let png = crate::media::captcha::draw(&made.answer, seed).map_err(Error::internal)?;
    Ok(Some(Puzzle {
        token: made.token,
        picture: format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)),
        answer_data: made.answer_data,
    }))
}

/// Checks the solution that comes with a registration, if one is needed; a right one counts once.
pub fn check(cx: &Ctx) -> Result<()> {
    let config = cx.app.config();
    if !config.captcha_enabled() {
        return Ok(());
    }
    let refused = |text: String| Problems::one("captcha", text).into_error();
    let given = |field: &str| {
        cx.params
            .nonempty(field)
            .ok_or_else(|| refused(format!("Invalid CAPTCHA (Missing parameter: {field})")))
    };
    let (letters, token) = (given("captcha_solution")?, given("captcha_token")?);
    let answer_data = given("captcha_answer_data")?;
    let solution = Solution {
        letters: &letters,
        token: &token,
        answer_data: &answer_data,
    };
    let key = server_keys::captcha(cx.app.db())?;
    let valid = config.captcha.seconds_valid;
    cx.app
        .captchas()
        .redeem(&key, &solution, valid, Timestamp::now())
        .map_err(|refusal| refused(refusal.to_string()))
}
