//! Files of other servers, under links of ours (federation.md 10). Where they lie, and what goes through, is the business of
//! [`crate::fed::media_proxy`].

use crate::error::{Error, Result};
use crate::fed::media_proxy::{self, Asked, Found, Version};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// As long as a file is kept here. `private`: a post that few may see keeps its picture out of shared caches (P3).
const A_WEEK: &str = "private, max-age=604800";

/// `GET /proxy/{signature}/{address}/{name}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let part = |key| cx.params.text(key).unwrap_or_default();
    let url = cx
        .app
        .house()
        .remote_media
        .target(&part("signature"), &part("address"), &part("name"))
        .ok_or(Error::NotFound("File"))?;
    let asked = Asked {
        range: cx.header("Range").filter(|range| is_one_range(range)),
        if_range: cx.header("If-Range"),
        if_none_match: cx.header("If-None-Match"),
        if_modified_since: cx.header("If-Modified-Since"),
    };
    let reply = match media_proxy::find(cx.app, &url, &asked)? {
        Found::Whole {
            mime,
            file,
            version,
        } => {
            // What version the client's part is of is not known here.
            let range = asked.range.filter(|_| asked.if_range.is_none());
            versioned(Reply::file(file, mime, range, A_WEEK)?, version)
        }
        Found::Passing {
            mime,
            range,
            length,
            content,
            version,
        } => {
            let reply = Reply::stream(content, length, mime, A_WEEK);
            let reply = match range {
                Some(range) => reply.status(206).header("Content-Range", &range),
                None => reply,
            };
            versioned(reply, version)
        }
        Found::Unchanged(version) => versioned(Reply::empty(304), version),
        Found::NoSuchPart(range) => match range {
            Some(range) => Reply::empty(416).header("Content-Range", &range),
            None => Reply::empty(416),
        },
    };
    Ok(reply.header("X-Robots-Tag", "noindex"))
}

fn versioned(reply: Reply, version: Version) -> Reply {
    let headers = [
        ("ETag", version.etag),
        ("Last-Modified", version.last_modified),
    ];
    let known = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    known.fold(reply, |reply, (name, value)| reply.header(name, &value))
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n`. Several at once would come as a document of another type.
fn is_one_range(header: &str) -> bool {
    let range = header.strip_prefix("bytes=").unwrap_or_default();
    let is_number = |text: &str| text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    range
        .split_once('-')
        .is_some_and(|(first, last)| range.len() > 1 && is_number(first) && is_number(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_passed_on_and_nothing_else() {
        for range in ["bytes=0-", "bytes=5-99", "bytes=-500"] {
            assert!(is_one_range(range), "{range}");
        }
        for range in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=0-1,5-9",
            "lines=0-1",
            "bytes=a-b",
            "bytes=--1",
        ] {
            assert!(!is_one_range(range), "{range}");
        }
    }
}
