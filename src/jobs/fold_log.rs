//! Folds the write-ahead log of the database into its file, whenever much was written.

use super::pool::Work;
use crate::app::App;
use crate::error::Result;

/// The thread that does it.
pub const WORK: Work = Work {
    name: "log",
    threads: 1,
    steps_back: true,
    most: 1,
    bell: |app| app.db().log_bell(),
    once,
    next_due: |_| Ok(None),
};

/// Folds it in; there is no more to do until the bell rings.
fn once(app: &App) -> Result<bool> {
    app.db().fold_log()?;
    Ok(false)
}
