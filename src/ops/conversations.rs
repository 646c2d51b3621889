//! Conversations: a person's side of threads of direct messages (pleroma-contract 17). They begin, and become unread, as
//! direct statuses arrive ([`crate::ops::statuses`]).

use crate::db::Tx;
use crate::db::conversations::listing::{self, ConversationRow};
use crate::db::conversations::participation;
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// People whom one conversation addresses.
pub const MOST_RECIPIENTS: usize = 100;

/// Somebody's conversation; 404 for any other.
pub fn owned(db: &rusqlite::Connection, me: AccountId, id: i64) -> Result<ConversationRow> {
    listing::one(db, me, id)?.ok_or_else(unknown)
}

/// The thread of somebody's conversation; 404 for any other.
pub fn thread(db: &rusqlite::Connection, me: AccountId, id: i64) -> Result<i64> {
    let found = participation(db, me, id)?;
    found.map(|(thread, _)| thread).ok_or_else(unknown)
}

/// Has what `me` posts into a conversation from now on reach these people and `me`. Nobody is told, and others' sides of
/// the thread stay as they are.
pub fn set_recipients(tx: &Tx, me: AccountId, id: i64, people: &[AccountId]) -> Result<()> {
    thread(tx, me, id)?;
    if people.len() > MOST_RECIPIENTS {
        let text = format!("A conversation has at most {MOST_RECIPIENTS} recipients");
        return Err(Error::Invalid(text));
    }
    listing::set_recipients(tx, id, &[people, &[me]].concat())
}

/// Marks a conversation as read, or as one to come back to.
pub fn mark(tx: &Tx, me: AccountId, id: i64, unread: bool) -> Result<()> {
    known_or(listing::mark(tx, me, id, unread)?)
}

/// Marks all conversations as read; returns those that were not.
pub fn read_all(tx: &Tx, me: AccountId) -> Result<Vec<ConversationRow>> {
    let mut unread = listing::unread(tx, me)?;
    listing::mark_all_read(tx, me)?;
    for row in &mut unread {
        row.unread = false;
    }
    Ok(unread)
}

/// Takes a conversation off the list. The next message in the thread begins it anew.
pub fn remove(tx: &Tx, me: AccountId, id: i64) -> Result<()> {
    known_or(listing::remove(tx, me, id)?)
}

fn known_or(is_known: bool) -> Result<()> {
    if is_known { Ok(()) } else { Err(unknown()) }
}

/// What is nobody's, or somebody else's, looks the same.
pub fn unknown() -> Error {
    Error::Status(404, "Unknown conversation id".into())
}
