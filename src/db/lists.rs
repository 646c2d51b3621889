//! Lists: their rows, their members, and the entries of their timelines. New statuses are entered by trigger.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use super::page::{Keyed, Page, keyed_accounts, rows};
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, ListId};

/// Which replies of its members a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepliesPolicy {
    /// Those to people whom its owner follows.
    Followed,
    /// Those to other members.
    #[default]
    List,
    /// None.
    None,
}

const POLICIES: [(&str, RepliesPolicy); 3] = [
    ("followed", RepliesPolicy::Followed),
    ("list", RepliesPolicy::List),
    ("none", RepliesPolicy::None),
];

impl RepliesPolicy {
    /// Reads the API's word.
    pub fn parse(text: &str) -> Option<RepliesPolicy> {
        let mut known = POLICIES.iter();
        known
            .find(|(name, _)| *name == text)
            .map(|(_, policy)| *policy)
    }

    /// The API's word.
    pub fn name(self) -> &'static str {
        POLICIES[self as usize].0
    }
}

impl rusqlite::ToSql for RepliesPolicy {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.name()))
    }
}

impl FromSql for RepliesPolicy {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        RepliesPolicy::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// A list.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct ListRow {
    pub id: ListId,
    pub title: String,
    pub replies_policy: RepliesPolicy,
    pub exclusive: bool,
}

impl ListRow {
    fn read(row: &Row) -> rusqlite::Result<ListRow> {
        Ok(ListRow {
            id: row.get(0)?,
            title: row.get(1)?,
            replies_policy: row.get(2)?,
            exclusive: row.get(3)?,
        })
    }
}

/// Somebody's lists, oldest first.
pub fn of(db: &Connection, owner: AccountId) -> Result<Vec<ListRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT id, title, replies_policy, exclusive FROM lists WHERE account_id = ?1 ORDER BY id",
    )?;
    let found = stmt.query_map(params![owner], ListRow::read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Those of somebody's lists on which an account stands, oldest first.
pub fn containing(db: &Connection, owner: AccountId, member: AccountId) -> Result<Vec<ListRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT l.id, l.title, l.replies_policy, l.exclusive
           FROM lists AS l JOIN list_members AS m ON m.list_id = l.id AND m.account_id = ?2
          WHERE l.account_id = ?1 ORDER BY l.id",
    )?;
    let found = stmt.query_map(params![owner, member], ListRow::read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A list of that owner; 404 for any other.
pub fn owned_by(db: &Connection, owner: AccountId, id: ListId) -> Result<ListRow> {
    db.prepare_cached(
        "SELECT id, title, replies_policy, exclusive FROM lists WHERE id = ?2 AND account_id = ?1",
    )?
    .query_row(params![owner, id], ListRow::read)
    .optional()?
    .ok_or(Error::record())
}

/// How many lists somebody has.
pub fn count(db: &Connection, owner: AccountId) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM lists WHERE account_id = ?1")?
        .query_row(params![owner], |row| row.get(0))?)
}

/// Adds a list.
pub fn insert(db: &Connection, owner: AccountId, list: &ListRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO lists (id, account_id, title, replies_policy, exclusive) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        list.id,
        owner,
        list.title,
        list.replies_policy,
        list.exclusive
    ])?;
    Ok(())
}

/// Changes a list.
pub fn update(db: &Connection, list: &ListRow) -> Result<()> {
    db.prepare_cached(
        "UPDATE lists SET title = ?2, replies_policy = ?3, exclusive = ?4 WHERE id = ?1",
    )?
    .execute(params![
        list.id,
        list.title,
        list.replies_policy,
        list.exclusive
    ])?;
    Ok(())
}

/// Removes a list with its members and its timeline.
pub fn delete(db: &Connection, id: ListId) -> Result<()> {
    db.prepare_cached("DELETE FROM lists WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Puts an account on a list; `false` when it stood there already.
pub fn add_member(db: &Connection, list: ListId, member: AccountId) -> Result<bool> {
    let changed = db
        .prepare_cached("INSERT INTO list_members (id, list_id, account_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![ids::next(), list, member])?;
    Ok(changed == 1)
}

/// Takes accounts off a list, and their posts out of its timeline.
pub fn remove_members(db: &Connection, list: ListId, members: &[AccountId]) -> Result<()> {
    let members = json_ids(members);
    for sql in [
        "DELETE FROM list_members WHERE list_id = ?1 AND account_id IN (SELECT value FROM json_each(?2))",
        "DELETE FROM list_entries WHERE list_id = ?1 AND status_id IN
           (SELECT s.id FROM json_each(?2) AS gone JOIN statuses AS s ON s.account_id = gone.value)",
    ] {
        db.prepare_cached(sql)?.execute(params![list, members])?;
    }
    Ok(())
}

/// Who stands on a list, the latest member first; paged by row or by account.
pub fn members(db: &Connection, list: ListId, page: &Page) -> Result<Keyed> {
    let sql = keyed_accounts!(page, "list_members", "list_id", "account_id", "");
    let params = params![list, page.before(), page.after(), page.limit];
    Ok(rows(db, sql, params, page)?.into())
}

/// How many posts of a new member appear on the list.
const BACKFILL: i64 = 400;

/// Puts the newest posts of a new member into the list's timeline, but for direct ones.
pub fn backfill(db: &Connection, list: ListId, member: AccountId) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO list_entries (list_id, status_id)
         SELECT ?1, id FROM statuses WHERE account_id = ?2 AND visibility <> 3 ORDER BY id DESC LIMIT ?3",
    )?
    .execute(params![list, member, BACKFILL])?;
    Ok(())
}
