//! The head of a request: where it ends, what it says, and what is too ambiguous to answer.
use std::mem::MaybeUninit;

use httparse::Status;
use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::refusal::Refusal;
use super::{SPOOL_HEADER, Settings};

/// More headers than any setting may allow.
const MOST_HEADERS: usize = 256;
/// Room for method, version and spaces around the target of a request line.
const REQUEST_LINE_EXTRA: usize = 64;

/// How the end of the body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// A parsed request head. Framing headers of a chunked body and [`SPOOL_HEADER`] are gone.
#[derive(Debug)]
pub(super) struct Head {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub framing: Framing,
    pub keep_alive: bool,
    pub is_1_1: bool,
    pub expects_continue: bool,
}

/// Finds the end of the head, looking only at the bytes from `scanned` on.
///
/// Everything that two parsers could read differently is refused here: bare CR or LF, NUL and
/// continued lines.
pub(super) fn find_end(
    input: &[u8],
    scanned: usize,
    settings: &Settings,
) -> Result<Option<usize>, Refusal> {
    for at in scanned..input.len() {
        let before = at.checked_sub(1).map_or(b' ', |before| input[before]);
        match input[at] {
            b'\n' if before != b'\r' => return Err(Refusal::bad("Bare line feed in the head")),
            b'\n' if input[..at].ends_with(b"\r\n\r") => return check_size(at + 1, settings),
            b'\n' => {}
            _ if before == b'\r' => return Err(Refusal::bad("Bare carriage return in the head")),
            0 => return Err(Refusal::bad("NUL byte in the head")),
            b' ' | b'\t' if before == b'\n' => return Err(Refusal::bad("Folded header line")),
            _ => {}
        }
    }
    let line_limit = settings.target_limit + REQUEST_LINE_EXTRA;
    if input.len() > line_limit && !input[..line_limit].contains(&b'\n') {
        return Err(Refusal::TARGET_TOO_LONG);
    }
    check_size(input.len(), settings).map(|_| None)
}

fn check_size(size: usize, settings: &Settings) -> Result<Option<usize>, Refusal> {
    if size > settings.head_limit {
        return Err(Refusal::HEAD_TOO_LARGE);
    }
    Ok(Some(size))
}

/// Parses a complete head, as [`find_end`] found it.
pub(super) fn parse(bytes: &[u8], settings: &Settings) -> Result<Head, Refusal> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let allowed = settings.max_headers.min(MOST_HEADERS);
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut fields[..allowed]) {
        Ok(Status::Complete(end)) if end == bytes.len() => {}
        Ok(_) => return Err(Refusal::bad("Malformed request head")),
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HEAD_TOO_LARGE),
        Err(httparse::Error::Version) => return Err(Refusal::new(505, "HTTP version unknown")),
        Err(_) => return Err(Refusal::bad("Malformed request head")),
    }
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Err(Refusal::bad("Malformed request head"));
    };
    if target.len() > settings.target_limit {
        return Err(Refusal::TARGET_TOO_LONG);
    }
    let mut facts = Facts::default();
    for field in request.headers.iter() {
        facts.note(field)?;
    }
    let (target, authority) = origin_form(method, target)?;
    let is_1_1 = version == 1;
    facts.check_host(is_1_1)?;
    Ok(Head {
        framing: facts.framing(is_1_1)?,
        keep_alive: !facts.close && (is_1_1 || facts.keep_alive),
        is_1_1,
        expects_continue: facts.expects_continue(is_1_1)?,
        headers: header_list(request.headers, authority),
        method: method.to_owned(),
        target: utf8_percent_encode(target, CONTROLS).to_string(),
    })
}

/// What the headers say about framing and the connection.
#[derive(Default)]
struct Facts<'a> {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expect: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    fn note(&mut self, field: &httparse::Header<'a>) -> Result<(), Refusal> {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        if is("host") {
            self.hosts += 1;
            check_authority(field.value)?;
        } else if is("content-length") {
            if self.length.replace(content_length(field.value)?).is_some() {
                return Err(Refusal::bad("Repeated Content-Length"));
            }
        } else if is("transfer-encoding") {
            if self.chunked || !field.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal::new(501, "Unknown Transfer-Encoding"));
            }
            self.chunked = true;
        } else if is("connection") {
            for token in field.value.split(|&byte| byte == b',') {
                let token = token.trim_ascii();
                self.close |= token.eq_ignore_ascii_case(b"close");
                self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("expect") {
            self.expect = Some(field.value);
        }
        Ok(())
    }

    fn check_host(&self, is_1_1: bool) -> Result<(), Refusal> {
        match self.hosts {
            0 if is_1_1 => Err(Refusal::bad("Missing Host")),
            0 | 1 => Ok(()),
            _ => Err(Refusal::bad("Repeated Host")),
        }
    }

    fn framing(&self, is_1_1: bool) -> Result<Framing, Refusal> {
        match (self.chunked, self.length) {
            (true, Some(_)) => Err(Refusal::bad("Both Content-Length and Transfer-Encoding")),
            (true, None) if !is_1_1 => Err(Refusal::bad("Transfer-Encoding in HTTP/1.0")),
            (true, None) => Ok(Framing::Chunked),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }

    fn expects_continue(&self, is_1_1: bool) -> Result<bool, Refusal> {
        match self.expect {
            Some(value) if value.eq_ignore_ascii_case(b"100-continue") => Ok(is_1_1),
            Some(_) => Err(Refusal::new(417, "Unknown expectation")),
            None => Ok(false),
        }
    }
}

/// Digits only: `parse` alone would let a plus sign through.
fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    let digits = std::str::from_utf8(value).ok();
    digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or(Refusal::bad("Invalid Content-Length"))
}

