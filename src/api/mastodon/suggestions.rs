//! Whom somebody might like to follow, and who of their people follows an account already.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::accounts::accounts;
use crate::db;
use crate::db::suggestions::{self, Source};
use crate::error::Result;
use crate::ids::AccountId;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/suggestions`
pub fn v1(cx: &Ctx) -> Result<Reply> {
    let (me, limit) = (cx.me()?.id, cx.page(40, 80).limit);
    cx.app.db().read(|db| {
        let found = suggestions::list(db, me, limit)?.into_iter();
        let ids: Vec<AccountId> = found.map(|(id, _)| id).collect();
        accounts(cx, &cx.view(db), &ids)
    })
}

/// Suggestion. `source` is the older, coarser word.
#[derive(Serialize)]
struct Suggestion {
    source: &'static str,
    sources: [&'static str; 1],
    account: Arc<RawValue>,
}

/// `GET /api/v2/suggestions`
pub fn v2(cx: &Ctx) -> Result<Reply> {
    let (me, limit) = (cx.me()?.id, cx.page(40, 80).limit);
    cx.app.db().read(|db| {
        let (ids, sources): (Vec<AccountId>, Vec<Source>) =
            suggestions::list(db, me, limit)?.into_iter().unzip();
        let found = cx.view(db).accounts(&ids)?.into_iter().zip(sources);
        let shown = found.map(|(account, source)| Suggestion {
            source: "global",
            sources: [match source {
                Source::FriendsOfFriends => "friends_of_friends",
                Source::MostFollowed => "most_followed",
            }],
            account,
        });
        Reply::json(&shown.collect::<Vec<_>>())
    })
}

/// `DELETE /api/v1/suggestions/{id}`
pub fn dismiss(cx: &Ctx) -> Result<Reply> {
    let (me, target) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| {
        let target = db::accounts::visible(tx, target)?;
        suggestions::dismiss(tx, me, target.id)
    })?;
    Reply::json(&json!({}))
}

/// FamiliarFollowers.
#[derive(Serialize)]
struct FamiliarFollowers {
    id: AccountId,
    accounts: Vec<Arc<RawValue>>,
}

/// Accounts that one request may ask about: each is looked up among all of one's follows.
const MAX_IDS: usize = 40;
/// Followers shown of each.
const MAX_SHOWN: usize = 40;

/// `GET /api/v1/accounts/familiar_followers?id[]=`: one entry per account, known or not.
pub fn familiar_followers(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let asked = cx.params.ids("id").into_iter().take(MAX_IDS);
    let asked: Vec<AccountId> = asked.map(AccountId).collect();
    cx.app.db().read(|db| {
        let mut by_account: HashMap<AccountId, Vec<AccountId>> = HashMap::new();
        for (account, follower) in suggestions::familiar_followers(db, me, &asked)? {
            by_account.entry(account).or_default().push(follower);
        }
        by_account
            .values_mut()
            .for_each(|followers| followers.truncate(MAX_SHOWN));
        let all: Vec<AccountId> = by_account.values().flatten().copied().collect();
        let shown: HashMap<AccountId, Arc<RawValue>> = all
            .iter()
            .copied()
            .zip(cx.view(db).accounts(&all)?)
            .collect();
        let answers = asked.iter().map(|id| FamiliarFollowers {
            id: *id,
            accounts: by_account
                .get(id)
                .map(|followers| {
                    followers
                        .iter()
                        .filter_map(|one| shown.get(one).cloned())
                        .collect()
                })
                .unwrap_or_default(),
        });
        Reply::json(&answers.collect::<Vec<_>>())
    })
}
