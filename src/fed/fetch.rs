//! The one HTTP client: everything that this server asks of another goes through it (security.md S3).
//!
//! It calls public addresses over https only, pins what it resolved, ignores proxy variables, follows at most three
//! redirects by hand (each is checked and signed anew), and bounds every answer in time, in speed and, after inflating, in
//! size. `federation.allow_private_addresses` opens the first of these for tests and onions.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use ureq::http;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, BodyReader};
use url::Url;

use super::guard;
use crate::config::BaseUrl;

mod resolver;
#[cfg(test)]
mod tests;

use resolver::{Guarded, PrivateAddress};

/// Makes requests. One lives in [`crate::app::App::client`].
pub struct Client {
    agent: Agent,
    allow_private: bool,
}

/// The most that an answer may take. The constants are the figures of security.md 2.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the body, after inflating.
    pub size: u64,
    /// From the first name lookup to the last byte, redirects included.
    pub total: Duration,
    /// Redirects followed by a `GET`; a `POST` follows none.
    pub redirects: u32,
}

impl Limits {
    /// An ActivityPub document.
    pub const DOCUMENT: Limits = Limits::of(1 << 20, 15);
    /// A public key.
    pub const KEY: Limits = Limits::of(1 << 20, 10);
    /// WebFinger, host-meta, NodeInfo.
    pub const DISCOVERY: Limits = Limits::of(256 << 10, 15);
    /// An HTML page, for its preview.
    pub const PAGE: Limits = Limits::of(512 << 10, 15);
    /// A picture, a video, an archive.
    pub const MEDIA: Limits = Limits::of(25 << 20, 30);
    /// The answer to a delivery: nobody reads it.
    pub const DELIVERY: Limits = Limits::of(64 << 10, 10);

    const fn of(size: u64, seconds: u64) -> Limits {
        Limits {
            size,
            total: Duration::from_secs(seconds),
            redirects: 3,
        }
    }
}

/// Headers that depend on where a request goes, such as its signature: called anew for every hop.
pub type HopHeaders<'a> = &'a dyn Fn(&Url) -> Vec<(&'static str, String)>;

/// One request, built up from [`Request::get`] or [`Request::post`].
pub struct Request<'a> {
    url: &'a str,
    accept: &'a str,
    headers: &'a [(&'static str, &'a str)],
    hop_headers: Option<HopHeaders<'a>>,
    body: Option<&'a [u8]>,
    limits: Limits,
}

