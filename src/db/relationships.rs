//! How one account stands to others, read for a whole page; and the two small private ties, subscriptions and notes.

use rusqlite::{Connection, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// Everything between the viewer and one other account.
#[derive(Clone, Debug)]
pub struct RelationshipRow {
    /// The other account.
    pub id: AccountId,
    /// The viewer's follow of it: `Some(true)` while it is a request.
    pub follow_pending: Option<bool>,
    /// Its reblogs are shown at home.
    pub show_reblogs: Option<bool>,
    /// JSON array of the languages shown at home; `None` means all.
    pub languages: Option<String>,
    /// Its follow of the viewer.
    pub follower_pending: Option<bool>,
    /// The viewer blocks it.
    pub blocking: bool,
    /// It blocks the viewer.
    pub blocked_by: bool,
    /// The viewer mutes it at present; `Some(true)`: its notifications too.
    pub mute_notifications: Option<bool>,
    /// When the mute runs out.
    pub mute_expires_at: Option<Timestamp>,
    /// The viewer blocks its host.
    pub domain_blocking: bool,
    /// The viewer is told of each of its posts.
    pub subscribing: bool,
    /// What the viewer noted about it.
    pub note: String,
    /// The viewer recommends it on the profile.
    pub endorsed: bool,
}

/// Relationships in the order of the ids, in one query. Unknown accounts are left out, and hidden ones unless asked for.
pub fn page(
    db: &Connection,
    viewer: AccountId,
    ids: &[AccountId],
    with_hidden: bool,
) -> Result<Vec<RelationshipRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.id, f.pending, f.show_reblogs, f.languages, back.pending,
                EXISTS (SELECT 1 FROM blocks WHERE account_id = ?2 AND target_id = a.id),
                EXISTS (SELECT 1 FROM blocks WHERE account_id = a.id AND target_id = ?2),
                m.notifications, m.expires_at,
                EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = ?2 AND host = a.host),
                EXISTS (SELECT 1 FROM subscriptions WHERE account_id = ?2 AND target_id = a.id),
                coalesce((SELECT comment FROM account_notes WHERE account_id = ?2 AND target_id = a.id), ''),
                EXISTS (SELECT 1 FROM endorsements WHERE account_id = ?2 AND target_id = a.id)
           FROM json_each(?1) AS wanted JOIN accounts AS a ON a.id = wanted.value
           LEFT JOIN follows AS f ON f.account_id = ?2 AND f.target_id = a.id
           LEFT JOIN follows AS back ON back.account_id = a.id AND back.target_id = ?2
           LEFT JOIN mutes AS m ON m.account_id = ?2 AND m.target_id = a.id AND (m.expires_at IS NULL OR m.expires_at > ?3)
          WHERE a.hidden = 0 OR ?4
          ORDER BY wanted.key",
    )?;
    let rows = stmt.query_map(
        params![json_ids(ids), viewer, Timestamp::now(), with_hidden],
        |row| {
            Ok(RelationshipRow {
                id: row.get(0)?,
                follow_pending: row.get(1)?,
                show_reblogs: row.get(2)?,
                languages: row.get(3)?,
                follower_pending: row.get(4)?,
                blocking: row.get(5)?,
                blocked_by: row.get(6)?,
                mute_notifications: row.get(7)?,
                mute_expires_at: row.get(8)?,
                domain_blocking: row.get(9)?,
                subscribing: row.get(10)?,
                note: row.get(11)?,
                endorsed: row.get(12)?,
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Has an account told of each new post of another.
pub fn subscribe(db: &Connection, account: AccountId, target: AccountId) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO subscriptions (account_id, target_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![account, target])?;
    Ok(())
}

/// Ends a subscription; `false` when there was none.
pub fn unsubscribe(db: &Connection, account: AccountId, target: AccountId) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM subscriptions WHERE account_id = ?1 AND target_id = ?2")?
        .execute(params![account, target])?;
    Ok(changed == 1)
}

/// Keeps a private note about an account; an empty one is no note.
pub fn put_note(
    db: &Connection,
    account: AccountId,
    target: AccountId,
    comment: &str,
) -> Result<()> {
    if comment.is_empty() {
        db.prepare_cached("DELETE FROM account_notes WHERE account_id = ?1 AND target_id = ?2")?
            .execute(params![account, target])?;
        return Ok(());
    }
    db.prepare_cached(
        "INSERT INTO account_notes (account_id, target_id, comment) VALUES (?1, ?2, ?3)
         ON CONFLICT (account_id, target_id) DO UPDATE SET comment = excluded.comment",
    )?
    .execute(params![account, target, comment])?;
    Ok(())
}
