//! The readers: they act upon what came to the inboxes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::pool::Work;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::inbox_items::{self, ItemRow};
use crate::error::Result;
use crate::fed::incoming::{self, Outcome, batch};

/// Minutes to wait after each failure; after the last the item is dropped.
const RETRIES: [u64; 4] = [1, 10, 60, 360];

/// Items that are taken at once, and their bytes: as much as others wait for unnoticed while it is written.
const BATCH: (usize, usize) = (16, 256 << 10);

/// The readers.
pub const WORK: Work = Work {
    name: "readers",
    threads: 1,
    steps_back: false,
    most: 4,
    bell: |app| &app.fed().readers,
    once,
    next_due: |app| app.db().read(inbox_items::next_due),
};

/// Acts upon what has waited the longest, some of it at once; `false` when nothing is due.
pub fn once(app: &App) -> Result<bool> {
    let taken = app.fed().speaking.take(|speaking| {
        app.db()
            .read(|db| inbox_items::due(db, speaking, BATCH.0, BATCH.1))
    })?;
    if taken.items.is_empty() {
        return Ok(false);
    }
    app.fed().readers.ring();
    let stored = catch_unwind(AssertUnwindSafe(|| batch::store(app, &taken.items)));
    // What a batch stumbles over is put off alone.
    for item in stored.unwrap_or_else(|_| taken.items.iter().collect()) {
        alone(app, item)?;
    }
    Ok(true)
}

fn alone(app: &App, item: &ItemRow) -> Result<()> {
    let outcome = catch_unwind(AssertUnwindSafe(|| incoming::process(app, item)));
    let (reason, wait) = match outcome {
        Ok(Outcome::Done) => return Ok(()),
        Ok(Outcome::Drop(reason)) => (reason, None),
        Ok(Outcome::Retry(reason)) => (reason, RETRIES.get(item.attempts as usize)),
        Err(_) => ("it panicked".into(), RETRIES.get(item.attempts as usize)),
    };
    log::info!("inbox item {}: {}", item.id, reason.escape_debug());
    app.db().write(|tx| match wait {
        Some(minutes) => {
            let again = Timestamp::now().plus(Duration::from_secs(60 * minutes));
            inbox_items::retry(tx, item.id, again, &reason)
        }
        None => inbox_items::done(tx, item.id),
    })
}
