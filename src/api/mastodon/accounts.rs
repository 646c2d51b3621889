//! Accounts: finding and showing them.

use rusqlite::Connection;

use crate::db;
use crate::db::account_search::{self, Query};
use crate::db::accounts::AccountRow;
use crate::db::page::{Keyed, Page};
use crate::error::{Error, Result};
use crate::fed::resolve;
use crate::ids::AccountId;
use crate::views::View;
use crate::views::credential_account;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Accounts that one request may name.
const MAX_IDS: usize = 80;

/// `GET /api/v1/accounts/verify_credentials`
pub fn verify_credentials(cx: &Ctx) -> Result<Reply> {
    let (me, db) = (cx.me()?.id, cx.app.db());
    // Local emoji are part of it, and change without the database.
    let generation = db.generation() + cx.app.house().emojis.generation();
    let name = format!("verify_credentials {me}");
    let bytes = cx.app.kept().bytes(&name, generation, || {
        let account = db.read(|db| credential_account::load(&cx.view(db), me))?;
        Ok(serde_json::to_vec(&account)?)
    })?;
    Ok(Reply::bytes("application/json; charset=utf-8", bytes))
}

/// `GET /api/v1/accounts/{id}`, by id or name
pub fn show(cx: &Ctx) -> Result<Reply> {
    let named = cx.params.text("id").unwrap_or_default();
    cx.app.db().read(|db| {
        let view = cx.view(db);
        let found =
            db::accounts::by_id_or_name(db, cx.app.base(), named.trim())?.ok_or_else(unknown)?;
        // Strangers find remote accounts by id only (pleroma-contract A.3).
        if named.contains('@') && !found.is_local() && view.viewer.is_none() {
            return Err(unknown());
        }
        shown(cx, &view, &found)
    })
}

/// `GET /api/v1/accounts/lookup?acct=`
pub fn lookup(cx: &Ctx) -> Result<Reply> {
    let acct = cx.require("acct")?;
    let known = |db: &Connection| db::accounts::by_name(db, cx.app.base(), acct.trim());
    // People who live here may have others looked up; strangers are told what is known.
    if cx.viewer().is_some() && cx.app.db().read(known)?.is_none() {
        resolve::asked(cx.app, &acct);
    }
    cx.app.db().read(|db| {
        let view = cx.view(db);
        let found = known(db)?;
        shown(cx, &view, &found.ok_or_else(unknown)?)
    })
}

fn unknown() -> Error {
    Error::Status(404, "Can't find user".into())
}

fn shown(cx: &Ctx, view: &View, account: &AccountRow) -> Result<Reply> {
    let id = account.id;
    if account.hidden && !view.admin {
        return Err(unknown());
    }
    if view.viewer == Some(id) {
        return Reply::json(&credential_account::without_store(view, id)?);
    }
    if with_relationships(cx) {
        return Reply::json(&view.related_accounts(&[id])?.pop().ok_or_else(unknown)?);
    }
    Reply::json(&view.account(id)?)
}

/// `GET /api/v1/accounts?id[]=`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let asked = ids(cx);
    cx.app.db().read(|db| {
        let view = cx.view(db);
        let ids = db::accounts::visible_among(db, &asked, view.admin)?;
        accounts(cx, &view, &ids)
    })
}

/// `GET /api/v1/accounts/relationships?id[]=`
pub fn relationships(cx: &Ctx) -> Result<Reply> {
    let asked = ids(cx);
    cx.app.db().read(|db| {
        let view = cx.view(db);
        Reply::json(&view.relationships(&asked, view.admin)?)
    })
}

fn ids(cx: &Ctx) -> Vec<AccountId> {
    let ids = cx.params.ids("id");
    ids.into_iter().take(MAX_IDS).map(AccountId).collect()
}

/// `GET /api/v1/accounts/search`
pub fn search(cx: &Ctx) -> Result<Reply> {
    let typed = cx.require("q")?;
    let limit = cx.page(40, 80).limit;
    let offset = cx.params.int("offset").ok().flatten().unwrap_or(0).max(0);
    let following = cx.viewer().is_some() && following(cx);
    cx.app.db().read(|db| {
        let view = cx.view(db);
        let found = match Query::parse(&typed, cx.app.base()) {
            Some(query) => account_search::find(db, view.viewer, &query, following, limit, offset)?,
            None => Vec::new(),
        };
        accounts(cx, &view, &found)
    })
}

/// Some clients put another parameter's word here: only a boolean counts (mastodon-api 1.5).
fn following(cx: &Ctx) -> bool {
    matches!(
        cx.params.text("following").as_deref(),
        Some("true" | "1" | "on" | "t")
    )
}

/// `GET /api/v1/accounts/{id}/followers`
pub fn followers(cx: &Ctx) -> Result<Reply> {
    follow_list(cx, |account| account.hide_followers, db::follows::followers)
}

/// `GET /api/v1/accounts/{id}/following`
pub fn following_list(cx: &Ctx) -> Result<Reply> {
    follow_list(cx, |account| account.hide_follows, db::follows::following)
}

/// Reads one side of an account's follows.
type ReadFollows = fn(&rusqlite::Connection, AccountId, &Page) -> Result<Keyed>;

fn follow_list(cx: &Ctx, is_hidden: fn(&AccountRow) -> bool, read: ReadFollows) -> Result<Reply> {
    let id: AccountId = cx.id("id", "Record")?;
    let page = cx.page(20, 80);
    cx.app.db().read(|db| {
        let view = cx.view(db);
        let owner = db::accounts::by_id(db, id)?
            .filter(|account| !account.hidden || view.admin)
            .ok_or(Error::record())?;
        if is_hidden(&owner) && view.viewer != Some(id) {
            return Reply::json(&[(); 0]);
        }
        listed(cx, &view, &read(db, id, &page)?)
    })
}

/// `GET /api/v1/accounts/{id}/identity_proofs`: nobody proves anything here.
pub fn identity_proofs(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app.db().read(|db| db::accounts::visible(db, id))?;
    Reply::json(&[(); 0])
}

/// A page of accounts with its `Link` header, with relationships if asked for.
pub(super) fn listed(cx: &Ctx, view: &View, page: &Keyed) -> Result<Reply> {
    if with_relationships(cx) {
        cx.listed(&view.related_accounts(&page.accounts)?, &page.keys)
    } else {
        cx.listed(&view.accounts(&page.accounts)?, &page.keys)
    }
}

pub(super) fn accounts(cx: &Ctx, view: &View, ids: &[AccountId]) -> Result<Reply> {
    if with_relationships(cx) {
        Reply::json(&view.related_accounts(ids)?)
    } else {
        Reply::json(&view.accounts(ids)?)
    }
}

fn with_relationships(cx: &Ctx) -> bool {
    cx.viewer().is_some() && cx.params.bool("with_relationships").unwrap_or(false)
}
