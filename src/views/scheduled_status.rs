//! The ScheduledStatus entity (mastodon-api 2.8).

use std::collections::HashMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::media::{Attachment, attachment};
use crate::clock::Timestamp;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::ScheduledId;

/// ScheduledStatus.
#[derive(Serialize)]
pub struct ScheduledStatus {
    id: ScheduledId,
    scheduled_at: Timestamp,
    /// Stored in the API's words.
    params: Box<RawValue>,
    media_attachments: Vec<Attachment>,
}

impl View<'_> {
    /// Posts that wait, in the order of the ids.
    pub fn scheduled_statuses(&self, ids: &[ScheduledId]) -> Result<Vec<ScheduledStatus>> {
        let mut media: HashMap<ScheduledId, Vec<Attachment>> = HashMap::new();
        for (id, row) in db::media::of_scheduled(self.db, ids)? {
            let shown = attachment(&row, self.house);
            media.entry(id).or_default().push(shown);
        }
        let rows = db::scheduled_statuses::by_ids(self.db, ids)?.into_iter();
        rows.map(|row| {
            Ok(ScheduledStatus {
                id: row.id,
                scheduled_at: row.scheduled_at,
                params: RawValue::from_string(row.params)?,
                media_attachments: media.remove(&row.id).unwrap_or_default(),
            })
        })
        .collect()
    }

    /// One of them, 404 when unknown.
    pub fn scheduled_status(&self, id: ScheduledId) -> Result<ScheduledStatus> {
        let mut found = self.scheduled_statuses(&[id])?;
        found.pop().ok_or(Error::record())
    }
}
