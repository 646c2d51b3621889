//! The runner: one thread that takes what is due, does it, and sleeps until the bell rings or the next job is due. What waits
//! for other servers is done by threads of their own, whom the runner wakes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::pool::Work;
use super::{KINDS, Outcome};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::error::Result;
use crate::ops::{domain_policies, status_search};

/// Nobody else takes a job for so long after it was taken.
const LEASE: Duration = Duration::from_secs(600);

/// The longest sleep: a command beside the server may have left something to do.
const NAP: Duration = Duration::from_secs(5);

/// Starts the runner; it ends when the app stops.
pub fn start(app: Arc<App>) -> Result<JoinHandle<()>> {
    let allow_list = app.config().federation.allow_list;
    app.db().write(|tx| {
        jobs::release_all(tx)?;
        domain_policies::hold_allow_list(tx, allow_list)
    })?;
    let thread = std::thread::Builder::new()
        .name("jobs".into())
        .spawn(move || {
            while !app.is_stopping() {
                match turn(&app) {
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

/// One turn of the runner; returns how long to sleep.
fn turn(app: &App) -> Result<Duration> {
    super::prune::begin_if_due(app)?;
    let wait = run_due(app)?;
    wake_fetchers(app)?;
    Ok(wait)
}

/// Does everything that is due, in order, and what can wait until then; returns how long to sleep.
pub fn run_due(app: &App) -> Result<Duration> {
    while !app.is_stopping() {
        match app.db().write(|tx| jobs::lease(tx, LEASE, false))? {
            Some(job) => settle(app, &job)?,
            // An index that is made anew takes a while: whoever waits for other servers does not wait for that too.
            None if status_search::catch_up(app.db())? => wake_fetchers(app)?,
            None => break,
        }
    }
    let due = app.db().read(|db| jobs::next_due(db, false))?;
    let wait = due.map_or(NAP, |due| {
        Duration::from_millis((due.0 - Timestamp::now().0).clamp(10, NAP.as_millis() as i64) as u64)
    });
    Ok(wait)
}

fn wake_fetchers(app: &App) -> Result<()> {
    let due = app.db().read(|db| jobs::next_due(db, true))?;
    if due.is_some_and(|due| due <= Timestamp::now()) {
        app.fed().fetchers.ring();
    }
    Ok(())
}

/// Those who do what waits for other servers.
pub const FETCHERS: Work = Work {
    name: "fetchers",
    threads: 2,
    steps_back: false,
    most: 2,
    bell: |app| &app.fed().fetchers,
    once: fetch,
    next_due: |app| app.db().read(|db| jobs::next_due(db, true)),
};

/// Does one job that waits for other servers; `false` when none is due.
pub fn fetch(app: &App) -> Result<bool> {
    let due = app.db().read(|db| jobs::next_due(db, true))?;
    if due.is_none_or(|due| due > Timestamp::now()) {
        return Ok(false);
    }
    match app.db().write(|tx| jobs::lease(tx, LEASE, true))? {
        Some(job) => {
            app.fed().fetchers.ring();
            settle(app, &job).map(|()| true)
        }
        None => Ok(false),
    }
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
