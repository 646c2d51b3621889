//! What is let go after a while, because nobody here would miss it (federation.md 10): a slice at a time, each a transaction of its
//! own, in the order of [`Stage`].

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::db::{Tx, activities, deliveries, pruning, seen_activities};
use crate::error::Result;

/// What nobody was heard of for so long is not read any more, whoever follows it.
const SILENT: Duration = Duration::from_secs(30 * 86_400);

/// Rows of a slice of what is small.
const SLICE: u32 = 200;

/// What is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Posts of other servers.
    Posts,
    /// Accounts elsewhere that nothing names.
    Accounts,
    /// Ids of activities that had their effect.
    Seen,
    /// Records of what was delivered.
    Deliveries,
    /// What was said to other servers and is waited for by nobody.
    Activities,
    /// Pages of the file that nothing is in any more.
    Space,
}

/// How far a pruning has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// What it is at.
    pub stage: Stage,
    /// The last row that was looked at.
    pub after: i64,
}

impl Cursor {
    /// Where a pruning begins.
    pub const START: Cursor = Cursor {
        stage: Stage::Posts,
        after: 0,
    };
}

/// How much was let go, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Pruned {
    pub posts: u64,
    pub accounts: u64,
    /// Records of the traffic with other servers.
    pub records: u64,
    /// Given back to the disk.
    pub bytes: u64,
}

impl AddAssign for Pruned {
    fn add_assign(&mut self, more: Pruned) {
        self.posts += more.posts;
        self.accounts += more.accounts;
        self.records += more.records;
        self.bytes += more.bytes;
    }
}

/// What may go.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Posts and accounts that came before this moment; `None`: none, ever.
    pub before: Option<Timestamp>,
    /// Of the file, so many per cent may stay empty.
    pub spare: u64,
}

/// So many days ago.
pub fn days_ago(days: u32) -> Timestamp {
    Timestamp::now().minus(Duration::from_secs(86_400 * u64::from(days)))
}

/// Lets a slice go. Returns how much that was, and where to go on; `None` at the end.
pub fn slice(tx: &Tx, cursor: Cursor, terms: &Terms) -> Result<(Pruned, Option<Cursor>)> {
    let mut pruned = Pruned::default();
    let last = match (cursor.stage, terms.before) {
        (Stage::Posts, Some(before)) => {
            let window = posts(tx, cursor.after, before)?;
            pruning::remove_posts(tx, &window.found)?;
            pruned.posts = window.found.len() as u64;
            window.last
        }
        (Stage::Accounts, Some(before)) => {
            let window = pruning::accounts(tx, cursor.after, before)?;
            pruning::remove_accounts(tx, &window.found)?;
            pruned.accounts = window.found.len() as u64;
            window.last
        }
        (Stage::Posts | Stage::Accounts, None) => None,
        (Stage::Seen, _) => more(&mut pruned, seen_activities::prune(tx, SLICE)?),
        (Stage::Activities, _) => more(&mut pruned, activities::prune(tx)?),
        (Stage::Deliveries, _) => {
            let (last, gone) = deliveries::prune(tx, cursor.after, SLICE)?;
            pruned.records = gone as u64;
            last
        }
        (Stage::Space, _) => {
            pruned.bytes = pruning::release_space(tx, terms.spare, SLICE.into())?;
            (pruned.bytes > 0).then_some(0)
        }
    };
    Ok((pruned, next(cursor.stage, last)))
}

/// What [`slice`] would let go of posts and accounts as they are now; the rest is not gone through.
pub fn rehearse(
    db: &rusqlite::Connection,
    cursor: Cursor,
    terms: &Terms,
) -> Result<(Pruned, Option<Cursor>)> {
    let mut pruned = Pruned::default();
    let last = match (cursor.stage, terms.before) {
        (Stage::Posts, Some(before)) => {
            let window = posts(db, cursor.after, before)?;
            pruned.posts = window.found.len() as u64;
            window.last
        }
        (Stage::Accounts, Some(before)) => {
            let window = pruning::accounts(db, cursor.after, before)?;
            pruned.accounts = window.found.len() as u64;
            window.last
        }
        _ => None,
    };
    Ok((pruned, next(cursor.stage, last)))
}

fn posts(
    db: &rusqlite::Connection,
    after: i64,
    before: Timestamp,
) -> Result<pruning::Window<crate::ids::StatusId>> {
    pruning::posts(db, after, before, Timestamp::now().minus(SILENT))
}

/// The stages that begin at their oldest row each time go on while there is something.
fn more(pruned: &mut Pruned, gone: usize) -> Option<i64> {
    pruned.records = gone as u64;
    (gone > 0).then_some(0)
}

fn next(stage: Stage, last: Option<i64>) -> Option<Cursor> {
    if let Some(after) = last {
        return Some(Cursor { stage, after });
    }
    let stage = match stage {
        Stage::Posts => Stage::Accounts,
        Stage::Accounts => Stage::Seen,
        Stage::Seen => Stage::Deliveries,
        Stage::Deliveries => Stage::Activities,
        Stage::Activities => Stage::Space,
        Stage::Space => return None,
    };
    Some(Cursor { stage, after: 0 })
}
