//! What a handler answers, and how it becomes a response: JSON, pages, files, compression.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::error::Result;

/// An answer before it is put on the wire.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

enum Body {
    Bytes(Vec<u8>),
    File(File, u64),
    Stream(Box<dyn Read + Send>, u64),
}

/// Bodies smaller than this are not worth compressing.
const WORTH_COMPRESSING: usize = 1024;

/// The policy of every page (security.md P7).
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; \
     media-src 'self' https:; connect-src 'self' wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The policy of stored bytes that somebody uploaded (security.md F3).
const UPLOAD_POLICY: &str = "sandbox; default-src 'none'";

impl Reply {
    /// 200 with an entity.
    pub fn json(entity: &impl Serialize) -> Result<Reply> {
        let mut body = Vec::with_capacity(2048);
        serde_json::to_writer(&mut body, entity)?;
        Ok(Reply::bytes("application/json; charset=utf-8", body))
    }

    /// 200 with bytes of that type.
    pub fn bytes(content_type: &'static str, body: Vec<u8>) -> Reply {
        Reply {
            status: 200,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: Body::Bytes(body),
        }
    }

    /// 200 with a page.
    pub fn html(page: String) -> Reply {
        Reply::bytes("text/html; charset=utf-8", page.into_bytes())
            .header("Content-Security-Policy", PAGE_POLICY)
            .header("X-Content-Type-Options", "nosniff")
            .header("Referrer-Policy", "same-origin")
    }

    /// 200 with a page whose form leads on to an address of that scheme: browsers hold a redirect after a form against
    /// `form-action` too.
    pub fn html_leading_to(page: String, scheme: Option<&str>) -> Reply {
        let mut reply = Reply::html(page);
        if let Some(scheme) = scheme {
            for (name, value) in &mut reply.headers {
                if *name == "Content-Security-Policy" {
                    value.push_str(&format!(" {scheme}:"));
                }
            }
        }
        reply
    }

    /// No body at all; for the few calls that document it.
    pub fn empty(status: u16) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: Body::Bytes(Vec::new()),
        }
    }

    /// 302 to an address.
    pub fn redirect(to: &str) -> Reply {
        Reply::empty(302).header("Location", to)
    }

    /// A stored file, or the part of it that a `Range` header asks for. `cache` is the `Cache-Control`.
    pub fn file(
        file: File,
        content_type: &str,
        range: Option<&str>,
        cache: &'static str,
    ) -> Result<Reply> {
        Ok(Reply::part_of(file, content_type, range, cache)?.guarded())
    }

    /// 200 with bytes of strangers that come from elsewhere, so many of them. `cache` is the `Cache-Control`.
    pub fn stream(
        content: Box<dyn Read + Send>,
        length: u64,
        content_type: &str,
        cache: &'static str,
    ) -> Reply {
        let mut reply = Reply::empty(200)
            .header("Content-Type", content_type)
            .header("Cache-Control", cache)
            .header("Accept-Ranges", "bytes")
            .guarded();
        reply.body = Body::Stream(content, length);
        reply
    }

    /// With what keeps browsers from taking bytes of strangers for anything but files.
    fn guarded(self) -> Reply {
        self.header("X-Content-Type-Options", "nosniff")
            .header("Content-Security-Policy", UPLOAD_POLICY)
            .header("Cross-Origin-Resource-Policy", "cross-origin")
    }

    /// As [`Reply::file`], without what guards bytes of strangers: for files that the operator put there.
    pub fn part_of(
        mut file: File,
        content_type: &str,
        range: Option<&str>,
        cache: &'static str,
    ) -> Result<Reply> {
        let size = file.metadata()?.len();
        let mut reply = Reply::empty(200)
            .header("Content-Type", content_type)
            .header("Cache-Control", cache)
            .header("Accept-Ranges", "bytes");
        let (start, end) = match range.map(|range| byte_range(range, size)) {
            None | Some(ByteRange::Ignored) => (0, size),
            Some(ByteRange::Unsatisfiable) => {
                reply.status = 416;
                return Ok(reply.header("Content-Range", &format!("bytes */{size}")));
            }
            Some(ByteRange::Part(start, end)) => {
                reply.status = 206;
                reply = reply.header(
                    "Content-Range",
                    &format!("bytes {start}-{}/{size}", end - 1),
                );
                (start, end)
            }
        };
        file.seek(SeekFrom::Start(start))?;
        reply.body = Body::File(file, end - start);
        Ok(reply)
    }

    /// With another status.
    pub fn status(mut self, status: u16) -> Reply {
        self.status = status;
        self
    }

    /// With one more header. Control bytes and non-ASCII never reach the wire (security.md P5).
    pub fn header(mut self, name: &'static str, value: &str) -> Reply {
        let value: String = value.chars().filter(|c| (' '..='~').contains(c)).collect();
        self.headers.push((name, value));
        self
    }

    /// The header's value, if set.
    pub fn get_header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body, if it is in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Bytes(bytes) => Some(bytes),
            Body::File(..) | Body::Stream(..) => None,
        }
    }

    /// Compresses the body if that is worth it.
    pub fn gzip(mut self) -> Result<Reply> {
        let Body::Bytes(plain) = &self.body else {
            return Ok(self);
        };
        if plain.len() < WORTH_COMPRESSING || !self.get_header("Content-Type").is_some_and(is_text)
        {
            return Ok(self);
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
        encoder.write_all(plain)?;
        self.body = Body::Bytes(encoder.finish()?);
        Ok(self
            .header("Content-Encoding", "gzip")
            .header("Vary", "Accept-Encoding"))
    }

    /// The framework's form of it.
    pub fn into_response(self) -> rouille::Response {
        let headers = self
            .headers
            .into_iter()
            .map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(value)))
            .collect();
        let data = match self.body {
            Body::Bytes(bytes) => rouille::ResponseBody::from_data(bytes),
            Body::File(file, length) => rouille::ResponseBody::from_reader_and_size(
                file.take(length),
                usize::try_from(length).unwrap_or(usize::MAX),
            ),
            Body::Stream(content, length) => rouille::ResponseBody::from_reader_and_size(
                content,
                usize::try_from(length).unwrap_or(usize::MAX),
            ),
        };
        rouille::Response {
            status_code: self.status,
            headers,
            data,
            upgrade: None,
        }
    }
}

