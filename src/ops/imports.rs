//! Imports: many people followed, blocked or muted at once (pleroma-contract 2). A list is stored with a job, which calls
//! [`apply`] for some names at a time until none waits.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::imports::{self, Fate, ImportRow, Kind, Person};
use crate::db::{Tx, follows as follow_rows, jobs};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ImportId};
use crate::ops::blocks;
use crate::ops::follows::{self, Options};
use crate::text::people_lists::{self, Entry};

/// The most names on a list.
pub const MOST_PEOPLE: usize = 20_000;

/// Names of one list that are dealt with in one transaction (security.md D12).
const PART: i64 = 20;

/// The longest name or address that is stored, in bytes (security.md, section 2).
const LONGEST: usize = 2000;

/// How long the results of a finished import can be read.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Takes a list in, to be worked off in the background. One without names is done already.
pub fn begin(tx: &Tx, me: AccountId, kind: Kind, list: &str) -> Result<()> {
    let mut entries = people_lists::parse(list);
    entries.retain(|entry| entry.who.len() <= LONGEST);
    if entries.len() > MOST_PEOPLE {
        return Err(Error::Invalid(format!(
            "The list has more than {MOST_PEOPLE} accounts"
        )));
    }
    if entries.is_empty() {
        return Ok(());
    }
    let people = entries
        .iter()
        .map(|entry| Ok((entry.who.as_str(), serde_json::to_string(entry)?)))
        .collect::<Result<Vec<_>>>()?;
    imports::remove_finished_before(tx, me, Timestamp::now().minus(KEPT))?;
    let id = imports::insert(tx, me, kind, &people)?;
    jobs::push(tx, "import_people", &id)
}

/// The names that are next.
pub fn next(db: &rusqlite::Connection, id: ImportId) -> Result<Vec<Person>> {
    imports::people(db, id, Some("waiting"), -1, PART)
}

/// Does to somebody on the list what the import is for, and writes down what came of it. `found` is whom the name means.
pub fn apply(tx: &Tx, import: &ImportRow, person: &Person, found: Option<AccountId>) -> Result<()> {
    let fate = match found {
        Some(account) => fate(tx, import, person, account)?,
        None => Fate::Failed("There is no such account, or its server does not answer".into()),
    };
    imports::settle(tx, import.id, person.position, &fate)
}

fn fate(tx: &Tx, import: &ImportRow, person: &Person, account: AccountId) -> Result<Fate> {
    let said: Entry = serde_json::from_str(&person.options)?;
    let me = import.account;
    let done = match import.kind {
        Kind::Follows => {
            let options = Options {
                reblogs: said.reblogs,
                notify: said.notify,
                languages: said.languages,
            };
            follows::follow(tx, me, account, &options)
        }
        Kind::Blocks => blocks::block(tx, me, account),
        Kind::Mutes => blocks::mute(tx, me, account, said.notifications.unwrap_or(true), 0),
    };
    match done {
        Ok(()) if import.kind == Kind::Follows => {
            let follow = follow_rows::find(tx, me, account)?;
            Ok(match follow.is_some_and(|follow| follow.pending) {
                true => Fate::Requested,
                false => Fate::Done,
            })
        }
        Ok(()) => Ok(Fate::Done),
        Err(error @ (Error::Internal(_) | Error::NoSpace)) => Err(error),
        // Said before anything was changed.
        Err(refused) => Ok(Fate::Failed(refused.to_string())),
    }
}
