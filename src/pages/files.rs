//! Static files: those compiled in, and those that the operator put into the data directory's `static/`, which win.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::frontends;
use crate::auth::secret;
use crate::error::{Error, Result};
use crate::media::{mime, site};
use crate::web::conditional;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

const BUILT_IN: [(&str, &[u8]); 5] = [
    ("style.css", include_bytes!("../../static/style.css")),
    ("avatar.png", include_bytes!("../../static/avatar.png")),
    ("header.png", include_bytes!("../../static/header.png")),
    ("mascot.png", include_bytes!("../../static/mascot.png")),
    ("favicon.png", include_bytes!("../../static/favicon.png")),
];

/// Machines may read what people read, but not wander through the API.
const ROBOTS: &[u8] = b"User-agent: *\nDisallow: /api/\nDisallow: /oauth/\nDisallow: /setup/\n";

/// Shown again without asking for so long; then a short question (`If-None-Match`) is enough.
pub(super) const CACHE: &str = "public, max-age=600";

/// Above this a file is sent as it lies on the disk; below it, it may be compressed.
const IN_MEMORY: u64 = 1 << 20;

/// `GET /static/{path}`: the operator's file, the chosen web client's, or the built-in one.
pub fn get(cx: &Ctx) -> Result<Reply> {
    let path = cx.params.text("path").unwrap_or_default();
    if let Some(reply) = operators(cx, &path)? {
        return Ok(reply);
    }
    if let Some(folder) = frontends::primary(cx.app) {
        let path = format!("static/{path}");
        if let Some(reply) = stored(cx, &folder, &path, frontends::cache(&path))? {
            return Ok(reply);
        }
    }
    send(cx, &path)?.ok_or(Error::NotFound("Page"))
}

/// `GET /favicon.ico`: the picture is a PNG, whatever its name.
pub fn favicon(cx: &Ctx) -> Result<Reply> {
    send(cx, "favicon.png")?.ok_or(Error::NotFound("Page"))
}

/// `GET /robots.txt`
pub fn robots(cx: &Ctx) -> Result<Reply> {
    match send(cx, "robots.txt")? {
        Some(reply) => Ok(reply),
        None => Ok(Reply::bytes("text/plain; charset=utf-8", ROBOTS.to_vec())),
    }
}

fn send(cx: &Ctx, path: &str) -> Result<Option<Reply>> {
    if let Some(reply) = operators(cx, path)? {
        return Ok(Some(reply));
    }
    let built_in = BUILT_IN.iter().find(|(name, _)| *name == path);
    Ok(built_in.map(|(name, bytes)| {
        let etag = conditional::etag_of(bytes);
        conditional::answer(cx, &etag, || {
            described(Reply::bytes(mime::of_static(name), bytes.to_vec()))
        })
    }))
}

fn operators(cx: &Ctx, path: &str) -> Result<Option<Reply>> {
    let cache = match path.starts_with("frontends/") {
        true => frontends::cache(path),
        false => CACHE,
    };
    stored(cx, &cx.app.data().join("static"), path, cache)
}

/// A file that the operator put there; its tag is made of size and time, so that an unchanged file is not even read.
pub(super) fn stored(
    cx: &Ctx,
    root: &Path,
    path: &str,
    cache: &'static str,
) -> Result<Option<Reply>> {
    let mut file = match site::open(root, path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let about = file.metadata()?;
    let modified = about.modified()?.duration_since(UNIX_EPOCH);
    let etag = format!(
        "\"{:x}-{:x}\"",
        about.len(),
        modified.unwrap_or_default().as_nanos()
    );
    if conditional::is_known(cx, &etag) {
        return Ok(Some(conditional::unchanged(&etag)));
    }
    let content_type = mime::of_static(path);
    let reply = if about.len() > IN_MEMORY {
        Reply::part_of(file, content_type, cx.header("Range"), cache)?
    } else {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let policy = content_type
            .starts_with("text/html")
            .then(|| client_policy(&String::from_utf8_lossy(&bytes)));
        let reply = Reply::bytes(content_type, bytes).header("Cache-Control", cache);
        match policy {
            Some(policy) => reply
                .header("Content-Security-Policy", &policy)
                .header("Referrer-Policy", "same-origin"),
            None => reply,
        }
    };
    let reply = reply.header("X-Content-Type-Options", "nosniff");
    Ok(Some(reply.header("ETag", &etag)))
}

/// The policy of a page that the operator put there, a web client as a rule: it may run its own scripts, those in the page
/// by their digest, and talk to any server that people log in to. Nobody may frame it.
fn client_policy(page: &str) -> String {
    let inline: String = inline_scripts(page)
        .map(|script| format!(" 'sha256-{}'", BASE64.encode(secret::digest(script))))
        .collect();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{inline}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob: https:; media-src 'self' blob: https:; font-src 'self' data:; \
         connect-src 'self' blob: data: https: wss:; worker-src 'self' blob:; frame-src https:; frame-ancestors 'none'; \
         base-uri 'self'; object-src 'none'"
    )
}

/// The texts of `<script>` elements that carry their code with them.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    let begins = page.match_indices("<script").filter_map(|(at, _)| {
        let tag = &page[at..];
        let open = tag.find('>')?;
        let code = &tag[open + 1..];
        let has_source = tag[..open].contains(" src");
        (!has_source).then_some(code)
    });
    begins.filter_map(|code| code.find("</script").map(|end| &code[..end]))
}

fn described(reply: Reply) -> Reply {
    reply
        .header("Cache-Control", CACHE)
        .header("X-Content-Type-Options", "nosniff")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_in_a_page_are_found_and_those_elsewhere_are_not() {
        let page = "<script src=a.js></script><script>one()</script><p><script type=\"module\">two()</script ></p><script>cut";
        assert_eq!(Vec::from_iter(inline_scripts(page)), ["one()", "two()"]);
        // The digest that browsers compute of `one()`.
        assert!(client_policy(page).contains("'sha256-"));
    }
}
