//! The request threads: few while there is little to do, never more than the limit.
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::connection::{Connection, Request};
use super::shared::{Shared, contain, lock};
use super::worker::Worker;

/// Request threads call no deep recursion; a small stack keeps many of them cheap.
const STACK: usize = 1024 * 1024;
/// A thread without work ends after this.
const IDLE: Duration = Duration::from_secs(20);

/// Which threads answer a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Those for all that depends on this machine alone.
    Usual,
    /// Those for what waits for other servers.
    Slow,
}

/// A bounded set of request threads with one queue.
pub(super) struct Pool {
    lane: Lane,
    limit: usize,
    in_flight_limit: usize,
    state: Mutex<State>,
    work: Condvar,
    /// Length of the queue, readable without the lock.
    queued: AtomicUsize,
    in_flight: Arc<AtomicUsize>,
    lingering: AtomicUsize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    stopped: bool,
}

/// A connection that needs a thread: with a complete request, or with a response to go on with.
pub(super) struct Job {
    pub connection: Box<Connection>,
    pub request: Option<Admitted>,
}

/// A request that counts as in flight until this is dropped.
pub(super) struct Admitted {
    pub request: Box<Request>,
    in_flight: Arc<AtomicUsize>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub fn new(lane: Lane, limit: usize, in_flight_limit: usize) -> Pool {
        Pool {
            lane,
            limit: limit.max(1),
            in_flight_limit: in_flight_limit.max(1),
            state: Mutex::default(),
            work: Condvar::new(),
            queued: AtomicUsize::new(0),
            in_flight: Arc::default(),
            lingering: AtomicUsize::new(0),
        }
    }

    /// Counts a request in; `None` when too many are in flight.
    pub fn admit(&self, request: Box<Request>) -> Option<Admitted> {
        if self.in_flight.fetch_add(1, Ordering::Relaxed) >= self.in_flight_limit {
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let in_flight = Arc::clone(&self.in_flight);
        Some(Admitted { request, in_flight })
    }

    /// Queues a job, and starts a thread if all are busy and the limit allows.
    pub fn submit(
        &self,
        shared: &Arc<Shared>,
        connection: Box<Connection>,
        request: Option<Admitted>,
    ) {
        let job = Job {
            connection,
            request,
        };
        let mut state = lock(&self.state);
        state.queue.push_back(job);
        self.queued.store(state.queue.len(), Ordering::Relaxed);
        if state.queue.len() > state.idle && state.threads < self.limit {
            state.threads += 1;
            drop(state);
            self.start_thread(Arc::clone(shared));
        } else {
            drop(state);
            self.work.notify_one();
        }
    }

    fn start_thread(&self, shared: Arc<Shared>) {
        let thread = thread::Builder::new()
            .name("request".into())
            .stack_size(STACK);
        let lane = self.lane;
        if let Err(error) = thread.spawn(move || run(&shared, lane)) {
            // The job stays queued for the next thread that is free.
            log::error!("cannot start a request thread: {error}");
            lock(&self.state).threads -= 1;
        }
    }

    /// Whether a thread may block for a moment on a kept connection. Never while somebody waits
    /// for a thread, and one thread always stays out of it.
    pub fn try_linger(&self) -> Option<Lingering<'_>> {
        let lingering = Lingering(&self.lingering);
        let others = self.lingering.fetch_add(1, Ordering::Relaxed);
        (others + 1 < self.limit && !self.has_queue()).then_some(lingering)
    }

    /// Whether a job waits for a thread.
    pub fn has_queue(&self) -> bool {
        self.queued.load(Ordering::Relaxed) > 0
    }

    /// Ends all threads after their present job; queued jobs are dropped.
    pub fn stop(&self) {
        let mut state = lock(&self.state);
        state.stopped = true;
        let abandoned = std::mem::take(&mut state.queue);
        drop(state);
        drop(abandoned);
        self.work.notify_all();
    }

    /// The next job, or `None` when this thread should end.
    fn next(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        if state.queue.is_empty() && !state.stopped {
            state.idle += 1;
            state = self
                .work
                .wait_timeout_while(state, IDLE, |state| {
                    state.queue.is_empty() && !state.stopped
                })
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.idle -= 1;
        }
        let job = state.queue.pop_front();
        self.queued.store(state.queue.len(), Ordering::Relaxed);
        if job.is_none() {
            state.threads -= 1;
        }
        job
    }
}

/// Marks a thread that blocks on a kept connection.
pub(super) struct Lingering<'a>(&'a AtomicUsize);

impl Drop for Lingering<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run(shared: &Arc<Shared>, lane: Lane) {
    let mut worker = Worker::new(shared, lane);
    while let Some(job) = shared.pool(lane).next() {
        contain(|| worker.run(job));
    }
}
