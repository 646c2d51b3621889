//! The front door: accept, limits, deadlines and the hand-over of complete requests.
//!
//! One poller thread owns the listener and every connection that waits for something;
//! complete requests go to a bounded pool, which runs the application as a plain rouille
//! handler. Nothing a client does or leaves undone holds a thread: half a head, a dripping
//! body or a reader that sleeps all wait in the poller under a deadline.
//!
//! What is absent on purpose: routes, accounts, proxies' headers (all the handler's), TLS and
//! streams. A handler that wants to keep the socket (WebSocket, server-sent events) cannot use
//! [`rouille::Response::upgrade`], because the request is built from memory. It names a ticket in
//! a private response header ([`TICKET_HEADER`]), as [`SPOOL_HEADER`] does for bodies; the worker
//! then writes the head, takes the connection out of the poller and gives its `TcpStream`, with
//! the bytes already read, to the [`Taker`] of that ticket. It is no connection of the door's any more.
pub mod bare;
mod body;
mod caps;
mod connection;
mod head;
mod outgoing;
mod poller;
mod pool;
mod refusal;
mod shared;
mod spool;
mod takeover;
pub(super) mod watched;
mod worker;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use shared::Shared;
pub(super) use shared::contain;
pub use takeover::{Handed, TICKET_HEADER, Taker, Takers};

/// The application: one complete request in, one response out.
pub type Handler = Arc<dyn Fn(&rouille::Request) -> rouille::Response + Send + Sync>;

/// Largest body in bytes for a method and a raw target; asked by the poller, so it must not block.
pub type BodyLimit = Arc<dyn Fn(&str, &str) -> usize + Send + Sync>;

/// Which requests wait for other servers, by method and raw target; asked by the poller, so it must not block. They have threads
/// of their own, so that they never take those of the others, and queue without holding one.
pub type IsSlow = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// What the door asks of a request before the application sees it.
pub struct Ask {
    /// How large its body may be.
    pub body_limit: BodyLimit,
    /// Whether it waits for other servers.
    pub is_slow: IsSlow,
}

/// Header under which the path of a spooled body reaches the handler.
///
/// Bodies over 64 KiB lie in a file inside [`Settings::spool_dir`], and the request's own body is
/// empty. The door removes this header from outside requests, and deletes the file after the
/// handler returned.
pub const SPOOL_HEADER: &str = "x-kenoma-spool";

/// Limits and deadlines of the door; [`Settings::new`] has the documented defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bytes of request line and headers together, else 431.
    pub head_limit: usize,
    /// Header lines, else 431; at most 256.
    pub max_headers: usize,
    /// Bytes of the request target, else 414.
    pub target_limit: usize,
    /// From the first byte of a head (or the accept) to its end, else 408.
    pub head_timeout: Duration,
    /// From the end of the head to the end of the body, else 408.
    pub body_timeout: Duration,
    /// Average bytes per second that a body must reach once `body_grace` is over, else 408.
    pub min_body_rate: u64,
    /// How long a body may be slower than `min_body_rate`.
    pub body_grace: Duration,
    /// How long a kept connection may wait for its next request.
    pub idle_timeout: Duration,
    /// How long a client may take no noteworthy part of its response.
    pub write_timeout: Duration,
    /// Open connections; more are told 503.
    pub max_connections: usize,
    /// Open connections of one IPv4 address or IPv6 /64; `None` is no limit.
    pub max_per_address: Option<usize>,
    /// Addresses that `max_per_address` does not concern: the proxies in front of us.
    pub exempt: Vec<IpAddr>,
    /// Request threads at most; they start when needed and end when idle.
    pub threads: usize,
    /// Threads at most for requests that wait for other servers.
    pub slow_threads: usize,
    /// Requests that run or wait for a thread; more are told 503. Counted apart for those that wait for other servers.
    pub max_in_flight: usize,
    /// Private directory for large bodies; it must exist.
    pub spool_dir: PathBuf,
}

impl Settings {
    /// The defaults, with large bodies in `spool_dir`.
    pub fn new(spool_dir: PathBuf) -> Settings {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        Settings {
            head_limit: 16 * 1024,
            max_headers: 100,
            target_limit: 8 * 1024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(300),
            min_body_rate: 1024,
            body_grace: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            max_connections: 512,
            max_per_address: Some(32),
            exempt: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            threads: (8 * cores).max(16),
            slow_threads: 8,
            max_in_flight: 256,
            spool_dir,
        }
    }
}

/// A running front door. Dropping it closes it without waiting for anybody.
pub struct Door {
    shared: Arc<Shared>,
    address: SocketAddr,
    poller: Option<thread::JoinHandle<()>>,
}

impl Door {
    /// Serves `listener` until the door is closed or dropped.
    pub fn open(
        listener: TcpListener,
        settings: Settings,
        ask: Ask,
        handler: Handler,
        takers: Takers,
    ) -> io::Result<Door> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(settings, ask, handler, takers)?);
        let events = poller::EventLoop::new(listener, Arc::clone(&shared))?;
        let poller = thread::Builder::new()
            .name("door".into())
            .spawn(move || events.run())?;
        Ok(Door {
            shared,
            address,
            poller: Some(poller),
        })
    }

    /// The address that clients connect to; tells the port when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, tells new requests 503, and waits for the running ones until `deadline`
    /// has passed. A handler that runs still longer is left to end on its own.
    pub fn close(self, deadline: Duration) {
        self.shared.begin_closing();
        self.shared.caps.wait_until_empty(Instant::now() + deadline);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(poller) = self.poller.take()
            && poller.join().is_err()
        {
            log::error!("the front door's poller thread had panicked");
        }
    }
}
