//! Drop-in web clients (mastodon-api 4): a folder `static/frontends/NAME` in the data directory, chosen by `frontend.primary`.
//!
//! Its files answer where no route does, and its `index.html` answers the pages that people open, so that a client written
//! for the root of a host works unmodified. Programs never get it: what they ask for is answered as without a client.

use std::path::PathBuf;

use super::files;
use crate::app::App;
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Never a page of the client: programs ask here, and must be told when there is nothing.
const RESERVED: [&str; 11] = [
    "api",
    "oauth",
    "nodeinfo",
    ".well-known",
    "media",
    "emoji",
    "proxy",
    "auth",
    "socket",
    "static",
    "instance",
];

/// Below these a person and a server want different things of the same address.
const SHARED_WITH_SERVERS: [&str; 4] = ["/users/", "/@", "/notice/", "/objects/"];

/// The folder of the chosen client, `None` while there is none: then the built-in pages answer.
pub fn primary(app: &App) -> Option<PathBuf> {
    let name = &app.config().frontend.primary;
    (!name.is_empty()).then(|| app.data().join("static").join("frontends").join(name))
}

/// The client in place of a built-in page: a row of the table that is marked `for_people`. `None`: the row's own handler answers.
pub fn instead(cx: &Ctx) -> Result<Option<Reply>> {
    let shared = SHARED_WITH_SERVERS
        .iter()
        .any(|start| cx.path.starts_with(start));
    if shared && !accepts_pages(cx) {
        return Ok(None);
    }
    index(cx)
}

/// What answers a path that no route knows: a file of the client, else its first page. `None`: nothing is there.
pub fn fallback(cx: &Ctx) -> Result<Option<Reply>> {
    let Some(folder) = primary(cx.app) else {
        return Ok(None);
    };
    let path = percent_encoding::percent_decode_str(cx.path).decode_utf8_lossy();
    let path = path.trim_start_matches('/');
    // An operator's own file wins, as everywhere: `static/instance/panel.html` is `/instance/panel.html`.
    for root in [cx.app.data().join("static"), folder] {
        if !path.starts_with("frontends/")
            && let Some(reply) = files::stored(cx, &root, path, cache(path))?
        {
            return Ok(Some(reply));
        }
    }
    let first = path.split('/').next().unwrap_or_default();
    match RESERVED.contains(&first) {
        true => Ok(None),
        false => index(cx),
    }
}

fn index(cx: &Ctx) -> Result<Option<Reply>> {
    match primary(cx.app) {
        Some(folder) => files::stored(cx, &folder, "index.html", cache("index.html")),
        None => Ok(None),
    }
}

fn accepts_pages(cx: &Ctx) -> bool {
    cx.header("Accept")
        .is_some_and(|accept| accept.contains("text/html"))
}

/// How long a file may be kept: for ever where its name holds a hash of its content, not at all where it decides which
/// others are loaded.
pub fn cache(path: &str) -> &'static str {
    let file = path.rsplit('/').next().unwrap_or(path);
    let decides = file.ends_with(".html") || file.starts_with("sw") || file == "config.json";
    if decides || file.ends_with("manifest.json") || file.ends_with(".webmanifest") {
        "no-cache"
    } else if file.split(['.', '-', '_']).any(is_hash) {
        "public, max-age=31536000, immutable"
    } else {
        files::CACHE
    }
}

/// Whether a part of a file name was made by a build: eight or more letters and digits with a digit among them.
fn is_hash(part: &str) -> bool {
    part.len() >= 8
        && part.chars().all(|c| c.is_ascii_alphanumeric())
        && part.chars().any(|c| c.is_ascii_digit())
        && part.chars().any(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_build_named_by_its_content_is_kept_for_ever() {
        let forever = "public, max-age=31536000, immutable";
        for (path, expected) in [
            ("static/js/app.4f2a91c0.js", forever),
            ("assets/main-B3xq9TzK.css", forever),
            ("index.html", "no-cache"),
            ("sw-pleroma.js", "no-cache"),
            ("sw.js", "no-cache"),
            ("static/config.json", "no-cache"),
            ("static/logo.svg", files::CACHE),
            ("static/terms-of-service.txt", files::CACHE),
            ("static/js/vendors.js", files::CACHE),
        ] {
            assert_eq!(cache(path), expected, "{path}");
        }
    }
}
