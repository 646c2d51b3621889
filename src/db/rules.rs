//! The rules of this server.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Error, Result};
use crate::ids::RuleId;

/// A rule.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct RuleRow {
    pub id: RuleId,
    pub priority: i64,
    pub text: String,
    pub hint: String,
}

impl RuleRow {
    fn read(row: &Row) -> rusqlite::Result<RuleRow> {
        Ok(RuleRow {
            id: row.get(0)?,
            priority: row.get(1)?,
            text: row.get(2)?,
            hint: row.get(3)?,
        })
    }
}

/// All rules, in the order in which they are shown.
pub fn all(db: &Connection) -> Result<Vec<RuleRow>> {
    let mut stmt =
        db.prepare_cached("SELECT id, priority, text, hint FROM rules ORDER BY priority DESC, id")?;
    let found = stmt.query_map([], RuleRow::read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// One rule; 404 when unknown.
pub fn one(db: &Connection, id: RuleId) -> Result<RuleRow> {
    db.prepare_cached("SELECT id, priority, text, hint FROM rules WHERE id = ?1")?
        .query_row(params![id], RuleRow::read)
        .optional()?
        .ok_or(Error::record())
}

/// Adds a rule, or changes the one with that id.
pub fn put(db: &Connection, rule: &RuleRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO rules (id, priority, text, hint) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, text = excluded.text, hint = excluded.hint",
    )?
    .execute(params![rule.id, rule.priority, rule.text, rule.hint])?;
    Ok(())
}

/// Removes a rule; `false` when it is unknown.
pub fn delete(db: &Connection, id: RuleId) -> Result<bool> {
    let changed = db
        .prepare_cached("DELETE FROM rules WHERE id = ?1")?
        .execute(params![id])?;
    Ok(changed == 1)
}
