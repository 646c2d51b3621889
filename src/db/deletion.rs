//! Taking down what a deleted account leaves behind, a slice at a time, so that nobody waits for the writer.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// Rows per transaction (security.md D12).
const SLICE: i64 = 200;

/// Names of files in `uploads/` that belonged to removed rows.
pub type Files = Vec<String>;

/// Deletes a slice of the account's statuses with their attachments; leaves tombstones. Returns the files that are nobody's
/// now, or `None` when no status was left.
pub fn statuses(db: &Connection, account: AccountId) -> Result<Option<Files>> {
    let mut ids = db.prepare_cached("SELECT id FROM statuses WHERE account_id = ?1 LIMIT ?2")?;
    let slice = ids
        .query_map(params![account, SLICE], |row| row.get::<_, i64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if slice.is_empty() {
        return Ok(None);
    }
    let slice = super::json_ids(&slice);
    let files = files(
        db,
        "SELECT file, preview_file FROM media WHERE status_id IN (SELECT value FROM json_each(?1))",
        &slice,
    )?;
    db.prepare_cached("DELETE FROM media WHERE status_id IN (SELECT value FROM json_each(?1))")?
        .execute(params![slice])?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO tombstones (uri, deleted_at)
         SELECT uri, ?2 FROM statuses WHERE id IN (SELECT value FROM json_each(?1))",
    )?
    .execute(params![slice, Timestamp::now()])?;
    db.prepare_cached("DELETE FROM statuses WHERE id IN (SELECT value FROM json_each(?1))")?
        .execute(params![slice])?;
    Ok(Some(files))
}

/// Deletes a slice of what the account listened to; `false` when nothing was left.
pub fn scrobbles(db: &Connection, account: AccountId) -> Result<bool> {
    let deleted = db
        .prepare_cached(
            "DELETE FROM scrobbles WHERE id IN (SELECT id FROM scrobbles WHERE account_id = ?1 LIMIT ?2)",
        )?
        .execute(params![account, SLICE])?;
    Ok(deleted > 0)
}

/// Removes all else that hangs on the account and empties its row. Returns the files that are nobody's now.
pub fn rest(db: &Connection, account: AccountId) -> Result<Files> {
    let id = account.0.to_string();
    let mut files = files(
        db,
        "SELECT file, preview_file FROM media WHERE account_id = CAST(?1 AS INTEGER)",
        &id,
    )?;
    files.extend(self::files(
        db,
        "SELECT avatar, header FROM accounts WHERE id = CAST(?1 AS INTEGER)",
        &id,
    )?);
    files.extend(self::files(
        db,
        "SELECT background, NULL FROM accounts WHERE id = CAST(?1 AS INTEGER)",
        &id,
    )?);
    for sql in [
        "DELETE FROM media WHERE account_id = ?1",
        "DELETE FROM follows WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM blocks WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM mutes WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM subscriptions WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM account_notes WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM favourites WHERE account_id = ?1",
        "DELETE FROM bookmarks WHERE account_id = ?1",
        "DELETE FROM reactions WHERE account_id = ?1",
        "DELETE FROM notifications WHERE account_id = ?1 OR actor_id = ?1",
        "DELETE FROM home_entries WHERE account_id = ?1",
        "DELETE FROM filters WHERE account_id = ?1",
        "DELETE FROM lists WHERE account_id = ?1",
        "DELETE FROM list_members WHERE account_id = ?1",
        "DELETE FROM participations WHERE account_id = ?1",
        "DELETE FROM domain_blocks WHERE account_id = ?1",
        "DELETE FROM markers WHERE account_id = ?1",
        "UPDATE users SET notification_settings = '{}', settings_store = '{}', registration_reason = NULL WHERE account_id = ?1",
        "UPDATE accounts SET display_name = '', note = '', note_source = '', fields = '[]', fields_source = '[]', avatar = NULL,
                header = NULL, background = NULL WHERE id = ?1",
    ] {
        db.prepare(sql)?.execute(params![account])?;
    }
    Ok(files)
}

fn files(db: &Connection, sql: &str, param: &str) -> Result<Files> {
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(params![param], |row| {
        Ok([row.get::<_, Option<String>>(0)?, row.get(1)?])
    })?;
    let pairs = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(pairs.into_iter().flatten().flatten().collect())
}
