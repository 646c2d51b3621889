//! The write-ahead log, and when it is folded into the file: beside those who write, so that nobody who posts waits for that.

use std::cell::Cell;
use std::ffi::c_int;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

/// With so many pages in it the log is due to be folded in. A post writes some twenty.
const DUE: c_int = 4000;

/// With so many whoever writes does it, should nobody else keep up: 48 MB.
const OVERDUE: c_int = 12_000;

thread_local! {
    static PAGES: Cell<c_int> = const { Cell::new(0) };
}

/// Counts what a connection writes, in place of SQLite's own way, which lets every so many commits do all the work.
pub fn watch(conn: &Connection) {
    conn.wal_hook(Some(committed));
}

fn committed(log: &Wal, pages: c_int) -> rusqlite::Result<()> {
    PAGES.set(pages);
    if pages >= OVERDUE
        && let Err(error) = log.checkpoint()
    {
        // Somebody else is at it. What was written is safe in the log.
        log::debug!("the log was not folded in: {error}");
    }
    Ok(())
}

/// Whether the log was due after the commit that this thread made last.
pub fn is_due() -> bool {
    PAGES.get() >= DUE
}

/// Folds in what nobody has to read as it was before; nobody waits for it.
pub fn fold(conn: &Connection) -> rusqlite::Result<()> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
