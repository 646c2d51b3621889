//! Whom elsewhere something concerns, and where they are reached: a statement each, however many they are.

use rusqlite::{Connection, params};

use super::json_ids;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Whether what a local account does concerns anybody elsewhere: one of these people, or (`followers`) who follows it. What
/// accounts elsewhere do is not ours to tell.
pub fn is_remote(
    db: &Connection,
    actor: AccountId,
    people: &[AccountId],
    followers: bool,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND host = '')
                AND (EXISTS (SELECT 1 FROM json_each(?2) AS person JOIN accounts AS a ON a.id = person.value WHERE a.host <> '')
                     OR (?3 AND EXISTS (SELECT 1 FROM follows AS f JOIN accounts AS a ON a.id = f.account_id
                                         WHERE f.target_id = ?1 AND f.pending = 0 AND a.host <> '')))",
        )?
        .query_row(params![actor, json_ids(people), followers], |row| row.get(0))?)
}

/// Whether any other server is known.
pub fn has_neighbours(db: &Connection) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM accounts WHERE host <> '')")?
        .query_row([], |row| row.get(0))?)
}

/// Whether anybody here follows the account.
pub fn has_local_followers(db: &Connection, account: AccountId) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM follows AS f JOIN users AS u ON u.account_id = f.account_id
                             WHERE f.target_id = ?1 AND f.pending = 0)",
        )?
        .query_row(params![account], |row| row.get(0))?)
}

/// Inboxes of everybody elsewhere who follows the account, each once; shared ones where there are.
pub fn of_followers(db: &Connection, account: AccountId) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT coalesce(a.shared_inbox, a.inbox) FROM follows AS f JOIN accounts AS a ON a.id = f.account_id
          WHERE f.target_id = ?1 AND f.pending = 0 AND a.host <> '' AND a.inbox IS NOT NULL",
    )?;
    let rows = stmt.query_map(params![account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Inboxes of these people, as far as they live elsewhere; their own ones if `personal`.
pub fn of_people(db: &Connection, people: &[AccountId], personal: bool) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT CASE WHEN ?2 THEN a.inbox ELSE coalesce(a.shared_inbox, a.inbox) END
           FROM json_each(?1) AS person JOIN accounts AS a ON a.id = person.value
          WHERE a.host <> '' AND a.inbox IS NOT NULL",
    )?;
    let rows = stmt.query_map(params![json_ids(people), personal], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One inbox of every server that is known; of servers without a shared one, one of each person.
pub fn everybody(db: &Connection) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT coalesce(shared_inbox, inbox) FROM accounts WHERE host <> '' AND inbox IS NOT NULL",
    )?;
    let rows = stmt.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Inboxes of all elsewhere whom a status addresses, with the actor id of each who is not named in it.
pub fn by_inbox(db: &Connection, status: StatusId) -> Result<Vec<(String, Option<String>)>> {
    let mut stmt = db.prepare_cached(
        "SELECT coalesce(a.shared_inbox, a.inbox), iif(m.silent, a.uri, NULL)
           FROM mentions AS m JOIN accounts AS a ON a.id = m.account_id
          WHERE m.status_id = ?1 AND a.host <> '' AND a.inbox IS NOT NULL ORDER BY m.account_id",
    )?;
    let rows = stmt.query_map(params![status], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whom a status names or addresses.
pub fn addressed(db: &Connection, status: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached("SELECT account_id FROM mentions WHERE status_id = ?1")?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
