//! Lists of the people and hosts that somebody does not want to meet, and of those who wait to follow.

use serde::Serialize;

use super::accounts::listed;
use crate::clock::Timestamp;
use crate::db;
use crate::error::{Error, Result};
use crate::views::account::Account;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/blocks`
pub fn blocks(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 80));
    cx.app
        .db()
        .read(|db| listed(cx, &cx.view(db), &db::blocks::list(db, me, &page)?))
}

/// `GET /api/v1/follow_requests`
pub fn follow_requests(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 80));
    cx.app
        .db()
        .read(|db| listed(cx, &cx.view(db), &db::follows::requests(db, me, &page)?))
}

/// An account as the list of mutes shows it.
#[derive(Serialize)]
struct MutedAccount {
    #[serde(flatten)]
    account: Account,
    mute_expires_at: Option<Timestamp>,
}

/// `GET /api/v1/mutes`
pub fn mutes(cx: &Ctx) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 80));
    let related = cx.params.bool("with_relationships").unwrap_or(false);
    cx.app.db().read(|db| {
        let found = db::mutes::list(db, me, &page)?;
        let expiries = db::mutes::expiries(db, me, &found.accounts)?;
        let view = cx.view(db);
        let accounts = if related {
            view.related_accounts(&found.accounts)?
        } else {
            view.built_accounts(&found.accounts)?
        };
        let muted = |account: Account| MutedAccount {
            mute_expires_at: expiries.get(&account.core.id).copied(),
            account,
        };
        let entities: Vec<MutedAccount> = accounts.into_iter().map(muted).collect();
        cx.listed(&entities, &found.keys)
    })
}

/// `GET /api/v1/domain_blocks`
pub fn domain_blocks(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    Reply::json(&cx.app.db().read(|db| db::blocks::hosts(db, me))?)
}

/// `POST /api/v1/domain_blocks`
pub fn block_domain(cx: &Ctx) -> Result<Reply> {
    let (me, host) = (cx.me()?.id, host(cx)?);
    cx.app
        .db()
        .write(|tx| db::blocks::insert_host(tx, me, &host))?;
    Reply::json(&serde_json::json!({}))
}

/// `DELETE /api/v1/domain_blocks`
pub fn unblock_domain(cx: &Ctx) -> Result<Reply> {
    let (me, host) = (cx.me()?.id, host(cx)?);
    cx.app
        .db()
        .write(|tx| db::blocks::remove_host(tx, me, &host))?;
    Reply::json(&serde_json::json!({}))
}

/// The host in the form in which accounts carry it.
fn host(cx: &Ctx) -> Result<String> {
    let typed = cx.require("domain")?;
    let host = url::Host::parse(typed.trim())
        .map_err(|_| Error::Invalid("The domain is not valid".into()))?;
    Ok(host.to_string())
}
