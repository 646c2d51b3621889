//! One connection: its stage, its deadline and the bytes that were read but not used yet.
use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::SPOOL_HEADER;
use super::body::Incoming;
use super::caps::Slot;
use super::head::{self, Framing, Head};
use super::outgoing::{Outgoing, Reply, Sent};
use super::pool::Lane;
use super::refusal::Refusal;
use super::shared::Shared;
use super::spool::Spool;
use super::watched::Watched;
use super::{Handed, Settings, Taker};

/// How long a worker may block on a kept connection for its next request, rounded up to a tick
/// of the system's clock. It saves a busy client two changes of thread for each request.
const LINGER: Duration = Duration::from_millis(2);
/// How long a refused client may go on sending before the connection is cut.
const DRAIN: Duration = Duration::from_secs(1);
/// Less than this within the write timeout is no progress.
const PROGRESS: u64 = 4 * 1024;

/// A connection, owned by the poller while it waits and by a worker while it works.
pub(super) struct Connection {
    link: Watched<TcpStream>,
    pub peer: SocketAddr,
    pub stage: Stage,
    /// Of its present request.
    pub lane: Lane,
    deadline: Instant,
    input: Vec<u8>,
    scanned: usize,
    blocking: bool,
    taker: Option<Taker>,
    _slot: Slot,
}

/// What a connection is about.
pub(super) enum Stage {
    /// Waiting for a head, or in the middle of one.
    Head,
    /// In the middle of a body.
    Body(Box<(Head, Incoming)>),
    /// A worker has the request.
    Busy,
    /// The response is being sent; with the bytes sent when the deadline was set.
    Sending(Box<Outgoing>, u64),
    /// All said; what still comes in is thrown away, so that the answer is not lost to a reset.
    Draining,
}

/// A complete request.
pub(super) struct Request {
    pub head: Head,
    pub body: Vec<u8>,
    /// Deletes the file together with the request.
    _spool: Option<Spool>,
}

/// What a connection needs next.
pub(super) enum Step {
    /// More bytes from the client.
    Wait,
    /// A thread that answers this request.
    Ready(Box<Request>),
    /// To be told this, and closed.
    Refuse(Refusal),
    /// Nothing: the client is gone.
    Gone,
}

impl Connection {
    /// A fresh connection with all its socket options.
    pub fn new(
        link: Watched<TcpStream>,
        peer: SocketAddr,
        slot: Slot,
        settings: &Settings,
    ) -> io::Result<Connection> {
        link.source().set_nonblocking(true)?;
        link.source().set_nodelay(true)?;
        link.source().set_read_timeout(Some(LINGER))?;
        Ok(Connection {
            link,
            peer,
            stage: Stage::Head,
            lane: Lane::Usual,
            deadline: Instant::now() + settings.head_timeout,
            input: Vec::new(),
            scanned: 0,
            blocking: false,
            taker: None,
            _slot: slot,
        })
    }

    /// Its key in the poller.
    pub fn key(&self) -> usize {
        self.link.key()
    }

