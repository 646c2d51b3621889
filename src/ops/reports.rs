//! Reports: telling the admins of somebody, and what the admins do about it.

use rusqlite::Connection;

use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::db::reports::{self, ReportRow, State};
use crate::db::{Tx, accounts};
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, ReportId, StatusId};
use crate::ops::moderation_log::{Subject, record};
use crate::ops::notifications;
use crate::ops::outgoing::{self, Outgoing};
use crate::ops::sessions::Viewer;

/// Characters in a comment.
const LONGEST_COMMENT: usize = 1000;

/// Statuses in one report.
const MOST_STATUSES: usize = 100;

/// What somebody reports.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Of whom.
    pub target: AccountId,
    /// For which statuses.
    pub statuses: Vec<StatusId>,
    /// In the reporter's words.
    pub comment: String,
    /// `spam`, `legal`, `violation` or `other`.
    pub category: Option<String>,
    /// Which rules were broken.
    pub rules: Vec<i64>,
    /// The server of the reported account is to hear of it too.
    pub forward: bool,
}

/// Reports somebody to the admins, who are told.
pub fn post(tx: &Tx, base: &BaseUrl, me: AccountId, draft: &Draft) -> Result<ReportId> {
    let target = accounts::visible(tx, draft.target)?;
    if target.id == me {
        return Err(Error::BadRequest("You cannot report yourself".into()));
    }
    if draft.comment.chars().count() > LONGEST_COMMENT {
        let text = format!("Comment must be up to {LONGEST_COMMENT} characters");
        return Err(Error::BadRequest(text));
    }
    if draft.statuses.len() > MOST_STATUSES {
        let text = format!("A report names at most {MOST_STATUSES} statuses");
        return Err(Error::BadRequest(text));
    }
    let unnamed = match draft.rules.is_empty() {
        true => "other",
        false => "violation",
    };
    let category = draft.category.as_deref().unwrap_or(unnamed);
    if !["spam", "legal", "violation", "other"].contains(&category) {
        return Err(Error::BadRequest("Unknown category".into()));
    }
    let row = ReportRow {
        id: ReportId::new(),
        account: me,
        target: target.id,
        comment: draft.comment.clone(),
        category: category.to_owned(),
        rules: serde_json::to_string(&draft.rules)?,
        forward: draft.forward && !target.is_local(),
        state: State::Open.name().to_owned(),
        created_at: Timestamp::now(),
    };
    let uri = base.join(&format!("/activities/{}", ids::uuid()));
    insert(tx, &row, &uri, &draft.statuses)?;
    if row.forward {
        outgoing::push(tx, &Outgoing::Flag { report: row.id })?;
    }
    Ok(row.id)
}

/// Adds a report, from here or elsewhere, and tells the admins.
pub fn insert(tx: &Tx, row: &ReportRow, uri: &str, statuses: &[StatusId]) -> Result<()> {
    reports::insert(tx, row, uri, statuses)?;
    let admins = reports::readers(tx)?;
    notifications::of_report(tx, &admins, row.account, row.id)
}

/// Takes a report that another server forwards, by the Flag of that id; once.
pub fn forwarded(
    tx: &Tx,
    uri: &str,
    from: AccountId,
    target: AccountId,
    comment: &str,
    statuses: &[StatusId],
) -> Result<()> {
    if reports::is_known(tx, uri)? {
        return Ok(());
    }
    let row = ReportRow {
        id: ReportId::new(),
        account: from,
        target,
        comment: comment.chars().take(LONGEST_COMMENT).collect(),
        category: "other".into(),
        rules: "[]".into(),
        forward: false,
        state: State::Open.name().to_owned(),
        created_at: Timestamp::now(),
    };
    let statuses = &statuses[..statuses.len().min(MOST_STATUSES)];
    insert(tx, &row, uri, statuses)
}

/// A report; 404 for an unknown one.
pub fn find(db: &Connection, id: ReportId) -> Result<ReportRow> {
    let found = reports::by_ids(db, &[id])?.pop();
    found.ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::Status(404, "Not found".into())
}

/// Says how far a report is; `false` when it is unknown.
pub fn set_state(tx: &Tx, actor: Option<&Viewer>, id: ReportId, state: State) -> Result<bool> {
    if !reports::set_state(tx, id, state)? {
        return Ok(false);
    }
    let did = format!("updated report #{id} with '{}' state", state.name());
    record(tx, actor, "report_update", &[Subject::report(id)], &did)?;
    Ok(true)
}

/// Notes something on a report, for other admins.
pub fn add_note(tx: &Tx, me: &Viewer, id: ReportId, text: &str) -> Result<()> {
    find(tx, id)?;
    if text.trim().is_empty() {
        return Err(Error::BadRequest("content can't be blank".into()));
    }
    reports::add_note(tx, id, me.id, text)?;
    let did = format!("added note '{text}' to report #{id}");
    record(tx, Some(me), "report_note", &[Subject::report(id)], &did)
}

/// Removes a note.
pub fn remove_note(tx: &Tx, actor: Option<&Viewer>, id: ReportId, note: i64) -> Result<()> {
    let text = reports::remove_note(tx, id, note)?.ok_or_else(not_found)?;
    let did = format!("deleted note '{text}' from report #{id}");
    record(
        tx,
        actor,
        "report_note_delete",
        &[Subject::report(id)],
        &did,
    )
}
