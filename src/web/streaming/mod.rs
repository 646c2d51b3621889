//! Streams: connections on which clients hear of what happens (mastodon-api 0.10). A handler admits a stream, the server
//! gives it the connection once the head of the answer is sent, and from then on two threads serve all streams together:
//!
//! * `streams` waits for what clients say, for sockets that take more, and for the clock ([`poller`]);
//! * `render` waits for events, looks at each through the eyes of everybody who listens, once per viewer, and says what
//!   they see on their streams ([`renderer`]).
//!
//! So a stream costs a socket and a few KiB, not a thread. Nobody waits for a slow reader: what the socket does not take
//! is kept up to a limit, and beyond it the stream is dropped.
//!
//! Rights are checked when something is subscribed to, and again every few seconds by the same rules that requests are
//! checked by, so that a revoked token or a deactivated account ends its streams whichever process did it (security.md O4).

pub mod channel;
pub mod handshake;
mod outbox;
mod poller;
mod renderer;
mod requests;
mod stream;
pub mod wire;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polling::Poller;

pub use poller::{Running, start};
pub use requests::allowed;

use crate::config::Limits;
use crate::error::{Error, Result};
use crate::events::Hub;
use crate::ids::AccountId;
use crate::ops::sessions::Viewer;
use crate::web::door::{Handed, Taker};
use channel::Channel;
use stream::Stream;
use wire::Format;

/// All open streams.
pub struct Streams {
    hub: Arc<Hub>,
    poller: Arc<Poller>,
    most: usize,
    most_per_user: usize,
    open: Mutex<HashMap<usize, Arc<Stream>>>,
    tickets: Mutex<HashMap<String, Taker>>,
    next_key: AtomicUsize,
    stopping: AtomicBool,
}

/// A stream to be.
pub struct Opening {
    /// How it speaks.
    pub format: Format,
    /// Where the client is.
    pub address: IpAddr,
    /// Who listens; `None` is anybody.
    pub viewer: Option<Viewer>,
    /// What it hears from the beginning.
    pub channels: Vec<Channel>,
    /// It asked for a stream that does not exist, and is told so first.
    pub complaint: bool,
}

impl Streams {
    /// No stream yet.
    pub fn new(limits: &Limits, hub: Arc<Hub>) -> io::Result<Streams> {
        Ok(Streams {
            hub,
            poller: Arc::new(Poller::new()?),
            most: limits.streams as usize,
            most_per_user: limits.streams_per_user as usize,
            open: Mutex::default(),
            tickets: Mutex::default(),
            next_key: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
        })
    }

    /// Admits a stream under the limits. Events are kept for it from now on; the ticket brings it its connection.
    pub fn admit(self: &Arc<Self>, opening: Opening) -> Result<String> {
        let key = self.next_key.fetch_add(1, Ordering::Relaxed);
        let Opening {
            format,
            address,
            viewer,
            channels,
            complaint,
        } = opening;
        let stream = {
            let mut open = self.open();
            if open.len() >= self.most || self.is_stopping() {
                return Err(Error::Status(503, "Too many open streams".into()));
            }
            let user = viewer.as_ref().map(|viewer| viewer.id);
            if count(&open, user, address) >= self.most_per_user {
                return Err(Error::Throttled { retry_after: 30 });
            }
            let stream = Arc::new(Stream::new(key, address, format, viewer, channels));
            if complaint {
                stream.lock().say(requests::complaint());
            }
            open.insert(key, Arc::clone(&stream));
            stream
        };
        self.tell_hub();
        let awaited = Awaited {
            streams: Arc::clone(self),
            stream,
            arrived: false,
        };
        let ticket = key.to_string();
        self.tickets().insert(
            ticket.clone(),
            Box::new(move |handed| awaited.arrive(handed)),
        );
        Ok(ticket)
    }

    /// Redeems a ticket.
    pub fn taker(&self, ticket: &str) -> Option<Taker> {
        self.tickets().remove(ticket)
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open().len()
    }

    fn has_room_for(&self, user: AccountId, address: IpAddr) -> bool {
        count(&self.open(), Some(user), address) < self.most_per_user
    }

    fn all(&self) -> Vec<Arc<Stream>> {
        self.open().values().cloned().collect()
    }

    fn find(&self, key: usize) -> Option<Arc<Stream>> {
        self.open().get(&key).cloned()
    }

    fn forget(&self, key: usize) {
        let forgotten = self.open().remove(&key);
        if forgotten.is_some() {
            self.tell_hub();
        }
    }

    /// Tells the hub who listens now.
    fn tell_hub(&self) {
        // Held until the hub knows: of two changes the later one is told last.
        let open = self.open();
        let mut viewers: Vec<Option<AccountId>> = open
            .values()
            .filter_map(|stream| {
                let state = stream.lock();
                let listens = !state.channels.is_empty();
                listens.then(|| state.viewer.as_ref().map(|viewer| viewer.id))
            })
            .collect();
        viewers.sort_unstable();
        viewers.dedup();
        self.hub.listen(viewers);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<usize, Arc<Stream>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tickets(&self) -> MutexGuard<'_, HashMap<String, Taker>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many streams a person has open; strangers are counted by their address.
fn count(open: &HashMap<usize, Arc<Stream>>, user: Option<AccountId>, address: IpAddr) -> usize {
    let is_same = |stream: &&Arc<Stream>| {
        let of = stream.lock().viewer.as_ref().map(|viewer| viewer.id);
        of == user && (user.is_some() || stream.address == address)
    };
    open.values().filter(is_same).count()
}

/// A stream that waits for its connection. If that is lost before, the stream goes with it.
struct Awaited {
    streams: Arc<Streams>,
    stream: Arc<Stream>,
    arrived: bool,
}

impl Awaited {
    fn arrive(mut self, handed: Handed) {
        match self.stream.attach(handed, &self.streams.poller) {
            Ok(()) => self.arrived = true,
            Err(error) => log::debug!("a stream could not begin: {error}"),
        }
        // A poller that slept without streams now has heartbeats to keep.
        if let Err(error) = self.streams.poller.notify() {
            log::error!("the streams' poller cannot be woken: {error}");
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if !self.arrived {
            self.stream.lock().cut();
            self.streams.forget(self.stream.key);
        }
    }
}
