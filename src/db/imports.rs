//! Imports: lists of people, hosts or posts that somebody uploaded, and what became of each name.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, ImportId};

/// What is done with what stands on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Follow these people.
    Follows,
    /// Block these people.
    Blocks,
    /// Mute these people.
    Mutes,
    /// Block everybody of these hosts.
    DomainBlocks,
    /// Put these people on lists.
    Lists,
    /// Bookmark these posts.
    Bookmarks,
}

const KINDS: [(&str, Kind); 6] = [
    ("follows", Kind::Follows),
    ("blocks", Kind::Blocks),
    ("mutes", Kind::Mutes),
    ("domain_blocks", Kind::DomainBlocks),
    ("lists", Kind::Lists),
    ("bookmarks", Kind::Bookmarks),
];

impl Kind {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        KINDS[self as usize].0
    }

    fn parse(name: &str) -> Option<Kind> {
        let mut kinds = KINDS.iter();
        kinds
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
    }
}

/// An import, and how far it is.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Its id.
    pub id: ImportId,
    /// Whose it is.
    pub account: AccountId,
    /// What is done.
    pub kind: Kind,
    /// Names on the list.
    pub total: i64,
    /// Names that were dealt with.
    pub done: i64,
    /// Names that were tried in vain.
    pub failed: i64,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When the last name was tried.
    pub finished_at: Option<Timestamp>,
}

/// One name of a list.
#[derive(Clone, Debug)]
pub struct Person {
    /// Its place.
    pub position: i64,
    /// The name.
    pub who: String,
    /// JSON, what the list says beside it.
    pub options: String,
    /// `waiting`, `done`, `requested` or `failed`.
    pub state: String,
    /// Why it failed.
    pub error: Option<String>,
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is followed, blocked or muted.
    Done,
    /// It was asked for its consent.
    Requested,
    /// Not, and why.
    Failed(String),
}

impl ImportRow {
    fn read(row: &Row) -> rusqlite::Result<ImportRow> {
        Ok(ImportRow {
            id: row.get("id")?,
            account: row.get("account_id")?,
            kind: Kind::parse(&row.get::<_, String>("kind")?)
                .ok_or(rusqlite::Error::InvalidQuery)?,
            total: row.get("total")?,
            done: row.get("done")?,
            failed: row.get("failed")?,
            created_at: row.get("created_at")?,
            finished_at: row.get("finished_at")?,
        })
    }
}

/// Stores a list: pairs of names and, as JSON, what is said beside them.
pub fn insert(
    db: &Connection,
    account: AccountId,
    kind: Kind,
    people: &[(&str, String)],
) -> Result<ImportId> {
    let id = ImportId::new();
    db.prepare_cached(
        "INSERT INTO imports (id, account_id, kind, total, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        id,
        account,
        kind.name(),
        people.len() as i64,
        Timestamp::now()
    ])?;
    let mut stmt = db.prepare_cached(
        "INSERT INTO import_rows (import_id, position, who, options) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, (who, options)) in (0_i64..).zip(people) {
        stmt.execute(params![id, position, who, options])?;
    }
    Ok(id)
}

/// Forgets a person's imports that were finished before that moment.
pub fn remove_finished_before(
    db: &Connection,
    account: AccountId,
    moment: Timestamp,
) -> Result<()> {
    db.prepare_cached("DELETE FROM imports WHERE account_id = ?1 AND finished_at < ?2")?
        .execute(params![account, moment])?;
    Ok(())
}

/// The import with that id.
pub fn by_id(db: &Connection, id: ImportId) -> Result<Option<ImportRow>> {
    Ok(db
        .prepare_cached("SELECT * FROM imports WHERE id = ?1")?
        .query_row(params![id], ImportRow::read)
        .optional()?)
}

/// A person's newest imports.
pub fn newest_of(db: &Connection, account: AccountId, limit: i64) -> Result<Vec<ImportRow>> {
    let mut stmt =
        db.prepare_cached("SELECT * FROM imports WHERE account_id = ?1 ORDER BY id DESC LIMIT ?2")?;
    let rows = stmt.query_map(params![account, limit], ImportRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Names of an import in the order of the list, after that place; of one state, if one is named.
pub fn people(
    db: &Connection,
    id: ImportId,
    state: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<Person>> {
    let sql = match state {
        Some(_) => {
            "SELECT position, who, options, state, error FROM import_rows
              WHERE import_id = ?1 AND state = ?2 AND position > ?3 ORDER BY position LIMIT ?4"
        }
        None => {
            "SELECT position, who, options, state, error FROM import_rows
              WHERE import_id = ?1 AND ?2 IS NULL AND position > ?3 ORDER BY position LIMIT ?4"
        }
    };
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(params![id, state, after, limit], |row| {
        Ok(Person {
            position: row.get(0)?,
            who: row.get(1)?,
            options: row.get(2)?,
            state: row.get(3)?,
            error: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes down what became of a waiting name.
pub fn settle(db: &Connection, id: ImportId, position: i64, fate: &Fate) -> Result<()> {
    let (state, error) = match fate {
        Fate::Done => ("done", None),
        Fate::Requested => ("requested", None),
        Fate::Failed(reason) => ("failed", Some(reason)),
    };
    db.prepare_cached(
        "UPDATE import_rows SET state = ?3, error = ?4 WHERE import_id = ?1 AND position = ?2",
    )?
    .execute(params![id, position, state, error])?;
    let failed = i64::from(error.is_some());
    db.prepare_cached(
        "UPDATE imports SET done = done + ?2, failed = failed + ?3,
                finished_at = iif(done + failed + 1 >= total, ?4, NULL) WHERE id = ?1",
    )?
    .execute(params![id, 1 - failed, failed, Timestamp::now()])?;
    Ok(())
}
