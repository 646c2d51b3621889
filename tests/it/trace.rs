//! Listens to the SQL of a server with one reader, whose requests run in the test's own thread.

use std::cell::RefCell;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::support::TestServer;

/// Settings under which every read goes through the same connection.
pub const ONE_READER: &[&str] = &["storage.readers=1"];

thread_local! {
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn hear(event: TraceEvent<'_>) {
    // Statements inside triggers come as comments; they are no round trips.
    if let TraceEvent::Stmt(_, sql) = event
        && !sql.starts_with("--")
    {
        HEARD.with_borrow_mut(|heard| heard.push(sql.to_owned()));
    }
}

/// The statements that run while the work is done, in order.
pub fn heard<T>(server: &TestServer, work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let listen = |db: &Connection| db.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(hear));
    let db = server.app.db();
    db.read(|db| {
        listen(db);
        Ok(())
    })
    .unwrap();
    db.write(|tx| {
        listen(tx);
        Ok(())
    })
    .unwrap();
    HEARD.with_borrow_mut(Vec::clear);
    let done = work();
    (done, HEARD.with_borrow_mut(std::mem::take))
}

/// What the planner means to do for a statement.
pub fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut stmt = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = stmt.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get::<_, String>(3).unwrap());
    }
    steps
}
