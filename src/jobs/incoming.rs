//! The readers: they act upon what came to the inboxes.

use std::time::Duration;

use super::pool::Work;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::inbox_items;
use crate::error::Result;
use crate::fed::incoming::{self, Outcome};

/// Nobody else takes an item for so long after it was taken: longer than any budget lasts.
const LEASE: Duration = Duration::from_secs(180);

/// Minutes to wait after each failure; after the last the item is dropped.
const RETRIES: [u64; 4] = [1, 10, 60, 360];

/// The readers.
pub const WORK: Work = Work {
    name: "readers",
    threads: 2,
    bell: |app| &app.fed().readers,
    once,
    next_due: |app| app.db().read(inbox_items::next_due),
};

/// Acts upon one item; `false` when nothing is due.
pub fn once(app: &App) -> Result<bool> {
    let Some(item) = app.db().write(|tx| inbox_items::lease(tx, LEASE))? else {
        return Ok(false);
    };
    let (reason, wait) = match incoming::process(app, &item) {
        Outcome::Done => return Ok(true),
        Outcome::Drop(reason) => (reason, None),
        Outcome::Retry(reason) => (reason, RETRIES.get(item.attempts as usize)),
    };
    log::info!("inbox item {}: {}", item.id, reason.escape_debug());
    app.db().write(|tx| match wait {
        Some(minutes) => {
            let again = Timestamp::now().plus(Duration::from_secs(60 * minutes));
            inbox_items::retry(tx, item.id, again, &reason)
        }
        None => inbox_items::done(tx, item.id),
    })?;
    Ok(true)
}
