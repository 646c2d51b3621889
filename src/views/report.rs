//! Reports: as whoever reported sees them (mastodon-api 2.8), and as admins do (pleroma-contract D.2).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::View;
use super::account::raw;
use crate::clock::Timestamp;
use crate::db::reports::{self, NoteRow, ReportRow};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ReportId, StatusId};

/// Report.
#[derive(Serialize)]
pub struct Report {
    id: ReportId,
    action_taken: bool,
    action_taken_at: Option<()>,
    category: String,
    comment: String,
    forwarded: bool,
    created_at: Timestamp,
    status_ids: Vec<StatusId>,
    rule_ids: Vec<String>,
    target_account: Arc<RawValue>,
}

/// The admin API's report.
#[derive(Serialize)]
pub struct AdminReport {
    id: ReportId,
    account: Value,
    actor: Value,
    content: String,
    created_at: Timestamp,
    state: String,
    statuses: Vec<Value>,
    notes: Vec<Note>,
    category: String,
    rules: Box<RawValue>,
    forward: bool,
}

/// A note of an admin.
#[derive(Serialize)]
struct Note {
    id: String,
    content: String,
    user: Value,
    created_at: Timestamp,
}

impl AdminReport {
    /// Its id.
    pub fn id(&self) -> ReportId {
        self.id
    }
}

impl View<'_> {
    /// A report as whoever made it sees it.
    pub fn report(&self, row: ReportRow) -> Result<Report> {
        let statuses = reports::statuses(self.db, &[row.id])?;
        let rules: Vec<i64> = serde_json::from_str(&row.rules)?;
        Ok(Report {
            id: row.id,
            action_taken: row.state != "open",
            action_taken_at: None,
            category: row.category,
            comment: row.comment,
            forwarded: row.forward,
            created_at: row.created_at,
            status_ids: statuses.into_iter().map(|(_, status)| status).collect(),
            rule_ids: rules.iter().map(i64::to_string).collect(),
            target_account: self.account(row.target)?,
        })
    }

    /// Reports in the order of the rows, as admins see them.
    pub fn admin_reports(&self, rows: Vec<ReportRow>) -> Result<Vec<AdminReport>> {
        let ids: Vec<ReportId> = rows.iter().map(|row| row.id).collect();
        let mut notes: HashMap<ReportId, Vec<NoteRow>> = HashMap::new();
        for note in reports::notes(self.db, &ids)? {
            notes.entry(note.report).or_default().push(note);
        }
        let named = reports::statuses(self.db, &ids)?;
        let mut people: Vec<AccountId> = rows
            .iter()
            .flat_map(|row| [row.account, row.target])
            .chain(notes.values().flatten().map(|note| note.account))
            .collect();
        people.sort_unstable();
        people.dedup();
        let people = self.merged_accounts(&people)?;
        let of_reports: Vec<StatusId> = named.iter().map(|(_, status)| *status).collect();
        let mut statuses: HashMap<ReportId, Vec<Value>> = HashMap::new();
        for ((report, _), status) in named.iter().zip(self.admin_statuses(&of_reports)?) {
            statuses.entry(*report).or_default().push(status);
        }
        let person = |id| people.get(&id).cloned().ok_or(Error::record());
        let shown = rows.into_iter().map(|row| {
            let notes = notes.remove(&row.id).unwrap_or_default().into_iter();
            let notes = notes.map(|note| {
                Ok(Note {
                    id: note.id.to_string(),
                    content: note.content,
                    user: person(note.account)?,
                    created_at: note.created_at,
                })
            });
            Ok(AdminReport {
                id: row.id,
                account: person(row.target)?,
                actor: person(row.account)?,
                content: row.comment,
                created_at: row.created_at,
                state: row.state,
                statuses: statuses.remove(&row.id).unwrap_or_default(),
                notes: notes.collect::<Result<_>>()?,
                category: row.category,
                rules: raw(&row.rules, "[]"),
                forward: row.forward,
            })
        });
        shown.collect()
    }
}
