//! Invitations to register (pleroma-contract C.5).

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::error::Result;

/// An invitation.
#[derive(Clone, Debug)]
pub struct InviteRow {
    /// Small, ascending.
    pub id: i64,
    /// What the link carries.
    pub token: String,
    /// How often it may be used; `None`: not limited that way.
    pub max_use: Option<i64>,
    /// Last day, `YYYY-MM-DD` in UTC.
    pub expires_on: Option<String>,
    /// Counted only where `max_use` is set.
    pub uses: i64,
    /// Used up or revoked.
    pub used: bool,
}

impl InviteRow {
    fn read(row: &Row) -> rusqlite::Result<InviteRow> {
        Ok(InviteRow {
            id: row.get(0)?,
            token: row.get(1)?,
            max_use: row.get(2)?,
            expires_on: row.get(3)?,
            uses: row.get(4)?,
            used: row.get(5)?,
        })
    }

    /// Whether it still lets somebody in on that day.
    pub fn is_valid(&self, today: &str) -> bool {
        !self.used
            // ISO dates compare as text.
            && self.expires_on.as_deref().is_none_or(|last| today <= last)
            && self.max_use.is_none_or(|most| self.uses < most)
    }
}

/// The invitation with that token.
pub fn by_token(db: &Connection, token: &str) -> Result<Option<InviteRow>> {
    Ok(db
        .prepare_cached(
            "SELECT id, token, max_use, expires_on, uses, used FROM invites WHERE token = ?1",
        )?
        .query_row(params![token], InviteRow::read)
        .optional()?)
}

/// All invitations, oldest first.
pub fn all(db: &Connection) -> Result<Vec<InviteRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, token, max_use, expires_on, uses, used FROM invites ORDER BY id",
    )?;
    let rows = stmt.query_map([], InviteRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Stores a new invitation.
pub fn insert(
    db: &Connection,
    token: &str,
    max_use: Option<i64>,
    expires_on: Option<&str>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO invites (token, max_use, expires_on, created_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![token, max_use, expires_on, Timestamp::now()])?;
    Ok(())
}

/// Notes how often it was used, and whether that was the last time.
pub fn set_uses(db: &Connection, id: i64, uses: i64, used: bool) -> Result<()> {
    db.prepare_cached("UPDATE invites SET uses = ?2, used = ?3 WHERE id = ?1")?
        .execute(params![id, uses, used])?;
    Ok(())
}
