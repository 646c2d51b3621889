//! Whose notifications somebody wants, and the requests of those whose were kept back.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::clock::Timestamp;
use crate::db::notifications::policy::{self, Policy, Treatment};
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::ops::notification_policy::{self, Change};
use crate::views::View;
use crate::views::status::Status;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// NotificationPolicy, second version.
#[derive(Serialize)]
struct PolicyV2 {
    for_not_following: &'static str,
    for_not_followers: &'static str,
    for_new_accounts: &'static str,
    for_private_mentions: &'static str,
    for_limited_accounts: &'static str,
    summary: Summary,
}

/// NotificationPolicy, first version: what is kept back or dropped alike.
#[derive(Serialize)]
struct PolicyV1 {
    filter_not_following: bool,
    filter_not_followers: bool,
    filter_new_accounts: bool,
    filter_private_mentions: bool,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    pending_requests_count: i64,
    pending_notifications_count: i64,
}

fn read(cx: &Ctx) -> Result<(Policy, Summary)> {
    let me = cx.me()?.id;
    cx.app.db().read(|db| {
        let (requests, notifications) = policy::pending(db, me)?;
        let summary = Summary {
            pending_requests_count: requests,
            pending_notifications_count: notifications,
        };
        Ok((policy::of(db, me)?, summary))
    })
}

/// `GET /api/v2/notifications/policy`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let (policy, summary) = read(cx)?;
    Reply::json(&PolicyV2 {
        for_not_following: policy.for_not_following.name(),
        for_not_followers: policy.for_not_followers.name(),
        for_new_accounts: policy.for_new_accounts.name(),
        for_private_mentions: policy.for_private_mentions.name(),
        for_limited_accounts: policy.for_limited_accounts.name(),
        summary,
    })
}

/// `PATCH /api/v2/notifications/policy`, and `PUT` for clients that say it so
pub fn update(cx: &Ctx) -> Result<Reply> {
    let treatment = |key: &str| match cx.params.nonempty(key) {
        None => Ok(None),
        Some(word) => Treatment::parse(&word)
            .map(Some)
            .ok_or_else(|| Error::Invalid(format!("{key} is one of accept, filter, drop"))),
    };
    change(
        cx,
        &Change {
            for_not_following: treatment("for_not_following")?,
            for_not_followers: treatment("for_not_followers")?,
            for_new_accounts: treatment("for_new_accounts")?,
            for_private_mentions: treatment("for_private_mentions")?,
            for_limited_accounts: treatment("for_limited_accounts")?,
        },
    )?;
    show(cx)
}

/// `GET /api/v1/notifications/policy`
pub fn show_v1(cx: &Ctx) -> Result<Reply> {
    let (policy, summary) = read(cx)?;
    Reply::json(&PolicyV1 {
        filter_not_following: policy.for_not_following != Treatment::Accept,
        filter_not_followers: policy.for_not_followers != Treatment::Accept,
        filter_new_accounts: policy.for_new_accounts != Treatment::Accept,
        filter_private_mentions: policy.for_private_mentions != Treatment::Accept,
        summary,
    })
}

/// `PUT /api/v1/notifications/policy`
pub fn update_v1(cx: &Ctx) -> Result<Reply> {
    let treatment = |key: &str| {
        let filter = cx.params.bool(key);
        filter.map(|on| {
            if on {
                Treatment::Filter
            } else {
                Treatment::Accept
            }
        })
    };
    change(
        cx,
        &Change {
            for_not_following: treatment("filter_not_following"),
            for_not_followers: treatment("filter_not_followers"),
            for_new_accounts: treatment("filter_new_accounts"),
            for_private_mentions: treatment("filter_private_mentions"),
            for_limited_accounts: None,
        },
    )?;
    show_v1(cx)
}

fn change(cx: &Ctx, change: &Change) -> Result<()> {
    let me = cx.me()?.id;
    cx.app
        .db()
        .write(|tx| notification_policy::change(tx, me, change))
}

/// NotificationRequest.
#[derive(Serialize)]
struct Request {
    id: AccountId,
    created_at: Timestamp,
    updated_at: Timestamp,
    notifications_count: i64,
    account: Arc<RawValue>,
    last_status: Option<Status>,
}

/// In the order of the rows, in a fixed number of statements.
fn shown(view: &View, rows: &[policy::Request]) -> Result<Vec<Request>> {
    let people: Vec<AccountId> = rows.iter().map(|row| row.actor).collect();
    let last: Vec<StatusId> = rows.iter().filter_map(|row| row.last_status).collect();
    let statuses = view.statuses(&last)?.into_iter();
    let mut statuses: HashMap<StatusId, Status> =
        statuses.map(|status| (status.id(), status)).collect();
    let accounts = view.accounts(&people)?.into_iter();
    Ok(rows
        .iter()
        .zip(accounts)
        .map(|(row, account)| Request {
            id: row.actor,
            created_at: row.created_at,
            updated_at: row.updated_at,
            notifications_count: row.count,
            account,
            last_status: row.last_status.and_then(|id| statuses.remove(&id)),
        })
        .collect())
}

/// `GET /api/v1/notifications/requests`
pub fn requests(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(40, 80));
    let (keys, entities) = cx.app.db().read(|db| {
        let rows = policy::requests(db, me, &page, None)?;
        let keys: Vec<i64> = rows.iter().map(|row| row.last).collect();
        Ok((keys, shown(&cx.view(db), &rows)?))
    })?;
    cx.listed(&entities, &keys)
}

/// `GET /api/v1/notifications/requests/{id}`
pub fn request(cx: &Ctx) -> Result<Reply> {
    let (me, actor) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().read(|db| {
        let row = notification_policy::request(db, me, actor)?;
        let found = shown(&cx.view(db), &[row])?.pop();
        Reply::json(&found.ok_or(Error::record())?)
    })
}

/// `GET /api/v1/notifications/requests/merged`: what is accepted stands in the list with the answer.
pub fn merged(_: &Ctx) -> Result<Reply> {
    Reply::json(&json!({"merged": true}))
}

/// `POST /api/v1/notifications/requests/{id}/accept`
pub fn accept(cx: &Ctx) -> Result<Reply> {
    one(cx, policy::accept)
}

/// `POST /api/v1/notifications/requests/{id}/dismiss`
pub fn dismiss(cx: &Ctx) -> Result<Reply> {
    one(cx, policy::dismiss)
}

/// `POST /api/v1/notifications/requests/accept`
pub fn accept_many(cx: &Ctx) -> Result<Reply> {
    many(cx, policy::accept)
}

/// `POST /api/v1/notifications/requests/dismiss`
pub fn dismiss_many(cx: &Ctx) -> Result<Reply> {
    many(cx, policy::dismiss)
}

type Act = fn(&rusqlite::Connection, AccountId, &[AccountId]) -> Result<()>;

fn one(cx: &Ctx, act: Act) -> Result<Reply> {
    let (me, actor) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| {
        notification_policy::request(tx, me, actor)?;
        act(tx, me, &[actor])
    })?;
    Reply::json(&json!({}))
}

fn many(cx: &Ctx, act: Act) -> Result<Reply> {
    let me = cx.me()?.id;
    let actors: Vec<AccountId> = cx.params.ids("id").into_iter().map(AccountId).collect();
    cx.app.db().write(|tx| act(tx, me, &actors))?;
    Reply::json(&json!({}))
}
