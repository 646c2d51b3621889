//! The thread that waits for clients and for the clock, and the end of all streams.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use polling::Events;

use super::stream::Stream;
use super::wire::{Farewell, Incoming};
use super::{Streams, renderer, requests};
use crate::app::App;
use crate::error::Result;
use crate::ids::TokenId;
use crate::ops::sessions::{self, Viewer};
use crate::web::door::contain;

/// How often heartbeats and deadlines are looked at.
const TICK: Duration = Duration::from_secs(1);

/// How often it is asked whether those who listen still may: a revoked token ends its streams within 5 s (security.md O4).
const RECHECK: Duration = Duration::from_secs(2);

/// How long clients may take to hear that the server stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// Neither thread recurses; views are rendered on the heap.
const STACK: usize = 512 * 1024;

/// The threads of the streams.
pub struct Running {
    app: Arc<App>,
    threads: Vec<JoinHandle<()>>,
}

/// Starts the two threads.
pub fn start(app: &Arc<App>) -> Result<Running> {
    let spawn = |name: &str, work: fn(&App)| {
        let app = Arc::clone(app);
        let thread = Builder::new().name(name.into()).stack_size(STACK);
        thread.spawn(move || work(&app))
    };
    Ok(Running {
        app: Arc::clone(app),
        threads: vec![spawn("streams", run)?, spawn("render", renderer::run)?],
    })
}

impl Running {
    /// Tells every client to come back after a restart, and ends the threads.
    pub fn stop(self) {
        let streams = self.app.streams();
        streams.stopping.store(true, Ordering::Relaxed);
        streams.hub.wake();
        wake(streams);
        for thread in self.threads {
            if thread.join().is_err() {
                log::error!("a thread of the streams had panicked");
            }
        }
    }
}

fn wake(streams: &Streams) {
    if let Err(error) = streams.poller.notify() {
        log::error!("the streams' poller cannot be woken: {error}");
    }
}

fn run(app: &App) {
    let streams = app.streams();
    let mut events = Events::new();
    let (mut ticked, mut rechecked) = (Instant::now(), Instant::now());
    let mut ends: Option<Instant> = None;
    while ends.is_none_or(|at| Instant::now() < at && streams.count() > 0) {
        events.clear();
        if let Err(error) = streams.poller.wait(&mut events, timeout(streams)) {
            log::error!("the streams cannot wait for events: {error}");
            std::thread::sleep(TICK);
        }
        for event in events.iter() {
            contain(|| hear(app, event.key));
        }
        if ends.is_none() && streams.is_stopping() {
            ends = Some(Instant::now() + GOODBYE);
            end_all(streams, Farewell::Restart);
        }
        if ticked.elapsed() >= TICK {
            ticked = Instant::now();
            tick(streams);
        }
        if rechecked.elapsed() >= RECHECK {
            rechecked = Instant::now();
            contain(|| recheck(app));
        }
    }
    for stream in streams.all() {
        stream.lock().cut();
        streams.forget(stream.key);
    }
}

/// Without streams there is nothing to do until one comes, or the end.
fn timeout(streams: &Streams) -> Option<Duration> {
    match streams.is_stopping() {
        true => Some(TICK / 50),
        false => (streams.count() > 0).then_some(TICK),
    }
}

/// Reads what a client said, sends what its socket takes.
fn hear(app: &App, key: usize) {
    let Some(stream) = app.streams().find(key) else {
        return;
    };
    loop {
        let incoming = stream.lock().hear();
        match incoming {
            Incoming::Text(text) => requests::answer(app, &stream, &text),
            Incoming::Nothing => break,
            Incoming::End => {
                let mut state = stream.lock();
                match state.is_over() {
                    true => state.cut(),
                    false => state.finish(),
                }
                break;
            }
        }
    }
    // The poller tells of a socket once, and must be asked again.
    let is_gone = {
        let mut state = stream.lock();
        state.flush();
        state.is_gone()
    };
    if is_gone {
        app.streams().forget(key);
    }
}

fn tick(streams: &Streams) {
    let now = Instant::now();
    for stream in streams.all() {
        let is_gone = {
            let mut state = stream.lock();
            state.tick(now);
            state.is_gone()
        };
        if is_gone {
            streams.forget(stream.key);
        }
    }
}

/// Ends every stream with that reason.
pub fn end_all(streams: &Streams, reason: Farewell) {
    for stream in streams.all() {
        stream.lock().end(reason);
    }
    streams.tell_hub();
}

/// Asks for all tokens at once whether they still may be heard, and with which rights.
fn recheck(app: &App) {
    let mut by_token: HashMap<TokenId, Vec<Arc<Stream>>> = HashMap::new();
    for stream in app.streams().all() {
        let token = stream
            .lock()
            .viewer
            .as_ref()
            .and_then(|viewer| viewer.token);
        if let Some(token) = token {
            by_token.entry(token).or_default().push(stream);
        }
    }
    if by_token.is_empty() {
        return;
    }
    let tokens: Vec<TokenId> = by_token.keys().copied().collect();
    let live = match app
        .db()
        .read(|db| sessions::still(db, app.rules(), &tokens))
    {
        Ok(live) => live,
        // The next look is soon.
        Err(error) => return log::error!("the streams' tokens could not be looked at: {error:?}"),
    };
    for (token, streams) in by_token {
        for stream in streams {
            renew(&stream, live.get(&token));
        }
    }
    app.streams().tell_hub();
}

/// Holds a stream to the rights that its token has now.
fn renew(stream: &Stream, viewer: Option<&Viewer>) {
    let mut state = stream.lock();
    let Some(viewer) = viewer else {
        return state.end(Farewell::NoRight);
    };
    state.viewer = Some(viewer.clone());
    state
        .channels
        .retain(|channel| viewer.may(channel.scopes()));
}
