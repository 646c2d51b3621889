//! Once a day: lets go what nobody here would miss, a slice at a time, so that nobody waits for the writer (federation.md 10).

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::db::{Tx, server_state};
use crate::error::Result;
use crate::ops::pruning::{self, Cursor, Pruned, Terms};

/// As stored in the queue.
pub const JOB: &str = "prune";

/// After the server's start others have more urgent things to do.
const FIRST: Duration = Duration::from_secs(600);

/// What one day empties, the next fills: so much of the file may be empty.
const SPARE: u64 = 10;

/// Under which name it is noted when the last pruning began.
const LAST: &str = "pruned_at";

const DAY: Duration = Duration::from_secs(86_400);

/// Before the next slice others may write.
const PAUSE: Duration = Duration::from_millis(5);

/// What arrived in part, or was put aside for a moment, is not worked on for longer than this.
const SPOOLED: Duration = Duration::from_secs(3600);

/// How far the job is.
#[derive(Serialize, Deserialize)]
struct Payload {
    cursor: Cursor,
    #[serde(default)]
    so_far: Pruned,
}

impl Default for Payload {
    fn default() -> Payload {
        Payload {
            cursor: Cursor::START,
            so_far: Pruned::default(),
        }
    }
}

/// Queues the job if it is time for it. A server that never pruned does so a while after its start.
pub fn begin_if_due(app: &App) -> Result<()> {
    let last = app.db().read(|db| server_state::get(db, LAST))?;
    let now = Timestamp::now();
    match last.and_then(|last| last.parse().ok()).map(Timestamp) {
        Some(last) if last.plus(DAY) > now => Ok(()),
        Some(_) => app.db().write(|tx| {
            note(tx, now)?;
            match jobs::waits_of_kind(tx, JOB)? {
                true => Ok(()),
                false => jobs::push(tx, JOB, &Payload::default()),
            }
        }),
        None => app.db().write(|tx| note(tx, now.minus(DAY).plus(FIRST))),
    }
}

fn note(tx: &Tx, begun: Timestamp) -> Result<()> {
    server_state::set(tx, LAST, &begun.0.to_string())
}

/// Does a slice; the rest stands in the queue behind whatever else is due.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let payload = serde_json::from_str(&job.payload).unwrap_or_default();
    prune(app, job, payload).unwrap_or_else(|error| Outcome::Retry(format!("{error:?}")))
}

fn prune(app: &App, job: &JobRow, payload: Payload) -> Result<Outcome> {
    let days = app.config().federation.keep_days;
    let terms = Terms {
        before: (days > 0).then(|| pruning::days_ago(days)),
        spare: SPARE,
    };
    let mut so_far = payload.so_far;
    let next = app.db().write(|tx| {
        let (pruned, next) = pruning::slice(tx, payload.cursor, &terms)?;
        so_far += pruned;
        match next {
            Some(cursor) => {
                jobs::go_on(tx, job.id, &Payload { cursor, so_far })?;
            }
            None => jobs::done(tx, job.id)?,
        }
        Ok(next)
    })?;
    if next.is_some() {
        std::thread::sleep(PAUSE);
        return Ok(Outcome::Again);
    }
    // Keys of accounts that are gone lead nowhere.
    app.fed().keys.forget_others();
    let files = app.remote_cache().sweep(false)?;
    sweep_spool(app.spool_dir())?;
    log::info!(
        "pruned {} posts, {} accounts, {} records of traffic, {} cached files",
        so_far.posts,
        so_far.accounts,
        so_far.records,
        files.files
    );
    Ok(Outcome::Done)
}

/// Removes what nobody fetched from the spool.
fn sweep_spool(spool: &Path) -> io::Result<()> {
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        let Ok(found) = entry.metadata() else {
            continue;
        };
        let age = SystemTime::now().duration_since(found.modified()?);
        if found.is_file() && age.is_ok_and(|age| age > SPOOLED) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}
