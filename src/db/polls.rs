//! Polls, their options and their votes. Counters follow the votes by trigger.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// A poll with its options.
#[derive(Clone, Debug)]
pub struct PollRow {
    /// The status it hangs on; its own id, too.
    pub status: StatusId,
    /// One may choose several options.
    pub multiple: bool,
    /// The options' counts are not shown until it is over.
    pub hide_totals: bool,
    /// When it is over, if ever.
    pub expires_at: Option<Timestamp>,
    /// How many people voted, where that is known.
    pub voters_count: Option<i64>,
    /// Of a poll elsewhere: when its counts were last taken from there.
    pub counted_at: Option<Timestamp>,
    /// Titles and votes, in order.
    pub options: Vec<(String, i64)>,
}

impl PollRow {
    /// Whether it is over at that moment.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// A poll to be.
#[derive(Clone, Debug)]
pub struct NewPoll<'a> {
    /// Titles, in order.
    pub options: &'a [String],
    /// One may choose several options.
    pub multiple: bool,
    /// The options' counts are not shown until it is over.
    pub hide_totals: bool,
    /// When it is over, if ever.
    pub expires_at: Option<Timestamp>,
}

/// The polls of a page of statuses, in one query.
pub fn of_statuses(db: &Connection, page: &[StatusId]) -> Result<Vec<PollRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT p.status_id, p.multiple, p.hide_totals, p.expires_at, p.voters_count, o.title, o.votes_count, p.counted_at
           FROM json_each(?1) AS page JOIN polls AS p ON p.status_id = page.value JOIN poll_options AS o ON o.status_id = p.status_id
          ORDER BY p.status_id, o.position",
    )?;
    let mut rows = stmt.query(params![json_ids(page)])?;
    let mut polls: Vec<PollRow> = Vec::new();
    while let Some(row) = rows.next()? {
        let status = row.get(0)?;
        let option = (row.get(5)?, row.get(6)?);
        match polls.last_mut().filter(|poll| poll.status == status) {
            Some(poll) => poll.options.push(option),
            None => polls.push(PollRow {
                status,
                multiple: row.get(1)?,
                hide_totals: row.get(2)?,
                expires_at: row.get(3)?,
                voters_count: row.get(4)?,
                counted_at: row.get(7)?,
                options: vec![option],
            }),
        }
    }
    Ok(polls)
}

/// The poll of one status.
pub fn of_status(db: &Connection, status: StatusId) -> Result<Option<PollRow>> {
    Ok(of_statuses(db, &[status])?.pop())
}

/// Hangs a poll on a status that has none.
pub fn insert(db: &Connection, status: StatusId, new: &NewPoll) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO polls (status_id, multiple, hide_totals, expires_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        status,
        new.multiple,
        new.hide_totals,
        new.expires_at
    ])?;
    db.prepare_cached(
        "INSERT INTO poll_options (status_id, position, title) SELECT ?1, key, value FROM json_each(?2)",
    )?
    .execute(params![status, serde_json::to_string(new.options)?])?;
    Ok(())
}

/// Sets the counts of a poll elsewhere, as its origin tells them now; `voters` where it does.
pub fn set_counts(
    db: &Connection,
    status: StatusId,
    votes: &[i64],
    voters: Option<i64>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE poll_options SET votes_count = told.value FROM json_each(?2) AS told
          WHERE status_id = ?1 AND position = told.key AND votes_count <> told.value",
    )?
    .execute(params![status, serde_json::to_string(votes)?])?;
    db.prepare_cached(
        "UPDATE polls SET voters_count = ?2 WHERE status_id = ?1 AND voters_count IS NOT ?2",
    )?
    .execute(params![status, voters])?;
    db.prepare_cached("UPDATE polls SET counted_at = ?2 WHERE status_id = ?1")?
        .execute(params![status, Timestamp::now()])?;
    Ok(())
}

/// Others are to hear of the counts at that moment; `false` where that is arranged already.
pub fn arrange_telling(db: &Connection, status: StatusId, at: Timestamp) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "UPDATE polls SET counted_at = ?2 WHERE status_id = ?1 AND (counted_at IS NULL OR counted_at <= ?3)",
        )?
        .execute(params![status, at, Timestamp::now()])?;
    Ok(changed == 1)
}

/// Takes the poll off a status, with all votes.
pub fn delete(db: &Connection, status: StatusId) -> Result<()> {
    db.prepare_cached("DELETE FROM polls WHERE status_id = ?1")?
        .execute(params![status])?;
    Ok(())
}

/// Sets what may change while the votes stay.
pub fn set_end(db: &Connection, status: StatusId, new: &NewPoll) -> Result<()> {
    db.prepare_cached("UPDATE polls SET hide_totals = ?2, expires_at = ?3 WHERE status_id = ?1")?
        .execute(params![status, new.hide_totals, new.expires_at])?;
    Ok(())
}

/// What somebody chose in the polls of these statuses: positions of options, ascending.
pub fn own_votes(
    db: &Connection,
    voter: AccountId,
    page: &[StatusId],
) -> Result<HashMap<StatusId, Vec<i64>>> {
    let mut stmt = db.prepare_cached(
        "SELECT v.status_id, v.position FROM json_each(?1) AS page JOIN poll_votes AS v ON v.status_id = page.value
          WHERE v.account_id = ?2 ORDER BY v.status_id, v.position",
    )?;
    let mut rows = stmt.query(params![json_ids(page), voter])?;
    let mut votes: HashMap<StatusId, Vec<i64>> = HashMap::new();
    while let Some(row) = rows.next()? {
        votes.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(votes)
}

/// Counts votes; those that were counted before are not counted again. `uri` is the id of the vote, of one from elsewhere.
pub fn vote(
    db: &Connection,
    status: StatusId,
    voter: AccountId,
    choices: &[i64],
    uri: Option<&str>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO poll_votes (status_id, account_id, position, uri, created_at)
         SELECT ?1, ?2, value, ?4, ?5 FROM json_each(?3)",
    )?
    .execute(params![
        status,
        voter,
        json_ids(choices),
        uri,
        Timestamp::now()
    ])?;
    Ok(())
}

/// Local people who voted.
pub fn local_voters(db: &Connection, status: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT v.account_id FROM poll_votes AS v JOIN users AS u ON u.account_id = v.account_id WHERE v.status_id = ?1",
    )?;
    let rows = stmt.query_map(params![status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
