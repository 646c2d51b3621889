//! Archives of accounts, as their owners see them.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::db::backups::BackupRow;
use crate::ids::BackupId;
use crate::views::media::file_url;

/// An archive, made or on the way.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Backup {
    pub id: BackupId,
    pub content_type: &'static str,
    /// Whoever knows it can fetch the archive; nobody can guess it.
    pub url: Option<String>,
    pub file_size: i64,
    pub processed: bool,
    pub state: String,
    pub inserted_at: Timestamp,
}

/// Shows an archive of somebody with that name.
pub fn backup(row: BackupRow, base: &BaseUrl, username: &str) -> Backup {
    let name = format!("archive-{username}-{}.zip", row.created_at.date());
    Backup {
        id: row.id,
        content_type: "application/zip",
        url: row.file.map(|file| file_url(base, &file, &name)),
        file_size: row.size,
        processed: row.state == "complete",
        state: row.state,
        inserted_at: row.created_at,
    }
}
