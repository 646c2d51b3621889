//! What a person may take along: whom they follow, block, mute, list, and what they bookmarked. Each list is read whole, in
//! the order in which it came about; nobody has so many of these that a page would be needed.

use rusqlite::{Connection, Row, params};

use crate::error::Result;
use crate::ids::AccountId;

/// An account as another server would look it up; `host` is empty for this server's people.
#[derive(Clone, Debug)]
pub struct Address {
    /// Name.
    pub username: String,
    /// Host.
    pub host: String,
}

/// A follow with its options.
#[derive(Clone, Debug)]
pub struct Follow {
    /// Whom.
    pub address: Address,
    /// Their boosts are wanted.
    pub show_reblogs: bool,
    /// Each post is told.
    pub notify: bool,
    /// Languages wanted, as JSON; `None`: all.
    pub languages: Option<String>,
}

/// Whom somebody follows.
pub fn follows(db: &Connection, me: AccountId) -> Result<Vec<Follow>> {
    all(
        db,
        "SELECT a.username, a.host, f.show_reblogs,
                EXISTS (SELECT 1 FROM subscriptions AS s WHERE s.account_id = f.account_id AND s.target_id = f.target_id),
                f.languages
           FROM follows AS f JOIN accounts AS a ON a.id = f.target_id
          WHERE f.account_id = ?1 AND f.pending = 0 ORDER BY f.id",
        me,
        |row| {
            Ok(Follow {
                address: address(row)?,
                show_reblogs: row.get(2)?,
                notify: row.get(3)?,
                languages: row.get(4)?,
            })
        },
    )
}

/// Whom somebody blocks.
pub fn blocks(db: &Connection, me: AccountId) -> Result<Vec<Address>> {
    all(
        db,
        "SELECT a.username, a.host FROM blocks AS b JOIN accounts AS a ON a.id = b.target_id WHERE b.account_id = ?1 ORDER BY b.id",
        me,
        address,
    )
}

/// Whom somebody mutes, and whether their notifications too.
pub fn mutes(db: &Connection, me: AccountId) -> Result<Vec<(Address, bool)>> {
    all(
        db,
        "SELECT a.username, a.host, m.notifications FROM mutes AS m JOIN accounts AS a ON a.id = m.target_id
          WHERE m.account_id = ?1 ORDER BY m.id",
        me,
        |row| Ok((address(row)?, row.get(2)?)),
    )
}

/// Hosts that somebody blocks.
pub fn domain_blocks(db: &Connection, me: AccountId) -> Result<Vec<String>> {
    all(
        db,
        "SELECT host FROM domain_blocks WHERE account_id = ?1 ORDER BY host",
        me,
        |row| row.get(0),
    )
}

/// Members of somebody's lists: the list's title, and who.
pub fn lists(db: &Connection, me: AccountId) -> Result<Vec<(String, Address)>> {
    all(
        db,
        "SELECT a.username, a.host, l.title FROM lists AS l JOIN list_members AS m ON m.list_id = l.id
           JOIN accounts AS a ON a.id = m.account_id WHERE l.account_id = ?1 ORDER BY l.id, m.id",
        me,
        |row| Ok((row.get(2)?, address(row)?)),
    )
}

/// ActivityPub ids of what somebody bookmarked. One's own marks on posts that one may not see any more go along.
pub fn bookmarks(db: &Connection, me: AccountId) -> Result<Vec<String>> {
    all(
        db,
        "SELECT s.uri FROM bookmarks AS b JOIN statuses AS s ON s.id = b.status_id WHERE b.account_id = ?1 ORDER BY b.id",
        me,
        |row| row.get(0),
    )
}

fn address(row: &Row) -> rusqlite::Result<Address> {
    Ok(Address {
        username: row.get(0)?,
        host: row.get(1)?,
    })
}

fn all<T>(
    db: &Connection,
    sql: &str,
    me: AccountId,
    read: impl FnMut(&Row) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(params![me], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
