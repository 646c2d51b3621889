//! Who is calling: the ways to present a token (pleroma-contract B.7), the cookie's rule (security.md O5), HTTP Basic.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

use super::params::Params;
use crate::app::App;

/// The cookie's name, and the older ones that are accepted too.
pub const COOKIE: &str = "_pleroma_key";
const COOKIES: [&str; 3] = [COOKIE, "pleroma_key", "__Host-pleroma_key"];

/// What a request shows.
pub enum Credentials {
    /// Nothing.
    None,
    /// A bearer token.
    Bearer(String),
    /// A session cookie.
    Cookie(String),
    /// A name and a password; both as sent, and as they read when they were form-encoded.
    Basic(Vec<(String, String)>),
}

/// Finds the credentials: parameter, then `Authorization`, then cookie; the first present wins.
pub fn of(request: &rouille::Request, params: &Params, app: &App) -> Credentials {
    if let Some(token) = params.nonempty("access_token") {
        return Credentials::Bearer(token.into_owned());
    }
    if let Some(header) = request.header("Authorization") {
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        match scheme.trim_end_matches(':').to_ascii_lowercase().as_str() {
            "bearer" if !rest.trim().is_empty() => {
                return Credentials::Bearer(rest.trim().to_owned());
            }
            "basic" => return basic(rest.trim()).map_or(Credentials::None, Credentials::Basic),
            _ => {}
        }
    }
    match cookie(request) {
        Some(value) if is_own_page(request, app) => Credentials::Cookie(value),
        _ => Credentials::None,
    }
}

/// The session cookie's value, whatever page sent it.
pub fn cookie(request: &rouille::Request) -> Option<String> {
    let header = request.header("Cookie")?;
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| {
            (COOKIES.contains(&name) && !value.is_empty()).then(|| value.to_owned())
        })
}

/// Longer than browsers keep a cookie anyway.
const LONGEST_COOKIE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The header that gives a browser its session cookie (security.md O5).
pub fn set_cookie(app: &App, value: &str, lifetime: Duration) -> String {
    let age = lifetime.min(LONGEST_COOKIE).as_secs();
    let secure = if app.base().is_https() {
        "; Secure"
    } else {
        ""
    };
    format!("{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}")
}

/// The header that takes it away.
pub fn clear_cookie(app: &App) -> String {
    set_cookie(app, "", Duration::ZERO)
}

/// Whether the browser says that one of our own pages makes this request. Cookies count only then.
pub fn is_own_page(request: &rouille::Request, app: &App) -> bool {
    let site = request
        .header("Sec-Fetch-Site")
        .is_none_or(|site| site == "same-origin" || site == "none");
    let origin = request
        .header("Origin")
        .is_none_or(|origin| origin == app.base().as_str());
    site && origin
}

/// Reads the pair of `Authorization: Basic`, raw and form-decoded.
pub fn basic(encoded: &str) -> Option<Vec<(String, String)>> {
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    let decode = |part: &str| {
        percent_decode_str(&part.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let raw = (name.to_owned(), password.to_owned());
    let decoded = (decode(name), decode(password));
    Some(if raw == decoded {
        vec![raw]
    } else {
        vec![raw, decoded]
    })
}
