//! Threads that do one kind of work from a queue of its own: what waits for other servers must not hold up the jobs. While some
//! of them wait for who does not answer, others take their place, so that the dead do not delay the living.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Bell;
use crate::error::Result;
use crate::priority;

/// The longest sleep.
const NAP: Duration = Duration::from_secs(60);

/// Whoever is at one piece for longer than this waits for somebody.
const SLOW: Duration = Duration::from_millis(20);

/// Whoever took another's place leaves when there was nothing to do for so long.
const IDLE: Duration = Duration::from_secs(5);

/// A kind of work.
#[derive(Clone, Copy)]
pub struct Work {
    /// Of the threads.
    pub name: &'static str,
    /// How many.
    pub threads: usize,
    /// Whether they leave the processor to those who answer requests.
    pub steps_back: bool,
    /// How many there may be, with those who take the place of others.
    pub most: usize,
    /// Rings when there may be work.
    pub bell: fn(&App) -> &Bell,
    /// Takes one piece, rings the bell for whoever takes the next, and does it; `false` when there is none to do now.
    pub once: fn(&App) -> Result<bool>,
    /// When the next piece is due, if any is put off.
    pub next_due: fn(&App) -> Result<Option<Timestamp>>,
}

/// Starts the threads; they end when the app stops.
pub fn start(app: &Arc<App>, work: Work) -> Result<Vec<JoinHandle<()>>> {
    let crew = Arc::new(Crew {
        app: Arc::clone(app),
        work,
        present: Mutex::default(),
        begun: Condvar::new(),
    });
    let mut threads = Vec::new();
    for _ in 0..work.threads {
        threads.push(crew.hire(Crew::stay)?);
    }
    if work.most > work.threads {
        let crew = Arc::clone(&crew);
        let watch = std::thread::Builder::new().name(format!("{}-watch", work.name));
        threads.push(watch.spawn(move || crew.watch())?);
    }
    Ok(threads)
}

/// Those who do one kind of work.
struct Crew {
    app: Arc<App>,
    work: Work,
    present: Mutex<Present>,
    /// Somebody begins with a piece.
    begun: Condvar,
}

#[derive(Default)]
struct Present {
    all: usize,
    hired: usize,
    /// Since when, of those who are at a piece, by their numbers.
    at_work: Vec<(usize, Instant)>,
}

impl Crew {
    fn present(&self) -> MutexGuard<'_, Present> {
        // Numbers cannot be left half-changed.
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bell(&self) -> &Bell {
        (self.work.bell)(&self.app)
    }

    fn hire(self: &Arc<Crew>, job: fn(&Crew, usize)) -> Result<JoinHandle<()>> {
        let number = {
            let mut present = self.present();
            present.all += 1;
            present.hired += 1;
            present.hired
        };
        let crew = Arc::clone(self);
        let thread = std::thread::Builder::new().name(format!("{}-{number}", self.work.name));
        let hired = thread.spawn(move || {
            if crew.work.steps_back {
                priority::step_back();
            }
            job(&crew, number);
            crew.present().all -= 1;
            // Whoever else waits has to see it too, should it be the end.
            crew.bell().ring();
            crew.begun.notify_one();
        });
        if hired.is_err() {
            self.present().all -= 1;
        }
        Ok(hired?)
    }

    /// Works until the app stops.
    fn stay(&self, number: usize) {
        while !self.app.is_stopping() {
            self.work_off(number);
            self.bell().wait(self.nap());
        }
    }

    /// Works as long as there is something to do.
    fn help(&self, number: usize) {
        let mut busy_at = Instant::now();
        while !self.app.is_stopping() && busy_at.elapsed() < IDLE {
            if self.work_off(number) {
                busy_at = Instant::now();
            }
            self.bell().wait(IDLE);
        }
    }

    /// Does what is due; whether there was anything.
    fn work_off(&self, number: usize) -> bool {
        let mut any = false;
        while !self.app.is_stopping() {
            self.present().at_work.push((number, Instant::now()));
            self.begun.notify_one();
            let done = catch_unwind(AssertUnwindSafe(|| (self.work.once)(&self.app)));
            self.present().at_work.retain(|(other, _)| *other != number);
            match done {
                Ok(Ok(true)) => any = true,
                Ok(Ok(false)) => break,
                Ok(Err(error)) => {
                    log::error!("{}: {error:?}", self.work.name);
                    break;
                }
                Err(_) => log::error!("{} panicked", self.work.name),
            }
        }
        any
    }

    /// How long to sleep.
    fn nap(&self) -> Duration {
        match (self.work.next_due)(&self.app) {
            Ok(Some(due)) => {
                let left = (due.0 - Timestamp::now().0).clamp(10, NAP.as_millis() as i64);
                Duration::from_millis(left as u64)
            }
            _ => NAP,
        }
    }

    /// Sees to it that there is always somebody who does not wait for others; waits for all helpers in the end.
    fn watch(self: &Arc<Crew>) {
        let mut helpers: Vec<JoinHandle<()>> = Vec::new();
        while !self.app.is_stopping() {
            helpers.retain(|helper| !helper.is_finished());
            for _ in 0..self.missing() {
                match self.hire(Crew::help) {
                    Ok(helper) => helpers.push(helper),
                    Err(error) => {
                        log::warn!("{}: no more threads: {error:?}", self.work.name);
                        break;
                    }
                }
            }
            self.wait_for_work();
        }
        for helper in helpers {
            if helper.join().is_err() {
                log::error!("{}: a helper had panicked", self.work.name);
            }
        }
    }

    /// How many are to take the place of others: as many as wait, if nobody is idle.
    fn missing(&self) -> usize {
        let present = self.present();
        if present.all > present.at_work.len() {
            return 0;
        }
        let slow = present
            .at_work
            .iter()
            .filter(|(_, since)| since.elapsed() > SLOW);
        slow.count().min(self.work.most.saturating_sub(present.all))
    }

    /// Until there may be somebody to be replaced.
    fn wait_for_work(&self) {
        let present = self.present();
        let idle = self.begun.wait_timeout_while(present, NAP, |present| {
            present.at_work.is_empty() && !self.app.is_stopping()
        });
        drop(idle);
        std::thread::sleep(SLOW);
    }
}
