//! Where clients want to be told of notifications by Web Push, and of which.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::json_ids;
use super::notifications::Kind;
use crate::error::Result;
use crate::ids::{self, AccountId, TokenId};

/// A subscription.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct SubscriptionRow {
    pub id: i64,
    pub token: TokenId,
    pub account: AccountId,
    pub endpoint: String,
    pub p256dh: Vec<u8>,
    pub auth: Vec<u8>,
    pub standard: bool,
    /// JSON `{kind of notification: boolean}`
    pub alerts: String,
    pub policy: Policy,
    pub sealed_token: Option<String>,
}

/// About whose acts somebody wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Anybody's.
    #[default]
    All,
    /// Of those whom one follows.
    Followed,
    /// Of those who follow one.
    Follower,
    /// Nobody's.
    None,
}

const POLICIES: [(&str, Policy); 4] = [
    ("all", Policy::All),
    ("followed", Policy::Followed),
    ("follower", Policy::Follower),
    ("none", Policy::None),
];

impl Policy {
    /// Reads the API's word.
    pub fn parse(text: &str) -> Option<Policy> {
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

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, token_id, account_id, endpoint, p256dh, auth, standard, alerts, policy, sealed_token FROM push_subscriptions ",
            $rest
        )
    };
}

impl SubscriptionRow {
    fn read(row: &Row) -> rusqlite::Result<SubscriptionRow> {
        Ok(SubscriptionRow {
            id: row.get(0)?,
            token: row.get(1)?,
            account: row.get(2)?,
            endpoint: row.get(3)?,
            p256dh: row.get(4)?,
            auth: row.get(5)?,
            standard: row.get(6)?,
            alerts: row.get(7)?,
            policy: Policy::parse(&row.get::<_, String>(8)?).unwrap_or_default(),
            sealed_token: row.get(9)?,
        })
    }
}

/// The subscription made with a token.
pub fn of_token(db: &Connection, token: TokenId) -> Result<Option<SubscriptionRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE token_id = ?1"))?;
    Ok(stmt
        .query_row(params![token], SubscriptionRow::read)
        .optional()?)
}

/// A subscription by its own id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<SubscriptionRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE id = ?1"))?;
    Ok(stmt
        .query_row(params![id], SubscriptionRow::read)
        .optional()?)
}

/// Makes the subscription of a token, in the place of the one that it had. The row's id is not looked at.
pub fn replace(db: &Connection, new: &SubscriptionRow) -> Result<()> {
    delete_of(db, new.token)?;
    db.prepare_cached(
        "INSERT INTO push_subscriptions (id, token_id, account_id, endpoint, p256dh, auth, standard, alerts, policy, sealed_token)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        ids::next(),
        new.token,
        new.account,
        new.endpoint,
        new.p256dh,
        new.auth,
        new.standard,
        new.alerts,
        new.policy.name(),
        new.sealed_token
    ])?;
    Ok(())
}

/// Sets what a subscription tells of.
pub fn set_data(db: &Connection, token: TokenId, alerts: &str, policy: Policy) -> Result<()> {
    db.prepare_cached(
        "UPDATE push_subscriptions SET alerts = ?2, policy = ?3 WHERE token_id = ?1",
    )?
    .execute(params![token, alerts, policy.name()])?;
    Ok(())
}

/// Has messages carry another secret of their token, where they carry one.
pub fn set_sealed_token(db: &Connection, token: TokenId, sealed: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE push_subscriptions SET sealed_token = ?2 WHERE token_id = ?1 AND sealed_token IS NOT NULL",
    )?
    .execute(params![token, sealed])?;
    Ok(())
}

/// Ends the subscription of a token.
pub fn delete_of(db: &Connection, token: TokenId) -> Result<()> {
    db.prepare_cached("DELETE FROM push_subscriptions WHERE token_id = ?1")?
        .execute(params![token])?;
    Ok(())
}

/// Ends a subscription.
pub fn delete(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM push_subscriptions WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Subscriptions of these people that want to be told when this actor does this.
pub fn wanting(
    db: &Connection,
    people: &[AccountId],
    actor: AccountId,
    kind: Kind,
) -> Result<Vec<(AccountId, i64)>> {
    let mut stmt = db.prepare_cached(
        "SELECT s.account_id, s.id FROM json_each(?1) AS people JOIN push_subscriptions AS s ON s.account_id = people.value
          WHERE EXISTS (SELECT 1 FROM json_each(s.alerts) AS alert WHERE alert.key = ?3 AND alert.value = 1)
            AND CASE s.policy
                WHEN 'followed' THEN EXISTS (SELECT 1 FROM follows WHERE account_id = s.account_id AND target_id = ?2 AND pending = 0)
                WHEN 'follower' THEN EXISTS (SELECT 1 FROM follows WHERE account_id = ?2 AND target_id = s.account_id AND pending = 0)
                WHEN 'none' THEN 0 ELSE 1 END",
    )?;
    let found = stmt.query_map(params![json_ids(people), actor, kind.name()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
