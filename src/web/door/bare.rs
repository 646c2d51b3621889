//! The same handler without the door (`server.front_door = false`): rouille's own socket loop,
//! for use behind a proxy that limits heads, bodies and time.
use std::fs;
use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rouille::{Request, Response, ResponseBody};
use socket2::SockRef;

use super::refusal::Refusal;
use super::shared::lock;
use super::takeover::{self, Leave, Takers};
use super::{Handler, SPOOL_HEADER};

/// A rouille server with a pool of request threads.
pub struct Bare {
    address: SocketAddr,
    listener: OwnedFd,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Ours, where clients connect to.
    port: AtomicU16,
    closing: AtomicBool,
    in_flight: Mutex<usize>,
    finished: Condvar,
}

/// Counts one request until its response is sent.
struct InFlight(Arc<State>);

impl Drop for InFlight {
    fn drop(&mut self) {
        *lock(&self.0.in_flight) -= 1;
        self.0.finished.notify_all();
    }
}

impl Bare {
    /// Serves `address` with up to `threads` requests at a time. `lost` is called when the socket
    /// loop ends by itself, which it does at the first failed accept: the process should end too.
    pub fn open(
        address: SocketAddr,
        threads: usize,
        handler: Handler,
        takers: Takers,
        lost: impl FnOnce() + Send + 'static,
    ) -> io::Result<Bare> {
        let state = Arc::new(State::default());
        let counting = Arc::clone(&state);
        let server = rouille::Server::new(address, move |request| {
            answer(&handler, &takers, &counting, request)
        })
        .map_err(io::Error::other)?
        .pool_size(threads.max(1));
        let address = server.server_addr();
        state.port.store(address.port(), Ordering::Relaxed);
        let listener = listening_socket(address)?;
        // Accepted sockets inherit it; without, a kept connection waits 40 ms for each response.
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        let watched = Arc::clone(&state);
        thread::Builder::new().name("bare".into()).spawn(move || {
            server.run();
            if !watched.closing.load(Ordering::Relaxed) {
                log::error!("the listening socket was lost");
                lost();
            }
        })?;
        Ok(Bare {
            address,
            listener,
            state,
        })
    }

    /// The address that clients connect to; tells the port when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, tells new requests 503, and waits for the running ones until `deadline`
    /// has passed.
    pub fn close(self, deadline: Duration) {
        self.state.closing.store(true, Ordering::Relaxed);
        if let Err(error) = SockRef::from(&self.listener).shutdown(Shutdown::Both) {
            log::warn!("cannot stop listening: {error}");
        }
        let in_flight = lock(&self.state.in_flight);
        // A poisoned lock ends the wait early, which only makes the shutdown less patient.
        let _ = self
            .state
            .finished
            .wait_timeout_while(in_flight, deadline, |count| *count > 0);
    }
}

/// Runs the handler, unless the request is one that the door would not let through either.
fn answer(handler: &Handler, takers: &Takers, state: &Arc<State>, request: &Request) -> Response {
    if state.closing.load(Ordering::Relaxed) {
        return Refusal::CLOSING.response();
    }
    if let Some(refusal) = suspicious(request) {
        return refusal.response();
    }
    *lock(&state.in_flight) += 1;
    let in_flight = InFlight(Arc::clone(state));
    let mut response = handler(request);
    if let Some(taker) = takeover::redeem(&mut response, takers) {
        let port = state.port.load(Ordering::Relaxed);
        return Leave::with(taker, port, *request.remote_addr(), response);
    }
    // The body is dropped when it is sent: until then the request is in flight.
    let (source, size) =
        std::mem::replace(&mut response.data, ResponseBody::empty()).into_reader_and_size();
    let source = Tracked {
        source,
        _in_flight: in_flight,
    };
    response.data = match size {
        Some(size) => ResponseBody::from_reader_and_size(source, size),
        None => ResponseBody::from_reader(source),
    };
    response
}

/// What a proxy in front could read differently, and tickets: here nobody removes them.
fn suspicious(request: &Request) -> Option<Refusal> {
    let count = |name: &str| {
        let named = |(header, _): &(&str, &str)| header.eq_ignore_ascii_case(name);
        request.headers().filter(named).count()
    };
    if count(SPOOL_HEADER) > 0 {
        return Some(Refusal::bad("Reserved header"));
    }
    let framings = count("content-length") + count("transfer-encoding");
    (framings > 1).then_some(Refusal::bad("Ambiguous body length"))
}

struct Tracked {
    source: Box<dyn Read + Send>,
    _in_flight: InFlight,
}

impl Read for Tracked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

/// The listening socket that rouille keeps to itself.
fn listening_socket(address: SocketAddr) -> io::Result<OwnedFd> {
    own_socket(|socket| {
        let local = socket.local_addr().ok().and_then(|local| local.as_socket());
        local == Some(address) && socket.is_listener().unwrap_or(false)
    })
}

/// Our end of the connection with that peer, on that port of ours.
pub(super) fn connected_socket(port: u16, peer: SocketAddr) -> io::Result<TcpStream> {
    let socket = own_socket(|socket| {
        let other = socket.peer_addr().ok().and_then(|other| other.as_socket());
        let local = socket.local_addr().ok().and_then(|local| local.as_socket());
        other == Some(peer) && local.is_some_and(|local| local.port() == port)
    })?;
    Ok(TcpStream::from(socket))
}

/// The first wanted one among the process's descriptors.
fn own_socket(is_wanted: impl Fn(&SockRef) -> bool) -> io::Result<OwnedFd> {
    for entry in fs::read_dir("/dev/fd")? {
        let Some(number) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(copy) = duplicate(number) else {
            continue;
        };
        if is_wanted(&SockRef::from(&copy)) {
            return Ok(copy);
        }
    }
    Err(io::Error::new(
        io::ErrorKind::NotFound,
        "the socket is not among our descriptors",
    ))
}

#[expect(
    unsafe_code,
    reason = "the standard library has no safe way to duplicate a descriptor by number"
)]
fn duplicate(number: RawFd) -> io::Result<OwnedFd> {
    if number < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the borrow ends with this call. If the descriptor was closed meanwhile the system
    // says so; if it was replaced we own a harmless copy of something else.
    unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()
}