    /// Between two requests, or before the first.
    pub fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Head) && self.input.is_empty()
    }

    /// Whether its time is over, or its body too slow.
    pub fn is_late(&self, now: Instant, settings: &Settings) -> bool {
        let too_slow = match &self.stage {
            Stage::Body(part) => {
                let elapsed = now.saturating_duration_since(part.1.since);
                let expected = elapsed.as_secs_f64() * settings.min_body_rate as f64;
                elapsed > settings.body_grace && (part.1.received as f64) < expected
            }
            _ => false,
        };
        too_slow || now >= self.deadline
    }

    /// Gives the poller the connection's wish for its next event.
    pub fn arm(&self) -> io::Result<()> {
        match self.stage {
            Stage::Sending(..) => self.link.wait_to_write(),
            _ => self.link.wait_to_read(),
        }
    }

    /// Makes it ready to wait in the poller, holding as little memory as possible.
    pub fn rest(&mut self) -> io::Result<()> {
        if self.input.is_empty() {
            self.input = Vec::new();
        }
        self.set_blocking(false)
    }

    fn set_blocking(&mut self, blocking: bool) -> io::Result<()> {
        if self.blocking != blocking {
            self.link.source().set_nonblocking(!blocking)?;
            self.blocking = blocking;
        }
        Ok(())
    }

    /// Reads once, waiting a moment for a client that is about to send its next request.
    pub fn linger(&mut self, scratch: &mut [u8], shared: &Shared) -> Step {
        match self.set_blocking(true) {
            Ok(()) => self.receive(scratch, shared),
            Err(_) => Step::Gone,
        }
    }

    /// Reads once and goes as far as the bytes allow.
    pub fn receive(&mut self, scratch: &mut [u8], shared: &Shared) -> Step {
        match self.link.source().read(scratch) {
            Ok(0) => Step::Gone,
            Ok(_) if matches!(self.stage, Stage::Draining) => Step::Wait,
            Ok(got) => {
                if self.is_idle() {
                    self.deadline = Instant::now() + shared.settings.head_timeout;
                }
                self.input.extend_from_slice(&scratch[..got]);
                self.advance(shared)
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Step::Wait,
                _ => Step::Gone,
            },
        }
    }

    /// Goes as far as the bytes at hand allow.
    pub fn advance(&mut self, shared: &Shared) -> Step {
        let step = match std::mem::replace(&mut self.stage, Stage::Busy) {
            Stage::Head => self.take_head(shared),
            Stage::Body(part) => self.take_body(part, shared),
            other => {
                self.stage = other;
                Ok(None)
            }
        };
        match step {
            Ok(None) => Step::Wait,
            Ok(Some(request)) => Step::Ready(request),
            Err(refusal) => Step::Refuse(refusal),
        }
    }

    fn take_head(&mut self, shared: &Shared) -> Result<Option<Box<Request>>, Refusal> {
        let settings = &shared.settings;
        let Some(end) = head::find_end(&self.input, self.scanned, settings)? else {
            self.scanned = self.input.len();
            self.stage = Stage::Head;
            return Ok(None);
        };
        let head = head::parse(&self.input[..end], settings)?;
        self.input.drain(..end);
        self.scanned = 0;
        let limit = (shared.ask.body_limit)(&head.method, &head.target);
        let body = Incoming::new(head.framing, limit)?;
        self.deadline = body.since + settings.body_timeout;
        let awaits_continue = head.expects_continue && self.input.is_empty();
        let request = self.take_body(Box::new((head, body)), shared)?;
        if awaits_continue && request.is_none() {
            self.send_continue();
        }
        Ok(request)
    }

    fn take_body(
        &mut self,
        mut part: Box<(Head, Incoming)>,
        shared: &Shared,
    ) -> Result<Option<Box<Request>>, Refusal> {
        if part.1.feed(&mut self.input, &shared.settings.spool_dir)? {
            return Ok(Some(Box::new(Request::new(*part))));
        }
        self.stage = Stage::Body(part);
        Ok(None)
    }

    /// The socket's buffer is empty at this point; if it fails nevertheless, the client sends its
    /// body after its own timeout.
    fn send_continue(&self) {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        let line = b"HTTP/1.1 100 Continue\r\n\r\n";
        if let Err(error) = SockRef::from(self.link.source()).send_with_flags(line, flags) {
            log::debug!("cannot answer an expectation: {error}");
        }
    }

    /// Sets out to send a response.
    pub fn begin_reply(&mut self, outgoing: Outgoing, settings: &Settings) {
        self.deadline = Instant::now() + settings.write_timeout;
        self.stage = Stage::Sending(Box::new(outgoing), 0);
    }

    /// Has the connection leave the door once its response head is sent.
    pub fn leave_to(&mut self, taker: Taker) {
        self.taker = Some(taker);
    }

    /// Who gets the connection after the response that was just sent, if it leaves.
    pub fn take_taker(&mut self) -> Option<Taker> {
        self.taker.take()
    }

    /// Leaves the door: the poller and the limits know nothing of the connection any more.
    pub fn leave(self) -> io::Result<Handed> {
        let stream = self.link.source().try_clone()?;
        Ok(Handed {
            stream,
            read: self.input,
            keep: None,
        })
    }

    /// Sends on; `with_source` also reads further parts of the body, which may block.
    pub fn send(&mut self, with_source: bool, settings: &Settings) -> io::Result<Sent> {
        let Stage::Sending(outgoing, marked) = &mut self.stage else {
            return Ok(Sent::All);
        };
        let stream = self.link.source();
        let sent = match with_source {
            true => outgoing.send(stream)?,
            false => outgoing.flush(stream)?,
        };
        if outgoing.total() >= *marked + PROGRESS {
            *marked = outgoing.total();
            self.deadline = Instant::now() + settings.write_timeout;
        }
        Ok(sent)
    }

    /// Whether sending on needs a thread that may block.
    pub fn needs_source(&self) -> bool {
        matches!(&self.stage, Stage::Sending(outgoing, _) if outgoing.needs_source())
    }

    /// After a sent response: its buffer, and whether the connection may take another request.
    pub fn end_reply(&mut self, settings: &Settings) -> (bool, Vec<u8>) {
        self.deadline = Instant::now() + settings.idle_timeout;
        match std::mem::replace(&mut self.stage, Stage::Head) {
            Stage::Sending(outgoing, _) => (outgoing.keep_alive, outgoing.into_buffer()),
            _ => (false, Vec::new()),
        }
    }

    /// Ends our side and begins to throw away what still comes in.
    pub fn begin_draining(&mut self) -> io::Result<()> {
        self.input = Vec::new();
        self.stage = Stage::Draining;
        self.deadline = Instant::now() + DRAIN;
        self.link.source().shutdown(Shutdown::Write)
    }
}

impl Request {
    fn new((mut head, body): (Head, Incoming)) -> Request {
        if head.framing == Framing::Chunked {
            let length = body.received.to_string();
            head.headers.push(("Content-Length".to_owned(), length));
        }
        if let Some(spool) = &body.spool {
            let path = spool.path().to_string_lossy().into_owned();
            head.headers.push((SPOOL_HEADER.to_owned(), path));
        }
        Request {
            head,
            body: body.memory,
            _spool: body.spool,
        }
    }

    /// What its response has to know of it.
    pub fn reply(&self) -> Reply {
        Reply {
            is_head: self.head.method == "HEAD",
            is_1_1: self.head.is_1_1,
            keep_alive: self.head.keep_alive,
            leaves: false,
        }
    }
}
