//! Form tokens: every HTML form carries one, signed by the server for its purpose, for an hour, and for the session that
//! the browser had when the form was shown (security.md O5). Another site can neither make nor borrow one.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::credentials;
use super::ctx::Ctx;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ops::server_keys;

/// How long a form may lie open.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The form field.
pub const FIELD: &str = "form_token";

/// A token for a form of that purpose.
pub fn make(cx: &Ctx, purpose: &str) -> Result<String> {
    let expires_at = Timestamp::now().plus(LIFETIME).0;
    let tag = hmac::sign(&key(cx)?, &content(cx, purpose, expires_at));
    Ok(format!(
        "{expires_at}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(tag)
    ))
}

/// Whether the request's form has a token of that purpose.
pub fn check(cx: &Ctx, purpose: &str) -> Result<bool> {
    let Some(token) = cx.params.nonempty(FIELD) else {
        return Ok(false);
    };
    let parts = token.split_once('.').and_then(|(expires_at, tag)| {
        let expires_at = expires_at.parse::<i64>().ok()?;
        Some((expires_at, BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?))
    });
    let Some((expires_at, tag)) = parts else {
        return Ok(false);
    };
    let genuine = hmac::verify(&key(cx)?, &content(cx, purpose, expires_at), &tag).is_ok();
    Ok(genuine && Timestamp(expires_at) > Timestamp::now())
}

fn key(cx: &Ctx) -> Result<hmac::Key> {
    let secret = server_keys::forms(cx.app.db())?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
}

fn content(cx: &Ctx, purpose: &str, expires_at: i64) -> Vec<u8> {
    let session = credentials::cookie(cx.request).unwrap_or_default();
    format!("{purpose}\0{expires_at}\0{session}").into_bytes()
}
