//! The poller thread: accepts, reads what waits, and ends what is late.
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use polling::Events;

use super::connection::{Connection, Stage};
use super::refusal::Refusal;
use super::shared::{Shared, contain, lock, turn_away};
use super::watched::Watched;

const LISTENER: usize = 0;
/// Accepted in one go before other events get their turn.
const ACCEPT_BATCH: usize = 64;
/// After an accept failed, mostly for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// One read of a waiting connection; large bodies come in such pieces.
const SCRATCH: usize = 64 * 1024;
/// How often deadlines are looked at, at most and at least.
const TICK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));

/// The poller thread's own state.
pub(super) struct EventLoop {
    shared: Arc<Shared>,
    listener: Option<Watched<TcpListener>>,
    paused_until: Option<Instant>,
    next_key: usize,
    scratch: Vec<u8>,
    tick: Duration,
}

impl EventLoop {
    pub fn new(listener: TcpListener, shared: Arc<Shared>) -> io::Result<EventLoop> {
        listener.set_nonblocking(true)?;
        let listener = Watched::new(listener, &shared.poller, LISTENER)?;
        listener.wait_to_read()?;
        let settings = &shared.settings;
        let deadlines = [
            settings.head_timeout,
            settings.body_grace,
            settings.idle_timeout,
            settings.write_timeout,
        ];
        let shortest = deadlines.into_iter().min().unwrap_or(TICK.1);
        Ok(EventLoop {
            tick: (shortest / 4).clamp(TICK.0, TICK.1),
            shared,
            listener: Some(listener),
            paused_until: None,
            next_key: LISTENER + 1,
            scratch: vec![0; SCRATCH],
        })
    }

    /// Runs until the door is stopped.
    pub fn run(mut self) {
        let mut events = Events::new();
        let mut swept = Instant::now();
        while !self.shared.is_stopped() {
            events.clear();
            if let Err(error) = self.shared.poller.wait(&mut events, self.timeout()) {
                log::error!("the front door cannot wait for events: {error}");
                thread::sleep(TICK.0);
            }
            for event in events.iter() {
                contain(|| self.handle(event.key));
            }
            if self.shared.is_closing() {
                self.listener = None;
            }
            if self.shared.is_closing() || swept.elapsed() >= self.tick {
                swept = Instant::now();
                self.sweep();
            }
        }
        let abandoned = std::mem::take(&mut *lock(&self.shared.waiting));
        drop(abandoned);
    }

    /// An empty door sleeps until somebody comes.
    fn timeout(&self) -> Option<Duration> {
        if self.shared.is_closing() {
            return Some(TICK.0);
        }
        let sleeps = self.shared.caps.is_empty() && self.paused_until.is_none();
        (!sleeps).then_some(self.tick)
    }

    fn handle(&mut self, key: usize) {
        if key == LISTENER {
            return self.accept();
        }
        let connection = lock(&self.shared.waiting).remove(&key);
        // None: the event was late, and a worker has the connection.
        let Some(mut connection) = connection else {
            return;
        };
        if let Stage::Sending(..) = connection.stage {
            return self.shared.send_on(connection);
        }
        let step = connection.receive(&mut self.scratch, &self.shared);
        if let Some((connection, admitted)) = self.shared.settle(connection, step) {
            self.shared.submit(connection, Some(admitted));
        }
    }

    fn accept(&mut self) {
        for _ in 0..ACCEPT_BATCH {
            let Some(listener) = &self.listener else {
                return;
            };
            match listener.source().accept() {
                Ok((stream, peer)) => self.welcome(stream, peer),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => break,
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => {}
                    _ => {
                        log::error!("cannot accept connections for a moment: {error}");
                        self.paused_until = Some(Instant::now() + ACCEPT_PAUSE);
                        return;
                    }
                },
            }
        }
        self.listen();
    }

    /// Asks for the listener's next event.
    fn listen(&mut self) {
        self.paused_until = None;
        if let Some(listener) = &self.listener
            && let Err(error) = listener.wait_to_read()
        {
            log::error!("cannot wait for connections: {error}");
            self.paused_until = Some(Instant::now() + ACCEPT_PAUSE);
        }
    }

    fn welcome(&mut self, stream: TcpStream, peer: SocketAddr) {
        let Some(slot) = self.shared.caps.admit(peer.ip()) else {
            return turn_away(&stream);
        };
        let key = self.next_key;
        self.next_key += 1;
        let connection = Watched::new(stream, &self.shared.poller, key)
            .and_then(|link| Connection::new(link, peer, slot, &self.shared.settings));
        match connection {
            Ok(connection) => self.shared.park(Box::new(connection)),
            Err(error) => log::debug!("lost {peer} right after the accept: {error}"),
        }
    }

    /// Ends what is late, and in a closing door what is idle.
    fn sweep(&mut self) {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| now >= until) {
            self.listen();
        }
        let shared = &self.shared;
        let closing = shared.is_closing();
        let ended: Vec<Box<Connection>> = lock(&shared.waiting)
            .extract_if(|_, connection| {
                connection.is_late(now, &shared.settings) || (closing && connection.is_idle())
            })
            .map(|(_, connection)| connection)
            .collect();
        for connection in ended {
            match connection.stage {
                Stage::Head if connection.is_idle() => {}
                Stage::Head | Stage::Body(_) => shared.refuse(connection, Refusal::TIMEOUT, false),
                _ => log::debug!("gave up on {}", connection.peer),
            }
        }
    }
}
