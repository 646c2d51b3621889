//! The schema's history. `schema.sql` is the whole present schema; `STEPS` lead older files up to it.
//! A file newer than this program is refused untouched.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, Result};

/// The whole present schema.
pub const SCHEMA: &str = include_str!("../../schema.sql");

/// Step `n` leads a file of version `n + 1` to `n + 2`. Never change a released one.
const STEPS: &[&str] = &[
    include_str!("step2.sql"),
    include_str!("step3.sql"),
    include_str!("step4.sql"),
];

/// The version that this program writes, in the file's `user_version`.
pub const VERSION: i64 = STEPS.len() as i64 + 1;

/// Marks the file as kenoma's (`application_id`): another program's database is refused, not overwritten.
const APPLICATION_ID: i64 = 0x6b65_6e6f;

/// Creates the schema in an empty file, or upgrades an older one, in one transaction.
///
/// Errors name what is wrong with the file: newer than this program, or another program's.
pub fn run(conn: &mut Connection) -> Result<()> {
    if check(conn)? == VERSION {
        return Ok(());
    }
    let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages == 0 {
        // Pages that pruning empties can be given back. It costs 2 % more written bytes, and has to be said before the first table.
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    upgrade(&tx)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(())
}

/// The version of a file, 0 where it is empty. Errors as those of [`run`].
pub fn check(conn: &Connection) -> Result<i64> {
    let version = version(conn)?;
    if version != 0 && application(conn)? != APPLICATION_ID {
        return Err(foreign());
    }
    if version > VERSION {
        return Err(Error::internal(format!(
            "the database is of version {version}, this kenoma knows up to {VERSION}: use a newer kenoma; nothing was changed"
        )));
    }
    Ok(version)
}

fn version(conn: &Connection) -> Result<i64> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn application(conn: &Connection) -> Result<i64> {
    Ok(conn.pragma_query_value(None, "application_id", |row| row.get(0))?)
}

fn foreign() -> Error {
    Error::internal("kenoma.db is another program's database; nothing was changed")
}

fn upgrade(conn: &Connection) -> Result<()> {
    // Asked again under the lock: another process may have been first.
    match version(conn)? {
        0 => create(conn),
        version => {
            for step in &STEPS[(version - 1) as usize..] {
                conn.execute_batch(step)?;
            }
            Ok(())
        }
    }
}

fn create(conn: &Connection) -> Result<()> {
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        return Err(foreign());
    }
    conn.execute_batch(SCHEMA)?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(())
}