/// Characters that a host and port are made of; enough to keep lists and paths out.
fn check_authority(value: &[u8]) -> Result<(), Refusal> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte);
    if value.is_empty() || !value.iter().all(fits) {
        return Err(Refusal::bad("Invalid Host"));
    }
    Ok(())
}

/// The path and query of a target, and the authority if it was in absolute form. Letters beyond ASCII pass: emoji and
/// names of packs arrive raw as well as percent-encoded (pleroma-contract 0.1).
fn origin_form<'a>(method: &str, target: &'a str) -> Result<(&'a str, Option<&'a str>), Refusal> {
    let fits = |byte: u8| byte.is_ascii_graphic() || !byte.is_ascii();
    if !target.bytes().all(fits) {
        return Err(Refusal::bad("Request target has control characters"));
    }
    if target.starts_with('/') || (target == "*" && method == "OPTIONS") {
        return Ok((target, None));
    }
    let scheme = ["http://", "https://"].into_iter().find(|scheme| {
        let start = target.as_bytes().get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    });
    let rest = &target[scheme.ok_or(Refusal::bad("Invalid request target"))?.len()..];
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    check_authority(authority.as_bytes())?;
    match path {
        "" => Ok(("/", Some(authority))),
        path if path.starts_with('/') => Ok((path, Some(authority))),
        _ => Err(Refusal::bad("Invalid request target")),
    }
}

/// The headers as rouille wants them. The authority of an absolute target replaces `Host`.
fn header_list(fields: &[httparse::Header], authority: Option<&str>) -> Vec<(String, String)> {
    let hidden = |name: &str| {
        name.eq_ignore_ascii_case(SPOOL_HEADER)
            || name.eq_ignore_ascii_case("transfer-encoding")
            || (authority.is_some() && name.eq_ignore_ascii_case("host"))
    };
    // Room for what the door adds: the length or the ticket of a body.
    let mut headers = Vec::with_capacity(fields.len() + 2);
    headers.extend(authority.map(|authority| ("Host".to_owned(), authority.to_owned())));
    headers.extend(
        fields
            .iter()
            .filter(|field| !hidden(field.name))
            .map(|field| {
                let value = String::from_utf8_lossy(field.value);
                (field.name.to_owned(), value.into_owned())
            }),
    );
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Head, Refusal> {
        let settings = Settings::new("/nowhere".into());
        let end = find_end(text.as_bytes(), 0, &settings)?.expect("the test's head is complete");
        parse(&text.as_bytes()[..end], &settings)
    }

    #[test]
    fn the_end_is_found_however_the_bytes_arrive() {
        let settings = Settings::new("/nowhere".into());
        let text = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
        for cut in 0..text.len() - 5 {
            assert_eq!(find_end(&text[..cut], 0, &settings), Ok(None));
            assert_eq!(find_end(text, cut, &settings), Ok(Some(27)));
        }
    }

    #[test]
    fn an_absolute_target_becomes_a_path_and_a_host() {
        let head = read("GET HTTP://b.example/x?y HTTP/1.1\r\nHost: a\r\n\r\n").expect("valid");
        assert_eq!(head.target, "/x?y");
        assert_eq!(head.headers, [("Host".to_owned(), "b.example".to_owned())]);
    }

    #[test]
    fn letters_beyond_ascii_are_encoded() {
        let head = read("GET /a%20b/☕?q=ä HTTP/1.1\r\nHost: a\r\n\r\n").expect("valid");
        assert_eq!(head.target, "/a%20b/%E2%98%95?q=%C3%A4");
    }

    #[test]
    fn old_clients_close_unless_they_say_otherwise() {
        assert!(!read("GET / HTTP/1.0\r\n\r\n").expect("valid").keep_alive);
        let kept = read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").expect("valid");
        assert!(kept.keep_alive);
    }

    #[test]
    fn a_ticket_from_outside_is_removed() {
        let head = read("GET / HTTP/1.1\r\nHost: a\r\nX-Kenoma-Spool: /etc/passwd\r\n\r\n");
        assert_eq!(head.expect("valid").headers.len(), 1);
    }
}
