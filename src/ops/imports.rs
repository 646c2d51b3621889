//! Imports: many people followed, blocked, muted or put on lists at once, servers blocked, posts bookmarked (pleroma-contract 2).
//! A list is stored with a job, which calls [`apply`] for some names at a time until none waits.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::imports::{self, Fate, ImportRow, Kind, Person};
use crate::db::{Tx, blocks as block_rows, follows as follow_rows, jobs, lists as list_rows};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ImportId, ListId, StatusId};
use crate::ops::follows::{self, Options};
use crate::ops::{blocks, bookmark_folders, lists};
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
    let mut entries = match kind {
        Kind::Follows | Kind::Blocks | Kind::Mutes => people_lists::parse(list),
        Kind::Lists => people_lists::parse_lists(list),
        Kind::DomainBlocks | Kind::Bookmarks => people_lists::parse_names(list),
    };
    entries.retain(|entry| entry.who.len() <= LONGEST);
    if entries.len() > MOST_PEOPLE {
        return Err(Error::Invalid(format!(
            "The list has more than {MOST_PEOPLE} {}",
            match kind {
                Kind::DomainBlocks => "domains",
                Kind::Bookmarks => "posts",
                _ => "accounts",
            }
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

/// What a name on a list means.
#[derive(Clone, Debug)]
pub enum Meant {
    /// Somebody.
    Account(AccountId),
    /// A post.
    Status(StatusId),
    /// A server, as accounts carry it.
    Host(String),
}

/// Does with a name on the list what the import is for, and writes down what came of it. `found` is what the name means.
pub fn apply(tx: &Tx, import: &ImportRow, person: &Person, found: Option<&Meant>) -> Result<()> {
    let done = match (import.kind, found) {
        (Kind::Bookmarks, Some(Meant::Status(status))) => {
            bookmark_folders::bookmark(tx, import.account, *status, None).map(|_| Fate::Done)
        }
        (Kind::DomainBlocks, Some(Meant::Host(host))) => {
            block_rows::insert_host(tx, import.account, host).map(|_| Fate::Done)
        }
        (_, Some(Meant::Account(account))) => with_person(tx, import, person, *account),
        (Kind::Bookmarks, _) => Ok(failed(
            "There is no such post, or its server does not answer",
        )),
        (Kind::DomainBlocks, _) => Ok(failed("That is not the name of a server")),
        _ => Ok(failed(
            "There is no such account, or its server does not answer",
        )),
    };
    let fate = match done {
        Ok(fate) => fate,
        Err(error @ (Error::Internal(_) | Error::NoSpace)) => return Err(error),
        // Said before anything was changed.
        Err(refused) => Fate::Failed(refused.to_string()),
    };
    imports::settle(tx, import.id, person.position, &fate)
}

fn failed(reason: &str) -> Fate {
    Fate::Failed(reason.into())
}

fn with_person(tx: &Tx, import: &ImportRow, person: &Person, account: AccountId) -> Result<Fate> {
    let said: Entry = serde_json::from_str(&person.options)?;
    let me = import.account;
    match import.kind {
        Kind::Follows => {
            let options = Options {
                reblogs: said.reblogs,
                notify: said.notify,
                languages: said.languages,
            };
            follows::follow(tx, me, account, &options)?;
            let follow = follow_rows::find(tx, me, account)?;
            return Ok(match follow.is_some_and(|follow| follow.pending) {
                true => Fate::Requested,
                false => Fate::Done,
            });
        }
        Kind::Blocks => blocks::block(tx, me, account)?,
        Kind::Mutes => blocks::mute(tx, me, account, said.notifications.unwrap_or(true), 0)?,
        Kind::Lists => {
            let list = list_called(tx, me, said.list.unwrap_or_default())?;
            lists::add(tx, me, list, &[account])?;
        }
        Kind::DomainBlocks | Kind::Bookmarks => return Ok(failed("That is a person")),
    }
    Ok(Fate::Done)
}

/// One's list of that title, made if there is none.
fn list_called(tx: &Tx, me: AccountId, title: String) -> Result<ListId> {
    let known = list_rows::of(tx, me)?;
    if let Some(list) = known.iter().find(|list| list.title == title) {
        return Ok(list.id);
    }
    let change = lists::Change {
        title: Some(title),
        ..lists::Change::default()
    };
    Ok(lists::create(tx, me, &change)?.id)
}
