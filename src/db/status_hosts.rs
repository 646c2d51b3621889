//! Which servers have a post of ours, and by which inbox they hear of it.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// A server that has a post.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct HolderRow {
    pub inbox: String,
    pub host: String,
    pub fetched: bool,
    pub since: Timestamp,
}

/// Notes that a server has a post, if that is still there.
pub fn insert(
    db: &Connection,
    status: StatusId,
    inbox: &str,
    host: &str,
    fetched: bool,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO status_hosts (status_id, inbox, host, fetched, since)
         SELECT id, ?2, ?3, ?4, ?5 FROM statuses WHERE id = ?1 ON CONFLICT DO NOTHING",
    )?
    .execute(params![status, inbox, host, fetched, Timestamp::now()])?;
    Ok(())
}

/// The inbox by which the server of somebody who fetched a post is to hear of it; `None` when it hears of it anyway.
pub fn unheard(db: &Connection, status: StatusId, caller: AccountId) -> Result<Option<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT coalesce(a.shared_inbox, a.inbox) FROM accounts AS a
          WHERE a.id = ?2 AND a.host <> '' AND a.inbox IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM status_hosts WHERE status_id = ?1 AND inbox = coalesce(a.shared_inbox, a.inbox))",
    )?;
    let mut rows = stmt.query(params![status, caller])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

/// Who has a post, in the order of hosts.
pub fn of_status(db: &Connection, status: StatusId) -> Result<Vec<HolderRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT inbox, host, fetched, since FROM status_hosts WHERE status_id = ?1 ORDER BY host, inbox",
    )?;
    let rows = stmt.query_map(params![status], |row| {
        Ok(HolderRow {
            inbox: row.get(0)?,
            host: row.get(1)?,
            fetched: row.get(2)?,
            since: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
