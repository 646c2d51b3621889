//! The index of words behind the search. A post does not wait for it: the words of many are entered at once, between jobs and
//! before each search, for a fifth of what they cost one by one.

use crate::db::status_search::{self, Text};
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::ids::StatusId;
use crate::text::html;

/// Posts entered in one transaction, so that writers wait for milliseconds only.
const BATCH: i64 = 200;

/// So many times a search enters some before it looks; only an index that is made anew is further behind.
const AT_ONCE: usize = 25;

/// Enters some of what is not in the index yet; `false` when there was nothing.
pub fn catch_up(db: &Db) -> Result<bool> {
    let behind = db.ask(status_search::is_behind)?;
    if behind {
        db.write(enter_some)?;
    }
    Ok(behind)
}

/// Enters what was posted last, so that a search finds it.
pub fn make_ready(db: &Db) -> Result<()> {
    for _ in 0..AT_ONCE {
        if !catch_up(db)? {
            break;
        }
    }
    Ok(())
}

fn enter_some(tx: &Tx) -> Result<()> {
    let texts = status_search::after(tx, status_search::reach(tx)?, BATCH)?;
    for text in texts.iter().rev() {
        enter(tx, text)?;
    }
    match texts.last() {
        Some(last) => status_search::set_reach(tx, last.status),
        None => Ok(()),
    }
}

/// A status arrived. What is dated before others that the index holds would be passed over, so it is entered at once.
pub fn arrived(tx: &Tx, status: StatusId) -> Result<()> {
    if status > status_search::reach(tx)? {
        return Ok(());
    }
    enter(tx, &status_search::of(tx, status)?)
}

/// A status says something else than before.
pub fn changed(tx: &Tx, status: StatusId) -> Result<()> {
    status_search::forget(tx, status)?;
    arrived(tx, status)
}

fn enter(tx: &Tx, text: &Text) -> Result<()> {
    let said = match &text.typed {
        Some(typed) => format!("{typed}\n{}", text.spoiler_text),
        None => format!("{}\n{}", html::text_of(&text.content), text.spoiler_text),
    };
    match said.trim() {
        "" => Ok(()),
        words => status_search::index(tx, text.status, words),
    }
}
