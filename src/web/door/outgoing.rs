//! A response on its way out: head and first part of the body in one buffer, the rest read from
//! its source only as fast as the client takes it.
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use rouille::Response;
use socket2::SockRef;
use time::OffsetDateTime;
use time::macros::format_description;

use super::refusal::reason;

/// What is read from a response's source at once; also what one response may hold in memory.
const PART: usize = 64 * 1024;
/// Room for one chunk's size line, patched after the chunk is read.
const CHUNK_HEAD: &[u8] = b"00000000\r\n";

/// What a response has to know of the request it answers.
#[derive(Clone, Copy)]
pub(super) struct Reply {
    pub is_head: bool,
    pub is_1_1: bool,
    pub keep_alive: bool,
    /// Whether the connection goes to somebody else after the head.
    pub leaves: bool,
}

/// How far sending came.
pub(super) enum Sent {
    /// Everything is with the system.
    All,
    /// The socket takes no more for now.
    Part,
}

/// A response that is being sent.
pub(super) struct Outgoing {
    buffer: Vec<u8>,
    /// How much of the buffer is with the system.
    sent: usize,
    /// How much was sent in all.
    total: u64,
    rest: Option<Rest>,
    /// Whether the connection survives this response.
    pub keep_alive: bool,
}

/// The part of a body that is not yet in the buffer.
struct Rest {
    source: Box<dyn Read + Send>,
    framing: Framing,
}

#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Outgoing {
    /// Renders the head and reads the first part of the body into `buffer`, which is reused.
    pub fn new(response: Response, reply: Reply, mut buffer: Vec<u8>) -> io::Result<Outgoing> {
        let status = response.status_code;
        let bodiless = matches!(status, 100..=199 | 204 | 304);
        let declared = find(&response, "content-length").and_then(|value| value.parse().ok());
        let wants_close = find(&response, "connection")
            .is_some_and(|value| value.to_ascii_lowercase().contains("close"));
        buffer.clear();
        write_head(&mut buffer, status, &response.headers);
        let rest = match response.data.into_reader_and_size() {
            _ if bodiless || reply.leaves => None,
            (source, size) if reply.is_head => {
                // Without a body at hand the handler may know how long it would be.
                let length = declared
                    .filter(|_| size.is_none_or(|size| size == 0))
                    .or(size);
                let framing = length.map_or(Framing::Chunked, Framing::Length);
                Some(Rest { source, framing })
            }
            (source, size) => Some(Rest::new(source, size, reply)?),
        };
        let framing = rest.as_ref().map(|rest| rest.framing);
        let keep_alive =
            reply.keep_alive && !wants_close && !matches!(framing, Some(Framing::UntilClose));
        match (reply.leaves, status) {
            (false, _) => write_framing(&mut buffer, framing, keep_alive, reply),
            (true, 101) => buffer.extend_from_slice(b"Connection: Upgrade\r\n\r\n"),
            (true, _) => buffer.extend_from_slice(b"Connection: close\r\n\r\n"),
        }
        let mut outgoing = Outgoing {
            buffer,
            sent: 0,
            total: 0,
            rest: rest.filter(|_| !reply.is_head),
            keep_alive,
        };
        outgoing.refill()?;
        Ok(outgoing)
    }

    /// Whether more must be read from the body's source, which may block.
    pub fn needs_source(&self) -> bool {
        self.rest.is_some()
    }

    /// Sends without blocking until all is sent or the socket is full.
    pub fn send(&mut self, stream: &TcpStream) -> io::Result<Sent> {
        loop {
            if let Sent::Part = self.flush(stream)? {
                return Ok(Sent::Part);
            }
            if self.rest.is_none() {
                return Ok(Sent::All);
            }
            self.buffer.clear();
            self.sent = 0;
            self.refill()?;
        }
    }

    /// Sends what is in the buffer and reads nothing more: for a thread that must not block.
    pub fn flush(&mut self, stream: &TcpStream) -> io::Result<Sent> {
        let socket = SockRef::from(stream);
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        while self.sent < self.buffer.len() {
            match socket.send_with_flags(&self.buffer[self.sent..], flags) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    self.sent += taken;
                    self.total += taken as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Sent::Part),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Sent::All)
    }

    /// Bytes sent so far, with the head.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The buffer, to be used again.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// Appends the next part of the body to the buffer.
    fn refill(&mut self) -> io::Result<()> {
        let Some(Rest { source, framing }) = &mut self.rest else {
            return Ok(());
        };
        let ended = match framing {
            Framing::Length(left) => {
                let wanted = PART.min(*left);
                let got = read_part(source, &mut self.buffer, wanted)?;
                *left -= got;
                if got < wanted {
                    // The promised length cannot be kept: only closing tells the client.
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                *left == 0
            }
            Framing::Chunked => read_chunk(source, &mut self.buffer)?,
            Framing::UntilClose => read_part(source, &mut self.buffer, PART)? < PART,
        };
        if ended {
            self.rest = None;
        }
        Ok(())
    }
}

