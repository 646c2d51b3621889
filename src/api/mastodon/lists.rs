//! Lists of accounts. Their timelines are in `timelines`.

use serde_json::json;

use super::accounts::listed;
use crate::db;
use crate::db::lists::{ListRow, RepliesPolicy};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::lists::{self, Change};
use crate::views::list::List;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Accounts that one request may put on a list or take off it.
const MAX_ACCOUNTS: usize = 500;

/// `GET /api/v1/lists`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    shown(cx.app.db().read(|db| db::lists::of(db, me))?)
}

/// `GET /api/v1/accounts/{id}/lists`
pub fn containing(cx: &Ctx) -> Result<Reply> {
    let (me, member) = (cx.me()?.id, cx.id("id", "Record")?);
    shown(cx.app.db().read(|db| {
        let member = db::accounts::visible(db, member)?;
        db::lists::containing(db, me, member.id)
    })?)
}

fn shown(rows: Vec<ListRow>) -> Result<Reply> {
    Reply::json(&rows.into_iter().map(List::from).collect::<Vec<_>>())
}

/// `POST /api/v1/lists`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.require("title")?;
    let change = change(cx)?;
    let made = cx.app.db().write(|tx| lists::create(tx, me, &change))?;
    Reply::json(&List::from(made))
}

/// `GET /api/v1/lists/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let found = cx.app.db().read(|db| db::lists::owned_by(db, me, id))?;
    Reply::json(&List::from(found))
}

/// `PUT /api/v1/lists/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let change = change(cx)?;
    let changed = cx.app.db().write(|tx| lists::update(tx, me, id, &change))?;
    Reply::json(&List::from(changed))
}

fn change(cx: &Ctx) -> Result<Change> {
    let replies_policy = match cx.params.nonempty("replies_policy") {
        None => None,
        Some(word) => Some(RepliesPolicy::parse(&word).ok_or_else(|| {
            Error::Invalid("replies_policy is one of followed, list, none".into())
        })?),
    };
    Ok(Change {
        title: cx.params.text("title").map(|title| title.into_owned()),
        replies_policy,
        exclusive: cx.params.bool("exclusive"),
    })
}

/// `DELETE /api/v1/lists/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| lists::delete(tx, me, id))?;
    Reply::json(&json!({}))
}

/// `GET /api/v1/lists/{id}/accounts`. `limit=0` means all (mastodon-api 0.4).
pub fn members(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let mut page = cx.page(40, 80);
    if cx.params.int("limit").ok().flatten() == Some(0) {
        page.limit = i64::MAX;
    }
    cx.app.db().read(|db| {
        let list = db::lists::owned_by(db, me, id)?;
        listed(cx, &cx.view(db), &db::lists::members(db, list.id, &page)?)
    })
}

/// `POST /api/v1/lists/{id}/accounts`
pub fn add(cx: &Ctx) -> Result<Reply> {
    let (me, id, accounts) = (cx.me()?.id, cx.id("id", "Record")?, accounts(cx)?);
    cx.app.db().write(|tx| lists::add(tx, me, id, &accounts))?;
    Reply::json(&json!({}))
}

/// `DELETE /api/v1/lists/{id}/accounts`
pub fn remove(cx: &Ctx) -> Result<Reply> {
    let (me, id, accounts) = (cx.me()?.id, cx.id("id", "Record")?, accounts(cx)?);
    cx.app
        .db()
        .write(|tx| lists::remove(tx, me, id, &accounts))?;
    Reply::json(&json!({}))
}

fn accounts(cx: &Ctx) -> Result<Vec<AccountId>> {
    if !cx.params.has("account_ids") {
        return Err(Error::MissingField("account_ids"));
    }
    let ids = cx.params.ids("account_ids");
    if ids.len() > MAX_ACCOUNTS {
        return Err(Error::Invalid(format!(
            "No more than {MAX_ACCOUNTS} accounts at a time"
        )));
    }
    Ok(ids.into_iter().map(AccountId).collect())
}
