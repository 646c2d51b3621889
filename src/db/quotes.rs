//! Quotes: which status quotes which, whether its author agreed, and who may quote a status.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::addresses;
use super::json_ids;
use super::page::{Page, ids};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, visible};

/// Whether the author of what is quoted agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuoteState {
    /// Another server was asked and has not answered.
    Pending,
    /// It may be shown.
    Accepted,
    /// The author does not want it.
    Rejected,
    /// The author does not want it any more.
    Revoked,
}

/// Who may quote a status without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuotePolicy {
    /// Everybody who may see it.
    Public,
    /// Followers.
    Followers,
    /// Its author.
    Nobody,
    /// Whoever asks and is answered yes: other servers only.
    Manual,
}

const STATES: [(&str, QuoteState); 4] = [
    ("pending", QuoteState::Pending),
    ("accepted", QuoteState::Accepted),
    ("rejected", QuoteState::Rejected),
    ("revoked", QuoteState::Revoked),
];

const POLICIES: [(&str, QuotePolicy); 4] = [
    ("public", QuotePolicy::Public),
    ("followers", QuotePolicy::Followers),
    ("nobody", QuotePolicy::Nobody),
    ("manual", QuotePolicy::Manual),
];

/// What one of these words means.
fn meaning<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning)
}

impl QuotePolicy {
    /// Reads what an author here may choose.
    pub fn parse(text: &str) -> Option<QuotePolicy> {
        meaning(&POLICIES, text).filter(|policy| *policy != QuotePolicy::Manual)
    }
}

impl rusqlite::ToSql for QuoteState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(STATES[*self as usize].0))
    }
}

impl FromSql for QuoteState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        meaning(&STATES, value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl rusqlite::ToSql for QuotePolicy {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(POLICIES[*self as usize].0))
    }
}

impl FromSql for QuotePolicy {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        meaning(&POLICIES, value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// What a new status quotes.
#[derive(Clone, Debug)]
pub struct NewQuote {
    /// The status, where it is known here.
    pub of: Option<StatusId>,
    /// Its ActivityPub id.
    pub uri: String,
    /// Whether its author agreed.
    pub state: QuoteState,
    /// The id of the agreement (FEP-044f), where there is one.
    pub authorization: Option<String>,
}

/// Sets what a status quotes. Counters follow by trigger.
pub fn set(db: &Connection, status: StatusId, quote: &NewQuote) -> Result<()> {
    db.prepare_cached(
        "UPDATE statuses SET quote_of_id = ?2, quote_uri = ?3, quote_state = ?4, quote_authorization = ?5 WHERE id = ?1",
    )?
    .execute(params![
        status,
        quote.of,
        quote.uri,
        quote.state,
        quote.authorization
    ])?;
    Ok(())
}

/// A quote as it stands.
#[derive(Clone, Debug)]
pub struct QuoteRow {
    /// Which status quotes.
    pub status: StatusId,
    /// What it quotes, where that is known here.
    pub of: Option<StatusId>,
    /// The ActivityPub id of that.
    pub uri: String,
    /// The page of that.
    pub url: Option<String>,
    /// Its author, where it is known here.
    pub author: Option<AccountId>,
    /// Whether its author agreed.
    pub state: QuoteState,
    /// The id of the agreement.
    pub authorization: Option<String>,
}

/// The quotes of a page of statuses, in one query.
pub fn of_statuses(db: &Connection, page: &[StatusId]) -> Result<Vec<QuoteRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT s.id, s.quote_of_id, s.quote_uri, q.uri, q.url, q.account_id, s.quote_state, s.quote_authorization
           FROM json_each(?1) AS page JOIN statuses AS s ON s.id = page.value
           LEFT JOIN statuses AS q ON q.id = s.quote_of_id
          WHERE s.quote_uri IS NOT NULL AND s.quote_state IS NOT NULL",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok(QuoteRow {
            status: row.get(0)?,
            of: row.get(1)?,
            uri: row.get(2)?,
            url: match (row.get::<_, Option<String>>(3)?, row.get(4)?) {
                (Some(uri), Some(kept)) => Some(addresses::page(&uri, kept)),
                _ => None,
            },
            author: row.get(5)?,
            state: row.get(6)?,
            authorization: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The quote of one status.
pub fn of_status(db: &Connection, status: StatusId) -> Result<Option<QuoteRow>> {
    Ok(of_statuses(db, &[status])?.pop())
}

/// The status that an agreement of that id lets quote.
pub fn by_authorization(db: &Connection, uri: &str) -> Result<Option<StatusId>> {
    Ok(db
        .prepare_cached("SELECT id FROM statuses WHERE quote_authorization = ?1")?
        .query_row(params![uri], |row| row.get(0))
        .optional()?)
}

/// The status quotes nothing any more.
pub fn clear(db: &Connection, status: StatusId) -> Result<()> {
    // One after the other: the counter of what was quoted follows the first.
    db.prepare_cached("UPDATE statuses SET quote_state = NULL WHERE id = ?1")?
        .execute(params![status])?;
    db.prepare_cached(
        "UPDATE statuses SET quote_of_id = NULL, quote_uri = NULL, quote_authorization = NULL WHERE id = ?1",
    )?
    .execute(params![status])?;
    Ok(())
}

/// The author of what is quoted decided.
pub fn decide(
    db: &Connection,
    status: StatusId,
    state: QuoteState,
    authorization: Option<&str>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE statuses SET quote_state = ?2, quote_authorization = ?3 WHERE id = ?1",
    )?
    .execute(params![status, state, authorization])?;
    Ok(())
}

/// Sets who may quote a status.
pub fn set_policy(db: &Connection, status: StatusId, policy: QuotePolicy) -> Result<()> {
    db.prepare_cached("UPDATE statuses SET quote_policy = ?2 WHERE id = ?1")?
        .execute(params![status, policy])?;
    Ok(())
}

/// A page of the statuses that quote one and that the viewer may see, newest first.
pub fn list(
    db: &Connection,
    viewer: Option<AccountId>,
    quoted: StatusId,
    page: &Page,
) -> Result<Vec<StatusId>> {
    macro_rules! sql {
        ($order:literal) => {
            concat!(
                "SELECT s.id FROM statuses AS s INDEXED BY statuses_quote
                  WHERE s.quote_of_id = ?3 AND s.id < ?1 AND s.id > ?2 AND s.quote_state = 'accepted' AND ",
                visible!("s", "?4"),
                " AND ",
                unblocked!("s", "?4"),
                " ORDER BY s.id ",
                $order,
                " LIMIT ?5"
            )
        };
    }
    let sql = if page.upwards() {
        sql!("ASC")
    } else {
        sql!("DESC")
    };
    ids(
        db,
        sql,
        params![page.before(), page.after(), quoted, viewer, page.limit],
        page.upwards(),
    )
}

/// Local people who quote a status with its author's consent.
pub fn local_quoters(db: &Connection, quoted: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT DISTINCT s.account_id FROM statuses AS s JOIN users AS u ON u.account_id = s.account_id
          WHERE s.quote_of_id = ?1 AND s.quote_state = 'accepted'",
    )?;
    let rows = stmt.query_map(params![quoted], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
