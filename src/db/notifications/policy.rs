//! Whose notifications somebody has kept back or dropped, and what was kept back. [`super::tell`] applies the policy.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};

use super::listing::{Filter, list};
use crate::clock::Timestamp;
use crate::db::json_ids;
use crate::db::page::Page;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// What becomes of notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Treatment {
    /// They are told.
    #[default]
    Accept,
    /// They are kept back until the reader asks for them.
    Filter,
    /// They are not even written.
    Drop,
}

const TREATMENTS: [(&str, Treatment); 3] = [
    ("accept", Treatment::Accept),
    ("filter", Treatment::Filter),
    ("drop", Treatment::Drop),
];

impl Treatment {
    /// Reads the API's word.
    pub fn parse(text: &str) -> Option<Treatment> {
        let mut known = TREATMENTS.iter();
        known
            .find(|(name, _)| *name == text)
            .map(|(_, treatment)| *treatment)
    }

    /// The API's word.
    pub fn name(self) -> &'static str {
        TREATMENTS[self as usize].0
    }
}

impl rusqlite::ToSql for Treatment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for Treatment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = usize::try_from(i64::column_result(value)?);
        let known = number.ok().and_then(|number| TREATMENTS.get(number));
        known
            .map(|(_, treatment)| *treatment)
            .ok_or(FromSqlError::InvalidType)
    }
}

/// How notifications of each sort of people are treated; of several that fit, the strictest counts.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Policy {
    pub for_not_following: Treatment,
    pub for_not_followers: Treatment,
    pub for_new_accounts: Treatment,
    pub for_private_mentions: Treatment,
    pub for_limited_accounts: Treatment,
}

/// Somebody's policy.
pub fn of(db: &Connection, account: AccountId) -> Result<Policy> {
    let found = db
        .prepare_cached(
            "SELECT for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts
               FROM notification_policies WHERE account_id = ?1",
        )?
        .query_row(params![account], |row| {
            Ok(Policy {
                for_not_following: row.get(0)?,
                for_not_followers: row.get(1)?,
                for_new_accounts: row.get(2)?,
                for_private_mentions: row.get(3)?,
                for_limited_accounts: row.get(4)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Sets somebody's policy.
pub fn set(db: &Connection, account: AccountId, policy: &Policy) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO notification_policies
           (account_id, for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        account,
        policy.for_not_following,
        policy.for_not_followers,
        policy.for_new_accounts,
        policy.for_private_mentions,
        policy.for_limited_accounts
    ])?;
    Ok(())
}

/// How many people's notifications are kept back, and how many notifications.
pub fn pending(db: &Connection, account: AccountId) -> Result<(i64, i64)> {
    Ok(db
        .prepare_cached(
            "SELECT count(DISTINCT actor_id), count(*) FROM notifications INDEXED BY notifications_filtered
              WHERE account_id = ?1 AND filtered = 1",
        )?
        .query_row(params![account], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// One person's notifications that were kept back. Its id is that of the person.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose they are.
    pub actor: AccountId,
    /// When the first came.
    pub created_at: Timestamp,
    /// When the last came.
    pub updated_at: Timestamp,
    /// How many there are.
    pub count: i64,
    /// The last status among them.
    pub last_status: Option<StatusId>,
    /// The last notification, the paging key.
    pub last: i64,
}

/// What was kept back, by person, who was heard of last first; of these people alone with `only`.
pub fn requests(
    db: &Connection,
    account: AccountId,
    page: &Page,
    only: Option<&[AccountId]>,
) -> Result<Vec<Request>> {
    let mut stmt = db.prepare_cached(
        "SELECT n.actor_id, min(n.created_at), max(n.created_at), count(*), max(n.status_id), max(n.id)
           FROM notifications AS n INDEXED BY notifications_filtered JOIN accounts AS a ON a.id = n.actor_id AND a.hidden = 0
          WHERE n.account_id = ?1 AND n.filtered = 1 AND (?5 IS NULL OR n.actor_id IN (SELECT value FROM json_each(?5)))
          GROUP BY n.actor_id HAVING max(n.id) < ?2 AND max(n.id) > ?3 ORDER BY max(n.id) DESC LIMIT ?4",
    )?;
    let only = only.map(json_ids);
    let params = params![account, page.before(), page.after(), page.limit, only];
    let rows = stmt.query_map(params, |row| {
        Ok(Request {
            actor: row.get(0)?,
            created_at: row.get(1)?,
            updated_at: row.get(2)?,
            count: row.get(3)?,
            last_status: row.get(4)?,
            last: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Tells what was kept back of these people, and lets them through from now on.
pub fn accept(db: &Connection, account: AccountId, actors: &[AccountId]) -> Result<()> {
    let actors = json_ids(actors);
    for sql in [
        "INSERT OR IGNORE INTO notification_permissions (account_id, actor_id)
         SELECT ?1, a.id FROM json_each(?2) AS page JOIN accounts AS a ON a.id = page.value",
        "UPDATE notifications SET filtered = 0, seen = 0
          WHERE account_id = ?1 AND filtered = 1 AND actor_id IN (SELECT value FROM json_each(?2))",
    ] {
        db.prepare_cached(sql)?.execute(params![account, actors])?;
    }
    Ok(())
}

/// Forgets what was kept back of these people.
pub fn dismiss(db: &Connection, account: AccountId, actors: &[AccountId]) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM notifications WHERE account_id = ?1 AND filtered = 1 AND actor_id IN (SELECT value FROM json_each(?2))",
    )?
    .execute(params![account, json_ids(actors)])?;
    Ok(())
}

/// How many there are to read, counting no further than `most`.
pub fn unread(
    db: &Connection,
    account: AccountId,
    filter: Filter,
    most: i64,
) -> Result<Vec<super::listing::NotificationRow>> {
    let unseen = Filter {
        unseen: true,
        ..filter
    };
    let page = Page {
        limit: most,
        ..Page::default()
    };
    list(db, account, &unseen, &page)
}
