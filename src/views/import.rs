//! Imports of people, as their owners follow them.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::imports::{ImportRow, Person};
use crate::ids::ImportId;

/// An import, and how far it is.
#[derive(Serialize)]
pub struct Import {
    id: ImportId,
    /// `follows`, `blocks`, `mutes`, `domain_blocks`, `lists` or `bookmarks`.
    #[serde(rename = "type")]
    kind: &'static str,
    total: i64,
    done: i64,
    failed: i64,
    waiting: i64,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

/// What became of one name.
#[derive(Serialize)]
pub struct ImportedPerson {
    /// Its place on the list, from 0: the paging key.
    position: i64,
    account: String,
    /// `waiting`, `done`, `requested` (it must consent) or `failed`.
    state: String,
    /// Why it failed.
    error: Option<String>,
}

impl From<ImportRow> for Import {
    fn from(row: ImportRow) -> Import {
        Import {
            id: row.id,
            kind: row.kind.name(),
            total: row.total,
            done: row.done,
            failed: row.failed,
            waiting: row.total - row.done - row.failed,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<Person> for ImportedPerson {
    fn from(person: Person) -> ImportedPerson {
        ImportedPerson {
            position: person.position,
            account: person.who,
            state: person.state,
            error: person.error,
        }
    }
}
