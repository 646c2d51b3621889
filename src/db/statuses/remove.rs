//! How statuses go.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{MediaId, StatusId};

/// Removes a status and leaves a tombstone. All that hangs on it goes with it but its attachments: they are detached and
/// returned.
pub fn remove(db: &Connection, status: StatusId) -> Result<Vec<MediaId>> {
    let media = db
        .prepare_cached("SELECT id FROM media WHERE status_id = ?1")?
        .query_map(params![status], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<MediaId>>>()?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO tombstones (uri, deleted_at) SELECT uri, ?2 FROM statuses WHERE id = ?1 OR reblog_of_id = ?1",
    )?
    .execute(params![status, Timestamp::now()])?;
    db.prepare_cached("DELETE FROM statuses WHERE id = ?1")?
        .execute(params![status])?;
    Ok(media)
}
