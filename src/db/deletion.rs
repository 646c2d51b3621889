//! Taking down what a deleted account leaves behind, a slice at a time, so that nobody waits for the writer.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Rows per transaction (security.md D12).
const SLICE: i64 = 200;

/// Names of files in `uploads/` that belonged to removed rows.
pub type Files = Vec<String>;

/// What may be much: each statement removes a slice of it.
const MUCH: &[&str] = &[
    "DELETE FROM follows WHERE id IN (SELECT id FROM follows WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM follows WHERE id IN (SELECT id FROM follows WHERE target_id = ?1 LIMIT ?2)",
    "DELETE FROM blocks WHERE id IN (SELECT id FROM blocks WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM blocks WHERE id IN (SELECT id FROM blocks WHERE target_id = ?1 LIMIT ?2)",
    "DELETE FROM mutes WHERE id IN (SELECT id FROM mutes WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM favourites WHERE id IN (SELECT id FROM favourites WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM bookmarks WHERE id IN (SELECT id FROM bookmarks WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM reactions WHERE id IN (SELECT id FROM reactions WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM scrobbles WHERE id IN (SELECT id FROM scrobbles WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM chat_messages WHERE id IN (SELECT id FROM chat_messages WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM chat_entries WHERE (chat_id, message_id) IN
        (SELECT chat_id, message_id FROM chat_entries WHERE chat_id IN (SELECT id FROM chats WHERE account_id = ?1) LIMIT ?2)",
    "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE actor_id = ?1 LIMIT ?2)",
    "DELETE FROM participations WHERE id IN (SELECT id FROM participations WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM poll_votes WHERE account_id = ?1
        AND (status_id, position) IN (SELECT status_id, position FROM poll_votes WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM tag_day_accounts WHERE account_id = ?1
        AND (day, tag_id) IN (SELECT day, tag_id FROM tag_day_accounts WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM card_days WHERE account_id = ?1
        AND (day, card_id) IN (SELECT day, card_id FROM card_days WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM home_entries WHERE account_id = ?1
        AND status_id IN (SELECT status_id FROM home_entries WHERE account_id = ?1 LIMIT ?2)",
    "DELETE FROM list_entries WHERE (list_id, status_id) IN
        (SELECT list_id, status_id FROM list_entries WHERE list_id IN (SELECT id FROM lists WHERE account_id = ?1) LIMIT ?2)",
];

/// What is little: removed with the account's own words, in the last transaction.
const LITTLE: &[&str] = &[
    "DELETE FROM mutes WHERE target_id = ?1",
    "DELETE FROM subscriptions WHERE account_id = ?1",
    "DELETE FROM subscriptions WHERE target_id = ?1",
    "DELETE FROM account_notes WHERE account_id = ?1",
    "DELETE FROM account_notes WHERE target_id = ?1",
    "DELETE FROM domain_blocks WHERE account_id = ?1",
    "DELETE FROM conversation_mutes WHERE account_id = ?1",
    "DELETE FROM pins WHERE account_id = ?1",
    "DELETE FROM filters WHERE account_id = ?1",
    "DELETE FROM tag_follows WHERE account_id = ?1",
    "DELETE FROM notification_policies WHERE account_id = ?1",
    "DELETE FROM notification_permissions WHERE account_id = ?1",
    "DELETE FROM notification_permissions WHERE actor_id = ?1",
    "DELETE FROM announcement_reads WHERE account_id = ?1",
    "DELETE FROM announcement_reactions WHERE account_id = ?1",
    "DELETE FROM endorsements WHERE account_id = ?1",
    "DELETE FROM endorsements WHERE target_id = ?1",
    "DELETE FROM suggestion_dismissals WHERE account_id = ?1",
    "DELETE FROM suggestion_dismissals WHERE target_id = ?1",
    "DELETE FROM featured_tags WHERE account_id = ?1",
    "DELETE FROM lists WHERE account_id = ?1",
    "DELETE FROM imports WHERE account_id = ?1",
    "DELETE FROM list_members WHERE account_id = ?1",
    "DELETE FROM scheduled_statuses WHERE account_id = ?1",
    "DELETE FROM bookmark_folders WHERE account_id = ?1",
    "DELETE FROM chats WHERE account_id = ?1",
    "DELETE FROM reports WHERE account_id = ?1",
    "DELETE FROM report_notes WHERE account_id = ?1",
    "DELETE FROM markers WHERE account_id = ?1",
    "DELETE FROM password_resets WHERE account_id = ?1",
    "DELETE FROM mfa_totp WHERE account_id = ?1",
    "DELETE FROM mfa_backup_codes WHERE account_id = ?1",
    "DELETE FROM mfa_tokens WHERE account_id = ?1",
    "DELETE FROM inbox_items WHERE signer_id = ?1",
    "DELETE FROM inbox_items WHERE recipient_id = ?1",
    "DELETE FROM oauth_codes WHERE account_id = ?1",
    "DELETE FROM push_subscriptions WHERE account_id = ?1",
    "DELETE FROM tokens WHERE account_id = ?1",
    "UPDATE users SET notification_settings = '{}', settings_store = '{}', registration_reason = NULL WHERE account_id = ?1",
    "UPDATE accounts SET display_name = '', note = '', note_source = '', fields = '[]', fields_source = '[]', avatar = NULL,
            header = NULL, background = NULL, also_known_as = '[]', moderation_tags = '[]' WHERE id = ?1",
];

/// Removes one slice of what may be much. Returns the files that are nobody's now, or `None` when nothing of it was left.
pub fn slice(db: &Connection, account: AccountId) -> Result<Option<Files>> {
    if let Some(files) = statuses(db, account)? {
        return Ok(Some(files));
    }
    let files = files(
        db,
        "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE account_id = ?1 LIMIT ?2) RETURNING file, preview_file",
        account,
    )?;
    if !files.is_empty() {
        return Ok(Some(files));
    }
    for sql in MUCH {
        if db.prepare_cached(sql)?.execute(params![account, SLICE])? > 0 {
            return Ok(Some(Vec::new()));
        }
    }
    Ok(None)
}

/// The statuses that [`slice`] deletes next.
pub fn next_statuses(db: &Connection, account: AccountId) -> Result<Vec<StatusId>> {
    let mut ids = db.prepare_cached("SELECT id FROM statuses WHERE account_id = ?1 LIMIT ?2")?;
    let slice = ids.query_map(params![account, SLICE], |row| row.get(0))?;
    Ok(slice.collect::<rusqlite::Result<_>>()?)
}

/// Deletes a slice of the account's statuses with their attachments; leaves tombstones.
fn statuses(db: &Connection, account: AccountId) -> Result<Option<Files>> {
    let slice = next_statuses(db, account)?;
    if slice.is_empty() {
        return Ok(None);
    }
    let slice = super::json_ids(&slice);
    let mut media = db.prepare_cached(
        "DELETE FROM media WHERE status_id IN (SELECT value FROM json_each(?1)) RETURNING file, preview_file",
    )?;
    let files = media.query_map(params![slice], |row| {
        Ok([row.get::<_, Option<String>>(0)?, row.get(1)?])
    })?;
    let files = files.collect::<rusqlite::Result<Vec<_>>>()?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO tombstones (uri, deleted_at)
         SELECT uri, ?2 FROM statuses WHERE id IN (SELECT value FROM json_each(?1))",
    )?
    .execute(params![slice, Timestamp::now()])?;
    db.prepare_cached("DELETE FROM statuses WHERE id IN (SELECT value FROM json_each(?1))")?
        .execute(params![slice])?;
    Ok(Some(files.into_iter().flatten().flatten().collect()))
}

/// Removes all else that hangs on the account and empties its row. Returns the files that are nobody's now.
pub fn rest(db: &Connection, account: AccountId) -> Result<Files> {
    let pictures = "SELECT value, NULL FROM accounts, json_each(json_array(avatar, header, background)) WHERE accounts.id = ?1 LIMIT ?2";
    let mut files = self::files(db, pictures, account)?;
    let archives = "DELETE FROM backups WHERE id IN (SELECT id FROM backups WHERE account_id = ?1 LIMIT ?2) RETURNING file, NULL";
    files.extend(self::files(db, archives, account)?);
    for sql in LITTLE {
        db.prepare(sql)?.execute(params![account])?;
    }
    Ok(files)
}

fn files(db: &Connection, sql: &str, account: AccountId) -> Result<Files> {
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(params![account, SLICE], |row| {
        Ok([row.get::<_, Option<String>>(0)?, row.get(1)?])
    })?;
    let pairs = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(pairs.into_iter().flatten().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::migrations::SCHEMA;

    /// What stays, and why: the account itself, its user and keys (the name is never handed out again, and the end must be
    /// signed and sent); what others wrote about it, or decided (relays); what `slice` removes by other statements.
    const STAYS: &[(&str, &str)] = &[
        ("accounts", "moved_to_id"),
        ("users", "account_id"),
        ("account_keys", "account_id"),
        ("activities", "account_id"),
        ("statuses", "in_reply_to_account_id"),
        ("mentions", "account_id"),
        ("participation_recipients", "account_id"),
        ("chats", "other_id"),
        ("reports", "target_id"),
        ("relays", "account_id"),
        ("moderation_log", "actor_id"),
        ("statuses", "account_id"),
        ("media", "account_id"),
        ("backups", "account_id"),
    ];

    #[test]
    fn every_table_that_names_accounts_is_thought_of() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(SCHEMA).expect("the schema");
        let mut stmt = db
            .prepare(
                "SELECT t.name, f.\"from\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f
                  WHERE t.type = 'table' AND f.\"table\" IN ('accounts', 'users')",
            )
            .expect("a statement");
        let named = stmt
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .expect("rows");
        let removes = |sql: &str, table: &str, column: &str| {
            sql.starts_with(&format!("DELETE FROM {table} "))
                && sql.contains(&format!("{column} = ?1"))
        };
        let mut left = Vec::new();
        for (table, column) in named.map(|row| row.expect("a row")) {
            let stays = STAYS.contains(&(&table, &column));
            let is_removed = MUCH
                .iter()
                .chain(LITTLE)
                .any(|sql| removes(sql, &table, &column));
            if !stays && !is_removed {
                left.push(format!("{table}.{column}"));
            }
        }
        assert!(
            left.is_empty(),
            "a deleted account would leave rows in {left:?}"
        );
    }

    #[test]
    fn every_statement_fits_the_schema_and_walks_no_growing_table() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(SCHEMA).expect("the schema");
        for sql in MUCH.iter().chain(LITTLE) {
            let mut stmt = db
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
            let numbers = [1, 1].iter().take(stmt.parameter_count());
            let steps = stmt
                .query_map(rusqlite::params_from_iter(numbers), |row| {
                    row.get::<_, String>(3)
                })
                .expect("a plan");
            for step in steps.map(|step| step.expect("a step")) {
                // Links live for an hour: there are never many.
                let walks = step.starts_with("SCAN ") && step != "SCAN password_resets";
                assert!(!walks, "{sql}: {step}");
            }
        }
    }
}
