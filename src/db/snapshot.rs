//! A copy of the whole database as it is at one moment.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::Result;

/// Pages per step: some milliseconds each.
const STEP: i32 = 1024;

/// Copies the database into a file that is not there yet, while others write. `progress` is told pages done and all pages.
pub fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let source = Connection::open_with_flags(
        from,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    source.busy_timeout(Duration::from_secs(5))?;
    // A snapshot of its own: without it, each write of somebody else would make the copy begin anew.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut target = Connection::open(to)?;
    target.pragma_update(None, "synchronous", false)?;
    let backup = Backup::new(&source, &mut target)?;
    loop {
        let step = backup.step(STEP)?;
        let pages = backup.progress();
        let (left, all) = (pages.remaining.max(0) as u64, pages.pagecount.max(0) as u64);
        progress(all.saturating_sub(left), all);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else has the target, and the source is a snapshot: it passes.
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
