//! Answers that the caller may still have: entity tags (`If-None-Match`) and dates (`If-Modified-Since`).

use std::hash::{DefaultHasher, Hash, Hasher};

use super::ctx::Ctx;
use super::reply::Reply;
use crate::clock::Timestamp;

/// A tag for these bytes. It tells copies apart, nothing more: no secret, no proof.
pub fn etag_of(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether the caller has the copy with that tag.
pub fn is_known(cx: &Ctx, etag: &str) -> bool {
    cx.header("If-None-Match").is_some_and(|known| {
        known
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == etag || tag == "*")
    })
}

/// 304: the copy is still right.
pub fn unchanged(etag: &str) -> Reply {
    Reply::empty(304).header("ETag", etag)
}

/// 304 if the caller has that copy, else the answer with its tag.
pub fn answer(cx: &Ctx, etag: &str, reply: impl FnOnce() -> Reply) -> Reply {
    match is_known(cx, etag) {
        true => unchanged(etag),
        false => reply().header("ETag", etag),
    }
}

/// Whether what was last changed then is no newer than the caller's copy, by its date.
pub fn is_not_newer(cx: &Ctx, changed_at: Timestamp) -> bool {
    let Some(date) = cx.header("If-Modified-Since") else {
        return false;
    };
    Timestamp::from_http_date(date).is_some_and(|known| changed_at.seconds() <= known.seconds())
}
