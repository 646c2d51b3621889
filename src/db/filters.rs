//! Filters with their keywords and statuses. What applies to a page of statuses is read in one query.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FilterId, FilterStatusId, KeywordId, StatusId};

/// Where a filter applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's")]
pub enum Context {
    Home,
    Notifications,
    Public,
    Thread,
    Account,
}

const CONTEXTS: [(&str, Context); 5] = [
    ("home", Context::Home),
    ("notifications", Context::Notifications),
    ("public", Context::Public),
    ("thread", Context::Thread),
    ("account", Context::Account),
];

/// A set of contexts: a bit each, in the order of the enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contexts(i64);

impl Contexts {
    /// Reads the API's words; `None` when one of them is unknown.
    pub fn parse(words: &[String]) -> Option<Contexts> {
        words.iter().try_fold(Contexts(0), |all, word| {
            let (_, context) = CONTEXTS.iter().find(|(name, _)| name == word)?;
            Some(Contexts(all.0 | 1 << *context as i64))
        })
    }

    /// The API's words.
    pub fn names(self) -> Vec<&'static str> {
        let within = CONTEXTS.iter().filter(|(_, context)| self.has(*context));
        within.map(|(name, _)| *name).collect()
    }

    /// Whether the context is among them.
    pub fn has(self, context: Context) -> bool {
        self.0 >> context as i64 & 1 == 1
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl rusqlite::ToSql for Contexts {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Contexts {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Contexts)
    }
}

/// What becomes of a status that matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// It is shown behind the filter's title.
    #[default]
    Warn,
    /// It is not shown.
    Hide,
    /// Its attachments are shown behind the filter's title.
    Blur,
}

const ACTIONS: [(&str, Action); 3] = [
    ("warn", Action::Warn),
    ("hide", Action::Hide),
    ("blur", Action::Blur),
];

impl Action {
    /// Reads the API's word.
    pub fn parse(text: &str) -> Option<Action> {
        let mut known = ACTIONS.iter();
        known
            .find(|(name, _)| *name == text)
            .map(|(_, action)| *action)
    }

    /// The API's word.
    pub fn name(self) -> &'static str {
        ACTIONS[self as usize].0
    }
}

impl rusqlite::ToSql for Action {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.name()))
    }
}

impl FromSql for Action {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Action::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// A filter without what hangs on it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct FilterRow {
    pub id: FilterId,
    pub title: String,
    pub contexts: Contexts,
    pub action: Action,
    pub expires_at: Option<Timestamp>,
}

/// A keyword of a filter.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct KeywordRow {
    pub id: KeywordId,
    pub keyword: String,
    pub whole_word: bool,
}

/// A filter with its keywords and those of its statuses that were asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The filter.
    pub row: FilterRow,
    /// Oldest first.
    pub keywords: Vec<KeywordRow>,
    /// Oldest first.
    pub statuses: Vec<(FilterStatusId, StatusId)>,
}

macro_rules! select {
    ($statuses:literal, $rest:literal) => {
        concat!(
            "SELECT f.id, f.title, f.contexts, f.action, f.expires_at,
                    (SELECT json_group_array(json_array(id, keyword, whole_word) ORDER BY id) FROM filter_keywords WHERE filter_id = f.id),
                    (SELECT json_group_array(json_array(id, status_id) ORDER BY id) FROM filter_statuses WHERE filter_id = f.id",
            $statuses,
            ") FROM filters AS f ",
            $rest
        )
    };
}

impl Filter {
    fn read(row: &Row) -> rusqlite::Result<Filter> {
        let ours = |json: String, column| {
            serde_json::from_str(&json).map_err(|cause| {
                let kind = rusqlite::types::Type::Text;
                rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(cause))
            })
        };
        let keywords: serde_json::Value = ours(row.get(5)?, 5)?;
        let statuses: serde_json::Value = ours(row.get(6)?, 6)?;
        let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
        let number = |value: &serde_json::Value| value.as_i64().unwrap_or_default();
        Ok(Filter {
            row: FilterRow {
                id: row.get(0)?,
                title: row.get(1)?,
                contexts: row.get(2)?,
                action: row.get(3)?,
                expires_at: row.get(4)?,
            },
            keywords: list(&keywords)
                .iter()
                .map(|one| KeywordRow {
                    id: KeywordId(number(&one[0])),
                    keyword: one[1].as_str().unwrap_or_default().to_owned(),
                    whole_word: number(&one[2]) != 0,
                })
                .collect(),
            statuses: list(&statuses)
                .iter()
                .map(|one| (FilterStatusId(number(&one[0])), StatusId(number(&one[1]))))
                .collect(),
        })
    }
}

