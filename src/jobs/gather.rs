//! The gatherer: it fetches what is missing of threads that somebody opens.

use super::pool::Work;
use crate::app::App;
use crate::error::Result;
use crate::fed::resolve::Failure;
use crate::fed::threads;

/// The gatherer.
pub const WORK: Work = Work {
    name: "gatherer",
    threads: 1,
    steps_back: false,
    most: 1,
    bell: |app| &app.fed().threads.bell,
    once,
    next_due: |_| Ok(None),
};

/// Looks at one thread; `false` when none waits.
pub fn once(app: &App) -> Result<bool> {
    let Some(status) = app.fed().threads.next() else {
        return Ok(false);
    };
    let filled = threads::fill(app, status);
    app.fed().threads.finished(status);
    match filled {
        Err(Failure::Ours(error)) => Err(error),
        _ => Ok(true),
    }
}
