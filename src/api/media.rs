//! Uploaded files as browsers and other servers get them. Bytes that somebody uploaded are never a page, a script or a
//! document of ours, whatever they hold (security.md F3).

use std::fs::File;
use std::io::{self, ErrorKind};

use crate::error::{Error, Result};
use crate::media::mime::{self, OCTET_STREAM};
use crate::media::name::SafeName;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// A name never changes its content. `private`: a post that few may see keeps its picture out of shared caches (P3).
const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// `GET /media/{file}`
pub fn file(cx: &Ctx) -> Result<Reply> {
    let name = cx.params.text("file").unwrap_or_default();
    let name = SafeName::parse(&name).map_err(|_| Error::NotFound("File"))?;
    let file = found(cx.app.uploads().open(&name))?;
    send(cx, file, name.as_str(), FOR_EVER)
}

/// A file, or 404 when there is none, be it that something else is in its place.
pub(super) fn found(opened: io::Result<File>) -> Result<File> {
    opened.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::InvalidInput => Error::NotFound("File"),
        _ => error.into(),
    })
}

/// Answers with a file of the allow-list under its type, and with any other as a download.
pub(super) fn send(cx: &Ctx, file: File, name: &str, cache: &'static str) -> Result<Reply> {
    let content_type = mime::of_upload(name);
    let reply = Reply::file(file, content_type, cx.header("Range"), cache)?
        .header("X-Robots-Tag", "noindex");
    Ok(if content_type == OCTET_STREAM {
        reply.header("Content-Disposition", "attachment")
    } else {
        reply
    })
}