/// Somebody's filters with all that hangs on them, oldest first, those that have run out too.
pub fn of(db: &Connection, owner: AccountId) -> Result<Vec<Filter>> {
    let mut stmt = db.prepare_cached(select!("", "WHERE f.account_id = ?1 ORDER BY f.id"))?;
    let found = stmt.query_map(params![owner], Filter::read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Somebody's filters that apply at present, with all keywords and those of the page's statuses that they name.
pub fn applying(db: &Connection, owner: AccountId, page: &[StatusId]) -> Result<Vec<Filter>> {
    let mut stmt = db.prepare_cached(select!(
        " AND status_id IN (SELECT value FROM json_each(?2))",
        "WHERE f.account_id = ?1 AND (f.expires_at IS NULL OR f.expires_at > ?3) ORDER BY f.id"
    ))?;
    let found = stmt.query_map(
        params![owner, json_ids(page), Timestamp::now()],
        Filter::read,
    )?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A filter of that owner; 404 for any other.
pub fn owned_by(db: &Connection, owner: AccountId, id: FilterId) -> Result<Filter> {
    let mut stmt = db.prepare_cached(select!("", "WHERE f.id = ?2 AND f.account_id = ?1"))?;
    stmt.query_row(params![owner, id], Filter::read)
        .optional()?
        .ok_or(Error::record())
}

/// The filter of that owner on which a keyword hangs; 404 for any other keyword.
pub fn of_keyword(db: &Connection, owner: AccountId, keyword: KeywordId) -> Result<Filter> {
    let mut stmt = db.prepare_cached(select!(
        "",
        "WHERE f.id = (SELECT filter_id FROM filter_keywords WHERE id = ?2) AND f.account_id = ?1"
    ))?;
    stmt.query_row(params![owner, keyword], Filter::read)
        .optional()?
        .ok_or(Error::record())
}

/// The filter of that owner that names a status by this entry; 404 for any other entry.
pub fn of_status(db: &Connection, owner: AccountId, entry: FilterStatusId) -> Result<Filter> {
    let mut stmt = db.prepare_cached(select!(
        "",
        "WHERE f.id = (SELECT filter_id FROM filter_statuses WHERE id = ?2) AND f.account_id = ?1"
    ))?;
    stmt.query_row(params![owner, entry], Filter::read)
        .optional()?
        .ok_or(Error::record())
}

/// How many filters, keywords and named statuses somebody has.
pub fn counts(db: &Connection, owner: AccountId) -> Result<(i64, i64, i64)> {
    Ok(db
        .prepare_cached(
            "SELECT count(*),
                    coalesce(sum((SELECT count(*) FROM filter_keywords WHERE filter_id = f.id)), 0),
                    coalesce(sum((SELECT count(*) FROM filter_statuses WHERE filter_id = f.id)), 0)
               FROM filters AS f WHERE f.account_id = ?1",
        )?
        .query_row(params![owner], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?)
}

/// Adds a filter, or changes the one with that id.
pub fn put(db: &Connection, owner: AccountId, filter: &FilterRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO filters (id, account_id, title, contexts, action, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, contexts = excluded.contexts, action = excluded.action,
                                        expires_at = excluded.expires_at",
    )?
    .execute(params![
        filter.id,
        owner,
        filter.title,
        filter.contexts,
        filter.action,
        filter.expires_at
    ])?;
    Ok(())
}

/// Removes a filter with all that hangs on it.
pub fn delete(db: &Connection, id: FilterId) -> Result<()> {
    db.prepare_cached("DELETE FROM filters WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Adds a keyword to a filter, or changes the one with that id.
pub fn put_keyword(db: &Connection, filter: FilterId, keyword: &KeywordRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO filter_keywords (id, filter_id, keyword, whole_word) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET keyword = excluded.keyword, whole_word = excluded.whole_word",
    )?
    .execute(params![
        keyword.id,
        filter,
        keyword.keyword,
        keyword.whole_word
    ])?;
    Ok(())
}

/// Removes a keyword.
pub fn delete_keyword(db: &Connection, id: KeywordId) -> Result<()> {
    db.prepare_cached("DELETE FROM filter_keywords WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Lets a filter name a status; returns the entry, the same one when done twice.
pub fn add_status(db: &Connection, filter: FilterId, status: StatusId) -> Result<FilterStatusId> {
    db.prepare_cached(
        "INSERT INTO filter_statuses (id, filter_id, status_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute(params![FilterStatusId::new(), filter, status])?;
    Ok(db
        .prepare_cached("SELECT id FROM filter_statuses WHERE filter_id = ?1 AND status_id = ?2")?
        .query_row(params![filter, status], |row| row.get(0))?)
}

/// Removes a status from a filter.
pub fn delete_status(db: &Connection, entry: FilterStatusId) -> Result<()> {
    db.prepare_cached("DELETE FROM filter_statuses WHERE id = ?1")?
        .execute(params![entry])?;
    Ok(())
}
