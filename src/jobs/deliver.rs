//! The senders: they take deliveries that are due, at most one of a host at a time.

use std::time::Duration;

use super::pool::Work;
use crate::app::App;
use crate::db::deliveries;
use crate::error::Result;
use crate::fed::delivery;

/// Nobody else takes a delivery for so long after it was taken: longer than any try takes.
const LEASE: Duration = Duration::from_secs(120);

/// The senders.
pub const WORK: Work = Work {
    name: "senders",
    threads: 4,
    steps_back: true,
    most: 256,
    bell: |app| &app.fed().senders,
    once,
    next_due: |app| app.db().read(deliveries::next_due),
};

/// Sends one; `false` when nothing is due. Somebody else is woken for the next before this one takes its time.
pub fn once(app: &App) -> Result<bool> {
    let Some(row) = app.db().write(|tx| deliveries::lease(tx, LEASE))? else {
        return Ok(false);
    };
    app.fed().senders.ring();
    delivery::attempt(app, &row)?;
    Ok(true)
}