impl Rest {
    /// Reads ahead in a source of unknown size: a short one can be sent with its length.
    fn new(
        mut source: Box<dyn Read + Send>,
        size: Option<usize>,
        reply: Reply,
    ) -> io::Result<Rest> {
        if let Some(size) = size {
            let framing = Framing::Length(size);
            return Ok(Rest { source, framing });
        }
        let mut start = Vec::new();
        let framing = match read_part(&mut source, &mut start, PART)? {
            got if got < PART => Framing::Length(got),
            _ if reply.is_1_1 => Framing::Chunked,
            _ => Framing::UntilClose,
        };
        let source = Box::new(io::Cursor::new(start).chain(source));
        Ok(Rest { source, framing })
    }
}

/// A value that the handler set.
fn find<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut headers = response.headers.iter();
    let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name))?;
    Some(&found.1)
}

/// Appends up to `wanted` bytes; fewer only at the end of the source.
fn read_part(source: &mut dyn Read, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
    let start = buffer.len();
    buffer.resize(start + wanted, 0);
    let mut got = 0;
    while got < wanted {
        match source.read(&mut buffer[start + got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(start + got);
    Ok(got)
}

/// Appends one chunk, and the end marker if the source ended with it.
fn read_chunk(source: &mut dyn Read, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let start = buffer.len();
    buffer.extend_from_slice(CHUNK_HEAD);
    let got = read_part(source, buffer, PART)?;
    if got == 0 {
        buffer.truncate(start);
    } else {
        let digits = format!("{got:08x}");
        buffer[start..start + digits.len()].copy_from_slice(digits.as_bytes());
        buffer.extend_from_slice(b"\r\n");
    }
    if got < PART {
        buffer.extend_from_slice(b"0\r\n\r\n");
    }
    Ok(got < PART)
}

type Headers = [(
    std::borrow::Cow<'static, str>,
    std::borrow::Cow<'static, str>,
)];

/// Status line and headers; framing and connection headers are the door's own.
fn write_head(buffer: &mut Vec<u8>, status: u16, headers: &Headers) {
    const OWN: [&str; 3] = ["connection", "content-length", "transfer-encoding"];
    // Writing to a vector cannot fail.
    let _ = write!(buffer, "HTTP/1.1 {status} {}\r\n", reason(status));
    let (mut has_date, mut has_server) = (false, false);
    for (name, value) in headers {
        if OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            continue;
        }
        if !is_clean(name) || !is_clean(value) {
            log::error!("dropped a response header with control characters: {name:?}");
            continue;
        }
        has_date |= name.eq_ignore_ascii_case("date");
        has_server |= name.eq_ignore_ascii_case("server");
        for part in [name, ": ", value, "\r\n"] {
            buffer.extend_from_slice(part.as_bytes());
        }
    }
    if !has_date {
        with_date(|date| {
            let _ = write!(buffer, "Date: {date}\r\n");
        });
    }
    if !has_server {
        buffer.extend_from_slice(b"Server: kenoma\r\n");
    }
}

/// The end of the head: how the body ends, and what becomes of the connection.
fn write_framing(buffer: &mut Vec<u8>, framing: Option<Framing>, keep_alive: bool, reply: Reply) {
    match framing {
        Some(Framing::Length(length)) => {
            let _ = write!(buffer, "Content-Length: {length}\r\n");
        }
        Some(Framing::Chunked) if reply.is_1_1 => {
            buffer.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        _ => {}
    }
    buffer.extend_from_slice(match (keep_alive, reply.is_1_1) {
        (true, true) => b"\r\n",
        (true, false) => b"Connection: keep-alive\r\n\r\n",
        (false, _) => b"Connection: close\r\n\r\n",
    });
}

/// No control characters: a line break would let the value forge further headers.
fn is_clean(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// The time as HTTP writes it, rendered once a second for each thread.
fn with_date(using: impl FnOnce(&str)) {
    thread_local! {
        static DATE: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = now.unwrap_or(Duration::ZERO).as_secs();
    DATE.with_borrow_mut(|(rendered, text)| {
        if *rendered != seconds {
            *rendered = seconds;
            *text = http_date(seconds);
        }
        using(text);
    });
}

fn http_date(seconds: u64) -> String {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let time = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds);
    time.format(&format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_in_the_fixed_http_form() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_header_with_a_line_break_is_dropped() {
        let mut head = Vec::new();
        write_head(&mut head, 200, &[("A".into(), "b\r\nSet-Cookie: x".into())]);
        assert!(!String::from_utf8_lossy(&head).contains("Set-Cookie"));
    }
}