fn is_text(content_type: &str) -> bool {
    [
        "application/json",
        "text/",
        "application/javascript",
        "application/activity+json",
        "image/svg",
        "application/atom",
        "application/rss",
    ]
    .iter()
    .any(|start| content_type.starts_with(start))
}

enum ByteRange {
    Ignored,
    Unsatisfiable,
    Part(u64, u64),
}

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n`; several ranges at once are answered whole, as the standard allows.
fn byte_range(header: &str, size: u64) -> ByteRange {
    let Some((from, to)) = header
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return ByteRange::Ignored;
    };
    match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), _) if from >= size => ByteRange::Unsatisfiable,
        (Ok(from), Ok(to)) if to >= from => ByteRange::Part(from, to.saturating_add(1).min(size)),
        (Ok(from), Err(_)) if to.trim().is_empty() => ByteRange::Part(from, size),
        (Err(_), Ok(last)) if from.trim().is_empty() && last > 0 && size > 0 => {
            ByteRange::Part(size.saturating_sub(last), size)
        }
        (Err(_), Ok(_)) if from.trim().is_empty() => ByteRange::Unsatisfiable,
        _ => ByteRange::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(header: &str, size: u64) -> Option<(u64, u64)> {
        match byte_range(header, size) {
            ByteRange::Part(start, end) => Some((start, end)),
            ByteRange::Unsatisfiable => Some((u64::MAX, u64::MAX)),
            ByteRange::Ignored => None,
        }
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(range("bytes=0-99", 1000), Some((0, 100)));
        assert_eq!(range("bytes=990-2000", 1000), Some((990, 1000)));
        assert_eq!(range("bytes=500-", 1000), Some((500, 1000)));
        assert_eq!(range("bytes=-10", 1000), Some((990, 1000)));
        assert_eq!(range("bytes=-5000", 1000), Some((0, 1000)));
        assert_eq!(range("bytes=1000-", 1000), Some((u64::MAX, u64::MAX)));
        assert_eq!(range("bytes=0-1,5-6", 1000), None);
        assert_eq!(range("lines=0-1", 1000), None);
    }

    #[test]
    fn line_breaks_never_become_headers() {
        let reply = Reply::empty(200).header("X-Name", "a\r\nSet-Cookie: b\u{7f}é");
        assert_eq!(reply.get_header("X-Name"), Some("aSet-Cookie: b"));
    }
}
