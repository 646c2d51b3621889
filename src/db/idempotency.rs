//! First answers to requests with an `Idempotency-Key`.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;

/// An answer to give again.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
    /// Names the first request.
    pub request_id: String,
}

/// The answer under that key, if it is not older than `oldest`.
pub fn find(db: &Connection, key: &[u8], oldest: Timestamp) -> Result<Option<Answer>> {
    let found = db
        .prepare_cached("SELECT status, body, request_id FROM idempotent_answers WHERE key = ?1 AND created_at >= ?2")?
        .query_row(params![key, oldest], |row| {
            Ok(Answer { status: row.get(0)?, body: row.get(1)?, request_id: row.get(2)? })
        })
        .optional()?;
    Ok(found)
}

/// Keeps an answer and drops those older than `oldest`.
pub fn keep(db: &Connection, key: &[u8], answer: &Answer, oldest: Timestamp) -> Result<()> {
    db.prepare_cached("DELETE FROM idempotent_answers WHERE created_at < ?1")?
        .execute(params![oldest])?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO idempotent_answers (key, status, body, request_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![key, answer.status, answer.body, answer.request_id, Timestamp::now()])?;
    Ok(())
}
