//! One open stream: its socket, what was subscribed to, and who listens.

use std::io;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use polling::Poller;
use socket2::SockRef;

use super::channel::Channel;
use super::outbox::Outbox;
use super::wire::{Farewell, Format, Incoming, Wire, discard};
use crate::ops::sessions::Viewer;
use crate::web::door::Handed;
use crate::web::door::watched::Watched;

/// A client that takes nothing for so long is gone, or as good as gone.
const STUCK: Duration = Duration::from_secs(30);

/// The system gives a connection up when the other side confirmed nothing for so long: how a vanished client is noticed.
const UNCONFIRMED: Duration = Duration::from_secs(60);

/// A client may take so long to hear our last words.
const LINGER: Duration = Duration::from_secs(2);

/// What a client may say in one [`Talk::WINDOW`].
const MOST_MESSAGES: u32 = 200;

/// A stream, shared by the threads that read, render and send.
pub struct Stream {
    /// Its key in the poller.
    pub key: usize,
    /// Where it comes from.
    pub address: IpAddr,
    state: Mutex<State>,
}

/// What is behind the lock. Nobody waits while holding it.
pub struct State {
    /// Who listens; `None` is anybody.
    pub viewer: Option<Viewer>,
    /// What was subscribed to, each once.
    pub channels: Vec<Channel>,
    /// The client named its token in a message, and wants its subscriptions confirmed, as Pleroma-FE does.
    pub confirms: bool,
    format: Format,
    outbox: Outbox,
    link: Option<Link>,
    silent_since: Instant,
    stuck_since: Option<Instant>,
    talk: Talk,
    stage: Stage,
}

/// The connection. While there is none the stream is about to begin, and what is told waits.
struct Link {
    socket: Watched<TcpStream>,
    wire: Wire,
    _keep: Option<Box<dyn Send>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// The last words are on their way.
    Ending(Instant),
    Ended,
}

/// How much a client talks.
struct Talk {
    since: Instant,
    messages: u32,
}

impl Talk {
    const WINDOW: Duration = Duration::from_secs(10);

    fn is_too_much(&mut self) -> bool {
        if self.since.elapsed() > Talk::WINDOW {
            (self.since, self.messages) = (Instant::now(), 0);
        }
        self.messages += 1;
        self.messages > MOST_MESSAGES
    }
}

impl Stream {
    /// A stream whose connection is still to come.
    pub fn new(
        key: usize,
        address: IpAddr,
        format: Format,
        viewer: Option<Viewer>,
        channels: Vec<Channel>,
    ) -> Stream {
        let now = Instant::now();
        Stream {
            key,
            address,
            state: Mutex::new(State {
                viewer,
                channels,
                confirms: false,
                format,
                outbox: Outbox::default(),
                link: None,
                silent_since: now,
                stuck_since: None,
                talk: Talk {
                    since: now,
                    messages: 0,
                },
                stage: Stage::Open,
            }),
        }
    }

    /// The stream's state, locked.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the stream its connection. What was told meanwhile is sent at once.
    pub fn attach(&self, handed: Handed, poller: &Arc<Poller>) -> io::Result<()> {
        let mut state = self.lock();
        let is_early = !handed.read.is_empty();
        SockRef::from(&handed.stream).set_tcp_user_timeout(Some(UNCONFIRMED))?;
        state.link = Some(Link {
            socket: Watched::new(handed.stream, poller, self.key)?,
            wire: Wire::new(state.format, handed.read),
            _keep: handed.keep,
        });
        state.silent_since = Instant::now();
        state.flush();
        // What was read already will not be announced by the poller: a socket that takes bytes is, at once.
        if let (Some(link), true) = (&state.link, is_early) {
            link.socket.wait_for_both()?;
        }
        Ok(())
    }
}

impl State {
    /// Whether nothing more will be said on it.
    pub fn is_over(&self) -> bool {
        self.stage != Stage::Open
    }

    /// Whether it can be forgotten.
    pub fn is_gone(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// How it speaks.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Says something, as far as the socket takes it; the rest goes when it takes more. Who is too slow is dropped.
    pub fn say(&mut self, frame: Arc<[u8]>) {
        if self.is_over() {
            return;
        }
        self.silent_since = Instant::now();
        match self.outbox.push(frame) {
            Ok(()) => self.flush(),
            Err(_) => {
                log::info!("dropped a stream whose reader is too slow");
                self.cut();
            }
        }
    }

    /// The next message. [`Incoming::End`] is told once.
    pub fn hear(&mut self) -> Incoming {
        if self.is_gone() {
            return Incoming::Nothing;
        }
        let is_over = self.is_over();
        let Some(link) = &mut self.link else {
            return Incoming::Nothing;
        };
        let socket = link.socket.source();
        if is_over {
            // Only whether the client is still there matters now.
            return discard(socket);
        }
        let incoming = link.wire.receive(socket, &mut self.outbox);
        if matches!(incoming, Incoming::Text(_)) && self.talk.is_too_much() {
            self.end(Farewell::TooMuch);
            return Incoming::Nothing;
        }
        incoming
    }

    /// Sends what waits and asks the poller for what comes next.
    pub fn flush(&mut self) {
        let Some(link) = &self.link else {
            return;
        };
        match self.outbox.flush(link.socket.source()) {
            Err(_) => return self.cut(),
            Ok(_) if self.outbox.is_empty() => self.stuck_since = None,
            Ok(true) => self.stuck_since = Some(Instant::now()),
            Ok(false) => drop(self.stuck_since.get_or_insert_with(Instant::now)),
        }
        if self.is_over() && self.outbox.is_empty() {
            // The client reads our last words before it sees the end; then it hangs up, or time is over.
            let _ = link.socket.source().shutdown(Shutdown::Write);
        }
        let armed = match self.outbox.is_empty() {
            true => link.socket.wait_to_read(),
            false => link.socket.wait_for_both(),
        };
        if armed.is_err() {
            self.cut();
        }
    }

    /// What time does: heartbeats, and the end of whoever is stuck.
    pub fn tick(&mut self, now: Instant) {
        let stuck = self.stuck_since.is_some_and(|since| now >= since + STUCK);
        match self.stage {
            Stage::Ending(until) if now >= until => self.cut(),
            Stage::Open if stuck => self.cut(),
            Stage::Open if now >= self.silent_since + self.format.heartbeat() => {
                self.say(self.format.beat());
            }
            _ => {}
        }
    }

    /// Ends the stream with a reason.
    pub fn end(&mut self, reason: Farewell) {
        if self.is_over() {
            return;
        }
        if let Some(frame) = self.format.farewell(reason)
            && self.outbox.push(frame).is_err()
        {
            return self.cut();
        }
        self.finish();
    }

    /// Ends the stream after what waits was sent: the client said goodbye.
    pub fn finish(&mut self) {
        if self.is_over() {
            return;
        }
        self.channels = Vec::new();
        self.stage = Stage::Ending(Instant::now() + LINGER);
        self.flush();
    }

    /// Ends the stream at once.
    pub fn cut(&mut self) {
        self.stage = Stage::Ended;
        self.channels = Vec::new();
        if let Some(link) = self.link.take() {
            let _ = link.socket.source().shutdown(Shutdown::Both);
        }
        self.outbox = Outbox::default();
    }
}
