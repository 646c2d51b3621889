//! What the poller thread and the workers share: the waiting connections, the pool, the limits.
use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polling::Poller;

use super::caps::Caps;
use super::connection::{Connection, Step};
use super::outgoing::{Outgoing, Reply, Sent};
use super::pool::{Admitted, Lane, Pool};
use super::refusal::Refusal;
use super::{Ask, Handler, Settings, Takers};

/// The state of one open door.
pub(super) struct Shared {
    pub settings: Settings,
    pub ask: Ask,
    pub handler: Handler,
    pub takers: Takers,
    pub poller: Arc<Poller>,
    pub caps: Arc<Caps>,
    pool: Pool,
    slow_pool: Pool,
    pub waiting: Mutex<HashMap<usize, Box<Connection>>>,
    closing: AtomicBool,
    stopped: AtomicBool,
}

impl Shared {
    pub fn new(
        settings: Settings,
        ask: Ask,
        handler: Handler,
        takers: Takers,
    ) -> io::Result<Shared> {
        Ok(Shared {
            poller: Arc::new(Poller::new()?),
            caps: Arc::new(Caps::new(&settings)),
            pool: Pool::new(Lane::Usual, settings.threads, settings.max_in_flight),
            slow_pool: Pool::new(Lane::Slow, settings.slow_threads, settings.max_in_flight),
            waiting: Mutex::default(),
            closing: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            settings,
            ask,
            handler,
            takers,
        })
    }

    /// The threads for requests of that kind.
    pub fn pool(&self, lane: Lane) -> &Pool {
        match lane {
            Lane::Usual => &self.pool,
            Lane::Slow => &self.slow_pool,
        }
    }

    /// Hands a connection to the threads that its request is for.
    pub fn submit(self: &Arc<Self>, connection: Box<Connection>, request: Option<Admitted>) {
        let pool = self.pool(connection.lane);
        pool.submit(self, connection, request);
    }

    /// Whether new work is refused.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Whether all threads should end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Refuses new work from now on.
    pub fn begin_closing(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Lets all threads end after what they are doing.
    pub fn stop(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.stopped.store(true, Ordering::Relaxed);
        self.pool.stop();
        self.slow_pool.stop();
        self.wake();
    }

    fn wake(&self) {
        if let Err(error) = self.poller.notify() {
            log::error!("cannot wake the front door's poller: {error}");
        }
    }

    /// Leaves a connection with the poller until its next event or its deadline.
    pub fn park(&self, mut connection: Box<Connection>) {
        if (self.is_closing() && connection.is_idle()) || connection.rest().is_err() {
            return;
        }
        let key = connection.key();
        let mut waiting = lock(&self.waiting);
        // Under the lock: the event may come before the poller could find the connection.
        if connection.arm().is_ok() {
            waiting.insert(key, connection);
        }
    }

    /// Does what a step asks for; gives back the connection if it is a request to answer.
    pub fn settle(
        &self,
        mut connection: Box<Connection>,
        step: Step,
    ) -> Option<(Box<Connection>, Admitted)> {
        match step {
            Step::Gone => {}
            Step::Wait => self.park(connection),
            Step::Refuse(refusal) => self.refuse(connection, refusal, false),
            Step::Ready(request) => {
                let is_head = request.reply().is_head;
                let (method, target) = (&request.head.method, &request.head.target);
                connection.lane = match (self.ask.is_slow)(method, target) {
                    true => Lane::Slow,
                    false => Lane::Usual,
                };
                if self.is_closing() {
                    self.refuse(connection, Refusal::CLOSING, is_head);
                } else if let Some(admitted) = self.pool(connection.lane).admit(request) {
                    return Some((connection, admitted));
                } else {
                    self.refuse(connection, Refusal::OVERLOADED, is_head);
                }
            }
        }
        None
    }

    /// Tells a client why its request goes no further, and ends the connection.
    pub fn refuse(&self, mut connection: Box<Connection>, refusal: Refusal, is_head: bool) {
        log::debug!("refused {}: {}", connection.peer, refusal.error);
        let reply = Reply {
            is_head,
            is_1_1: true,
            keep_alive: false,
            leaves: false,
        };
        let Ok(outgoing) = Outgoing::new(refusal.response(), reply, Vec::new()) else {
            return;
        };
        connection.begin_reply(outgoing, &self.settings);
        match connection.send(false, &self.settings) {
            Ok(Sent::All) => self.drain(connection),
            Ok(Sent::Part) => self.park(connection),
            Err(_) => {}
        }
    }

    /// Ends a connection on which the client may still be sending.
    pub fn drain(&self, mut connection: Box<Connection>) {
        if connection.begin_draining().is_ok() {
            self.park(connection);
        }
    }

    /// Sends buffered bytes of a parked response: the poller's part, which never blocks.
    pub fn send_on(self: &Arc<Self>, mut connection: Box<Connection>) {
        if connection.needs_source() {
            return self.submit(connection, None);
        }
        match connection.send(false, &self.settings) {
            Ok(Sent::Part) => self.park(connection),
            // A worker knows what comes after a response; there may be a request already.
            Ok(Sent::All) => self.submit(connection, None),
            Err(_) => {}
        }
    }
}

/// Answers a connection for which there is no place. It gets no second chance to be read.
pub(super) fn turn_away(stream: &TcpStream) {
    let reply = Reply {
        is_head: false,
        is_1_1: true,
        keep_alive: false,
        leaves: false,
    };
    if let Ok(mut outgoing) = Outgoing::new(Refusal::OVERLOADED.response(), reply, Vec::new()) {
        // Whether it arrives is the client's luck.
        let _ = outgoing.flush(stream);
        let _ = stream.shutdown(Shutdown::Write);
    }
}

/// Locks; a thread that panicked inside does not take the others with it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one connection's work; a panic in it costs that connection and nothing else.
pub(in crate::web) fn contain(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        log::error!("a panic ended a connection");
    }
}
