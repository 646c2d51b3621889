//! The StatusEdit entity (mastodon-api 2.6): the versions of a status.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::media::{Attachment, attachment};
use super::{View, emoji};
use crate::clock::Timestamp;
use crate::db;
use crate::db::media::MediaRow;
use crate::db::status_edits::EditRow;
use crate::db::statuses::StatusRow;
use crate::error::Result;
use crate::ids::MediaId;

/// StatusEdit.
#[derive(Serialize)]
pub struct StatusEdit {
    content: String,
    spoiler_text: String,
    sensitive: bool,
    created_at: Timestamp,
    account: Arc<RawValue>,
    media_attachments: Vec<Attachment>,
    emojis: Vec<emoji::Emoji>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<Poll>,
}

#[derive(Serialize)]
struct Poll {
    options: Vec<PollOption>,
}

#[derive(Serialize)]
struct PollOption {
    title: String,
}

impl Poll {
    fn of(titles: Vec<String>) -> Option<Poll> {
        let options = titles.into_iter().map(|title| PollOption { title });
        let options: Vec<PollOption> = options.collect();
        (!options.is_empty()).then_some(Poll { options })
    }
}

/// An attachment as an earlier version had it.
#[derive(Deserialize)]
struct Earlier {
    id: String,
    description: Option<String>,
}

impl View<'_> {
    /// All versions of a status that the viewer may see, oldest first; the last is the present one.
    pub fn status_edits(&self, status: &StatusRow) -> Result<Vec<StatusEdit>> {
        let revs = db::accounts::revs(self.db, &[status.account])?;
        let accounts = self.rendered(&revs)?;
        let account = accounts.get(&status.account);
        let account = account.ok_or(crate::error::Error::record())?;
        let media = db::media::of_versions(self.db, status.id)?;
        let by_id: HashMap<MediaId, &MediaRow> = media.iter().map(|row| (row.id, row)).collect();
        let mut versions = Vec::new();
        for row in db::status_edits::list(self.db, status.id)? {
            versions.push(self.version(status.local, row, account, &by_id)?);
        }
        let present = db::media::of_statuses(self.db, &[status.id])?;
        let poll = db::polls::of_status(self.db, status.id)?;
        let titles = poll.map(|poll| poll.options.into_iter().map(|(title, _)| title).collect());
        versions.push(StatusEdit {
            poll: Poll::of(titles.unwrap_or_default()),
            content: status.content.clone(),
            spoiler_text: status.spoiler_text.clone(),
            sensitive: status.sensitive,
            created_at: status.edited_at.unwrap_or(status.created_at),
            account: account.clone(),
            media_attachments: present
                .iter()
                .map(|row| attachment(row, self.house))
                .collect(),
            emojis: self.emojis(
                status.local,
                &status.content,
                &status.spoiler_text,
                &status.emojis,
            ),
        });
        Ok(versions)
    }

    fn version(
        &self,
        local: bool,
        row: EditRow,
        account: &Arc<RawValue>,
        media: &HashMap<MediaId, &MediaRow>,
    ) -> Result<StatusEdit> {
        let shown = |earlier: Earlier| {
            let row = media.get(&earlier.id.parse().ok()?)?;
            let row = MediaRow {
                description: earlier.description,
                ..(*row).clone()
            };
            Some(attachment(&row, self.house))
        };
        let earlier: Vec<Earlier> = serde_json::from_str(&row.media)?;
        Ok(StatusEdit {
            poll: Poll::of(serde_json::from_str(&row.poll)?),
            media_attachments: earlier.into_iter().filter_map(shown).collect(),
            emojis: self.emojis(local, &row.content, &row.spoiler_text, &row.emojis),
            content: row.content,
            spoiler_text: row.spoiler_text,
            sensitive: row.sensitive,
            created_at: row.created_at,
            account: account.clone(),
        })
    }
}
