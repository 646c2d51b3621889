//! Reports of accounts and their statuses to the admins, and the notes that admins make on them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, ReportId, StatusId};
use crate::visible;

/// How far the admins are with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's")]
pub enum State {
    Open,
    Closed,
    Resolved,
}

impl State {
    /// Reads the API's word.
    pub fn parse(text: &str) -> Option<State> {
        let states = [State::Open, State::Closed, State::Resolved];
        states.into_iter().find(|state| state.name() == text)
    }

    /// The API's word.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
            State::Resolved => "resolved",
        }
    }
}

/// A report.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct ReportRow {
    pub id: ReportId,
    /// Who reports.
    pub account: AccountId,
    /// Who is reported.
    pub target: AccountId,
    pub comment: String,
    pub category: String,
    /// JSON array of rule ids.
    pub rules: String,
    pub forward: bool,
    pub state: String,
    pub created_at: Timestamp,
}

/// A note of an admin on a report.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct NoteRow {
    pub id: i64,
    pub report: ReportId,
    pub account: AccountId,
    pub content: String,
    pub created_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.account_id, r.target_id, r.comment, r.category, r.rules, r.forward, r.state, r.created_at FROM ",
            $rest
        )
    };
}

impl ReportRow {
    fn read(row: &Row) -> rusqlite::Result<ReportRow> {
        Ok(ReportRow {
            id: row.get(0)?,
            account: row.get(1)?,
            target: row.get(2)?,
            comment: row.get(3)?,
            category: row.get(4)?,
            rules: row.get(5)?,
            forward: row.get(6)?,
            state: row.get(7)?,
            created_at: row.get(8)?,
        })
    }
}

/// Adds a report, with those of the statuses that are the reported account's and that whoever reports may see. Another server
/// reports in the name of people whom we do not know: what they saw is not ours to judge.
pub fn insert(db: &Connection, new: &ReportRow, uri: &str, statuses: &[StatusId]) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO reports (id, uri, account_id, target_id, comment, category, rules, forward, state, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        new.id,
        uri,
        new.account,
        new.target,
        new.comment,
        new.category,
        new.rules,
        new.forward,
        new.state,
        new.created_at
    ])?;
    db.prepare_cached(concat!(
        "INSERT OR IGNORE INTO report_statuses (report_id, status_id)
         SELECT ?1, s.id FROM json_each(?2) AS wanted JOIN statuses AS s ON s.id = wanted.value
          WHERE s.account_id = ?3 AND (EXISTS (SELECT 1 FROM accounts WHERE id = ?4 AND host <> '') OR ",
        visible!("s", "?4"),
        ")"
    ))?
    .execute(params![new.id, json_ids(statuses), new.target, new.account])?;
    Ok(())
}

/// A page of reports, newest first, and how many there are in all; of one state if asked for.
pub fn page(
    db: &Connection,
    state: Option<State>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<ReportRow>, i64)> {
    let state = state.map(State::name);
    let count = db
        .prepare_cached("SELECT count(*) FROM reports WHERE ?1 IS NULL OR state = ?1")?
        .query_row(params![state], |row| row.get(0))?;
    let mut stmt = db.prepare_cached(select!(
        "reports AS r WHERE ?1 IS NULL OR r.state = ?1 ORDER BY r.id DESC LIMIT ?2 OFFSET ?3"
    ))?;
    let rows = stmt.query_map(params![state, limit, offset], ReportRow::read)?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, count))
}

/// Many reports in one query, in no particular order.
pub fn by_ids(db: &Connection, ids: &[ReportId]) -> Result<Vec<ReportRow>> {
    let mut stmt = db.prepare_cached(select!(
        "json_each(?1) AS page JOIN reports AS r ON r.id = page.value"
    ))?;
    let rows = stmt.query_map(params![json_ids(ids)], ReportRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The id of a report's Flag.
pub fn uri(db: &Connection, report: ReportId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT uri FROM reports WHERE id = ?1")?
        .query_row(params![report], |row| row.get(0))
        .optional()?)
}

/// Whether a Flag of that id is known.
pub fn is_known(db: &Connection, uri: &str) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM reports WHERE uri = ?1)")?
        .query_row(params![uri], |row| row.get(0))?)
}

/// Statuses of a page of reports, newest first in each.
pub fn statuses(db: &Connection, page: &[ReportId]) -> Result<Vec<(ReportId, StatusId)>> {
    let mut stmt = db.prepare_cached(
        "SELECT s.report_id, s.status_id FROM json_each(?1) AS page JOIN report_statuses AS s ON s.report_id = page.value
          ORDER BY page.key, s.status_id DESC",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes on a page of reports, oldest first in each.
pub fn notes(db: &Connection, page: &[ReportId]) -> Result<Vec<NoteRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT n.id, n.report_id, n.account_id, n.content, n.created_at
           FROM json_each(?1) AS page JOIN report_notes AS n ON n.report_id = page.value ORDER BY page.key, n.id",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok(NoteRow {
            id: row.get(0)?,
            report: row.get(1)?,
            account: row.get(2)?,
            content: row.get(3)?,
            created_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets how far a report is; `false` when it is unknown.
pub fn set_state(db: &Connection, id: ReportId, state: State) -> Result<bool> {
    let changed = db
        .prepare_cached("UPDATE reports SET state = ?2 WHERE id = ?1")?
        .execute(params![id, state.name()])?;
    Ok(changed == 1)
}

/// Adds a note.
pub fn add_note(db: &Connection, report: ReportId, account: AccountId, text: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO report_notes (report_id, account_id, content, created_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![report, account, text, Timestamp::now()])?;
    Ok(())
}

/// Removes a note of that report; returns what it said.
pub fn remove_note(db: &Connection, report: ReportId, note: i64) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(
            "DELETE FROM report_notes WHERE id = ?2 AND report_id = ?1 RETURNING content",
        )?
        .query_row(params![report, note], |row| row.get(0))
        .optional()?)
}

/// The admins of this server, who are told of reports.
pub fn readers(db: &Connection) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached("SELECT account_id FROM users WHERE is_admin = 1")?;
    let rows = stmt.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
