//! Threads that do one kind of work from a queue of its own: what waits for other servers must not hold up the jobs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Bell;
use crate::error::Result;

/// The longest sleep.
const NAP: Duration = Duration::from_secs(60);

/// A kind of work.
#[derive(Clone, Copy)]
pub struct Work {
    /// Of the threads.
    pub name: &'static str,
    /// How many.
    pub threads: usize,
    /// Rings when there may be work.
    pub bell: fn(&App) -> &Bell,
    /// Does one piece; `false` when there is none to do now.
    pub once: fn(&App) -> Result<bool>,
    /// When the next piece is due, if any is put off.
    pub next_due: fn(&App) -> Result<Option<Timestamp>>,
}

/// Starts the threads; they end when the app stops.
pub fn start(app: &Arc<App>, work: Work) -> Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for number in 0..work.threads {
        let app = Arc::clone(app);
        let thread = std::thread::Builder::new()
            .name(format!("{}-{number}", work.name))
            .spawn(move || {
                while !app.is_stopping() {
                    let nap = turn(&app, &work);
                    (work.bell)(&app).wait(nap);
                }
                // Whoever else waits has to see it too.
                (work.bell)(&app).ring();
            })?;
        threads.push(thread);
    }
    Ok(threads)
}

/// Does what is due; returns how long to sleep.
fn turn(app: &App, work: &Work) -> Duration {
    while !app.is_stopping() {
        match catch_unwind(AssertUnwindSafe(|| (work.once)(app))) {
            Ok(Ok(true)) => {
                // There may be more than this thread can do.
                (work.bell)(app).ring();
            }
            Ok(Ok(false)) => break,
            Ok(Err(error)) => {
                log::error!("{}: {error:?}", work.name);
                return NAP;
            }
            Err(_) => log::error!("{} panicked", work.name),
        }
    }
    match (work.next_due)(app) {
        Ok(Some(due)) => {
            let left = (due.0 - Timestamp::now().0).clamp(10, NAP.as_millis() as i64);
            Duration::from_millis(left as u64)
        }
        _ => NAP,
    }
}
