//! Static files: those compiled in, and those that the operator put into the data directory's `static/`, which win.

use std::io::{ErrorKind, Read};
use std::time::UNIX_EPOCH;

use crate::error::{Error, Result};
use crate::media::{mime, site};
use crate::web::conditional;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

const BUILT_IN: [(&str, &[u8]); 4] = [
    ("style.css", include_bytes!("../../static/style.css")),
    ("avatar.png", include_bytes!("../../static/avatar.png")),
    ("header.png", include_bytes!("../../static/header.png")),
    ("favicon.png", include_bytes!("../../static/favicon.png")),
];

/// Machines may read what people read, but not wander through the API.
const ROBOTS: &[u8] = b"User-agent: *\nDisallow: /api/\nDisallow: /oauth/\nDisallow: /setup/\n";

/// Shown again without asking for so long; then a short question (`If-None-Match`) is enough.
const CACHE: &str = "public, max-age=600";

/// `GET /static/{path}`
pub fn get(cx: &Ctx) -> Result<Reply> {
    let path = cx.params.text("path").unwrap_or_default();
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

/// A file of the operator; its tag is made of size and time, so that an unchanged file is not even read.
fn operators(cx: &Ctx, path: &str) -> Result<Option<Reply>> {
    let mut file = match site::open(&cx.app.data().join("static"), path) {
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
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let reply = described(Reply::bytes(mime::of_static(path), bytes));
    Ok(Some(reply.header("ETag", &etag)))
}

fn described(reply: Reply) -> Reply {
    reply
        .header("Cache-Control", CACHE)
        .header("X-Content-Type-Options", "nosniff")
}