impl<'a> Request<'a> {
    /// Asks for a document of that media type.
    pub fn get(url: &'a str, accept: &'a str, limits: Limits) -> Request<'a> {
        Request {
            url,
            accept,
            headers: &[],
            hop_headers: None,
            body: None,
            limits,
        }
    }

    /// Sends a body; its `Content-Type` is one of the headers.
    pub fn post(
        url: &'a str,
        headers: &'a [(&'static str, &'a str)],
        body: &'a [u8],
        limits: Limits,
    ) -> Request<'a> {
        Request {
            headers,
            body: Some(body),
            ..Request::get(url, "*/*", limits)
        }
    }

    /// With these headers. Values are ASCII without line breaks, or the request is refused.
    pub fn headers(mut self, headers: &'a [(&'static str, &'a str)]) -> Request<'a> {
        self.headers = headers;
        self
    }

    /// With headers made for every hop.
    pub fn hop_headers(mut self, make: HopHeaders<'a>) -> Request<'a> {
        self.hop_headers = Some(make);
        self
    }
}

/// An answer without its body.
#[derive(Debug)]
pub struct Head {
    /// HTTP status. Whether it is a good one is for the caller to say.
    pub status: u16,
    /// Where the answer came from, after redirects: this is its origin (security.md A2).
    pub url: Url,
    headers: http::HeaderMap,
}

impl Head {
    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type without parameters, in lower case; empty when there is none.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let media_type = value.split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }

    /// How long the peer wants to be left alone: `Retry-After` in seconds. Dates are not understood.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.header("retry-after")?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Everything but the body.
    pub head: Head,
    /// The body, inflated.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address to call, or a host without a public one: asking again is pointless.
    #[error("{0}")]
    Refused(&'static str),
    /// More than [`Limits::redirects`], or one that leads nowhere.
    #[error("the redirects lead nowhere")]
    BadRedirect,
    /// More than [`Limits::size`].
    #[error("the answer is too large")]
    TooLarge,
    /// Longer than [`Limits::total`], or slower than 1 KiB/s.
    #[error("the answer took too long")]
    TooSlow,
    /// No connection.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// A connection that broke.
    #[error("no answer: {0}")]
    Broken(String),
    /// The answer could not be stored here.
    #[error("the answer cannot be written: {0}")]
    Unwritable(#[source] io::Error),
}

impl FetchError {
    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        !matches!(
            self,
            FetchError::Refused(_) | FetchError::BadRedirect | FetchError::TooLarge
        )
    }
}

/// Speed is judged from here on …
const SPEED_AFTER: Duration = Duration::from_secs(5);

/// … and must be this many bytes for each second.
const SLOWEST: u64 = 1024;

/// An answer's head, and what follows, piece by piece.
const BUFFER: usize = 16 << 10;

impl Client {
    /// The client of a server at that address.
    pub fn new(base: &BaseUrl, allow_private: bool) -> Client {
        Client::resolving(base, allow_private, DefaultResolver::default())
    }

    fn resolving(base: &BaseUrl, allow_private: bool, resolver: impl Resolver) -> Client {
        // Another part of the program may have been first, with the same provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(user_agent(base))
            .max_response_header_size(BUFFER)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .max_idle_connections(8)
            .max_idle_connections_per_host(1)
            .max_idle_age(Duration::from_secs(30))
            .timeout_connect(Some(Duration::from_secs(5)))
            .build();
        Client {
            agent: Agent::with_parts(
                config,
                DefaultConnector::default(),
                Guarded::new(resolver, allow_private),
            ),
            allow_private,
        }
    }

    /// Whether private addresses and plain http may be called.
    pub fn allows_private(&self) -> bool {
        self.allow_private
    }

    /// Makes the request and reads the whole answer into memory.
    pub fn send(&self, request: &Request) -> Result<Answer, FetchError> {
        let mut stream = self.open(request)?;
        let mut body = Vec::new();
        let read = stream.read_to_end(&mut body);
        read.map_err(broken)?;
        Ok(Answer {
            head: stream.head,
            body,
        })
    }

    /// Makes the request and copies the answer's body elsewhere, such as into a temporary file. Whoever calls removes what
    /// was written if that fails.
    pub fn save(&self, request: &Request, out: &mut impl Write) -> Result<Head, FetchError> {
        let mut stream = self.open(request)?;
        let mut piece = [0; BUFFER];
        loop {
            let length = stream.read(&mut piece).map_err(broken)?;
            if length == 0 {
                return Ok(stream.head);
            }
            out.write_all(&piece[..length])
                .map_err(FetchError::Unwritable)?;
        }
    }

    /// Makes the request; the body is read by the caller, under the same limits.
    pub fn open(&self, request: &Request) -> Result<Stream, FetchError> {
        let deadline = Instant::now() + request.limits.total;
        let mut url = guard::url(request.url, self.allow_private).map_err(FetchError::Refused)?;
        for _ in 0..=request.limits.redirects {
            let answer = self.hop(request, &url, deadline)?;
            let status = answer.status().as_u16();
            let (parts, body) = answer.into_parts();
            let head = Head {
                status,
                url,
                headers: parts.headers,
            };
            let is_redirect = matches!(status, 301 | 302 | 303 | 307 | 308);
            if !is_redirect || request.body.is_some() {
                return Ok(Stream {
                    head,
                    body: body.into_reader(),
                    left: request.limits.size,
                    taken: 0,
                    started: Instant::now(),
                });
            }
            url = head
                .header("location")
                .and_then(|target| head.url.join(target).ok())
                .ok_or(FetchError::BadRedirect)?;
            guard::check(&url, self.allow_private).map_err(FetchError::Refused)?;
        }
        Err(FetchError::BadRedirect)
    }

    fn hop(
        &self,
        request: &Request,
        url: &Url,
        deadline: Instant,
    ) -> Result<http::Response<ureq::Body>, FetchError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(FetchError::TooSlow);
        }
        let mut target = url.clone();
        target.set_fragment(None);
        let method = match request.body {
            Some(_) => http::Method::POST,
            None => http::Method::GET,
        };
        let mut message = http::Request::builder()
            .method(method)
            .uri(target.as_str())
            .header("accept", request.accept);
        for (name, value) in request.headers {
            message = message.header(*name, *value);
        }
        for (name, value) in request
            .hop_headers
            .map(|make| make(&target))
            .unwrap_or_default()
        {
            message = message.header(name, value);
        }
        let body = request.body.unwrap_or_default();
        let refused = |_| FetchError::Refused("the request cannot be written");
        let answer = if request.body.is_some() {
            let message = message.body(body).map_err(refused)?;
            let message = self.agent.configure_request(message);
            self.agent.run(message.timeout_global(Some(left)).build())
        } else {
            let message = message.body(()).map_err(refused)?;
            let message = self.agent.configure_request(message);
            self.agent.run(message.timeout_global(Some(left)).build())
        };
        answer.map_err(failed)
    }
}

/// What we call ourselves to others (federation.md 4.3).
fn user_agent(base: &BaseUrl) -> String {
    format!("kenoma/{}; +{base}", env!("CARGO_PKG_VERSION"))
}

/// An answer whose body is still coming.
pub struct Stream {
    /// Everything but the body.
    pub head: Head,
    body: BodyReader<'static>,
    left: u64,
    taken: u64,
    started: Instant,
}

impl Read for Stream {
    /// Reads on. An error of kind `FileTooLarge` or `TimedOut` says that a limit was reached.
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let length = self.body.read(piece)?;
        self.taken += length as u64;
        let Some(left) = self.left.checked_sub(length as u64) else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        let elapsed = self.started.elapsed();
        let is_slow = elapsed > SPEED_AFTER && self.taken < SLOWEST * elapsed.as_secs();
        if is_slow && length > 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(length)
    }
}

/// Why the head did not come.
fn failed(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed => FetchError::Unreachable(error.to_string()),
        ureq::Error::Io(ref cause) if is_about_connecting(cause) => {
            FetchError::Unreachable(error.to_string())
        }
        ureq::Error::Timeout(_) => FetchError::TooSlow,
        ureq::Error::LargeResponseHeader(..) => FetchError::TooLarge,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => FetchError::Refused("not an address"),
        ureq::Error::Other(cause) if cause.is::<PrivateAddress>() => {
            FetchError::Refused("the host has no public address")
        }
        other => FetchError::Broken(other.to_string()),
    }
}

fn is_about_connecting(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable
    )
}

/// Why the body did not come.
fn broken(error: io::Error) -> FetchError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => FetchError::TooLarge,
        io::ErrorKind::TimedOut => FetchError::TooSlow,
        _ => match ureq::Error::from(error) {
            ureq::Error::Timeout(_) => FetchError::TooSlow,
            other => FetchError::Broken(other.to_string()),
        },
    }
}
