//! The runner: one thread that takes what is due, does it, and sleeps until the bell rings or the next job is due.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::{KINDS, Outcome};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::error::Result;
use crate::ops::status_search;

/// Nobody else takes a job for so long after it was taken.
const LEASE: Duration = Duration::from_secs(600);

/// The longest sleep.
const NAP: Duration = Duration::from_secs(60);

/// Starts the runner; it ends when the app stops.
pub fn start(app: Arc<App>) -> Result<JoinHandle<()>> {
    app.db().write(|tx| jobs::release_all(tx))?;
    let thread = std::thread::Builder::new()
        .name("jobs".into())
        .spawn(move || {
            while !app.is_stopping() {
                match run_due(&app) {
                    Ok(wait) => app.db().bell().wait(wait),
                    Err(error) => {
                        log::error!("the job queue cannot be read: {error:?}");
                        app.db().bell().wait(NAP);
                    }
                }
            }
        })?;
    Ok(thread)
}

/// Does everything that is due, in order, and what can wait until then; returns how long to sleep.
pub fn run_due(app: &App) -> Result<Duration> {
    while !app.is_stopping() {
        let Some(job) = app.db().write(|tx| jobs::lease(tx, LEASE))? else {
            break;
        };
        settle(app, &job)?;
    }
    status_search::catch_up(app.db())?;
    let due = app.db().read(jobs::next_due)?;
    let wait = due.map_or(NAP, |due| {
        Duration::from_millis((due.0 - Timestamp::now().0).clamp(10, NAP.as_millis() as i64) as u64)
    });
    Ok(wait)
}

fn settle(app: &App, job: &JobRow) -> Result<()> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == job.kind) else {
        return app
            .db()
            .write(|tx| jobs::bury(tx, job.id, "no such kind of job"));
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| (kind.work)(app, job)));
    let (reason, delay) = match outcome {
        Ok(Outcome::Done | Outcome::Again) => return Ok(()),
        Ok(Outcome::Drop(reason)) => (reason, None),
        Ok(Outcome::Retry(reason)) => (reason, kind.retries.get(job.attempts as usize)),
        Err(_) => (
            "it panicked".into(),
            kind.retries.get(job.attempts as usize),
        ),
    };
    log::warn!("job {} ({}): {reason}", job.id, job.kind);
    app.db().write(|tx| match delay {
        Some(minutes) => jobs::retry(
            tx,
            job.id,
            Timestamp::now().plus(Duration::from_secs(60 * minutes)),
            &reason,
        ),
        None => jobs::bury(tx, job.id, &reason),
    })
}
