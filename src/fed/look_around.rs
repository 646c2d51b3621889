//! What an account elsewhere shows of itself (federation.md 6.4, 7.3, 7.4): how many follow it, what it pinned and, for whoever
//! follows it now, what it posted before.

use serde_json::Value;

use super::resolve::{self, Budget, Failure, Resolved, passed_over};
use super::wire::{self, Class};
use crate::app::App;
use crate::db::remote_accounts::{self, Counts, Whereabouts};
use crate::db::{pins, statuses};
use crate::ids::{AccountId, StatusId};

/// Posts that are read of what somebody posted before.
const POSTS: usize = 20;

/// Posts that somebody has pinned.
const PINNED: usize = 20;

/// Reads it, as far as it can be had; `posts`: the newest posts too.
pub fn read(app: &App, account: AccountId, posts: bool) -> Resolved<()> {
    let found = app.db().read(|db| remote_accounts::by_id(db, account))?;
    let Some(who) = found else {
        return Ok(());
    };
    let budget = Budget::background();
    let outbox = collection(app, who.outbox.as_deref(), &budget)?;
    let counts = Counts {
        followers: total(&collection(app, who.followers_uri.as_deref(), &budget)?),
        following: total(&collection(app, who.following_uri.as_deref(), &budget)?),
        statuses: total(&outbox),
    };
    if let Some(featured) = &who.featured_uri {
        pinned(app, &who, featured, &budget)?;
    }
    if posts {
        for item in items(app, &outbox, &budget)?.iter().take(POSTS).rev() {
            posted(app, &who, item, &budget)?;
        }
    }
    app.db()
        .write(|tx| remote_accounts::set_counts(tx, account, &counts))?;
    Ok(())
}

fn collection(app: &App, uri: Option<&str>, budget: &Budget) -> Resolved<Value> {
    let found = match uri {
        Some(uri) => passed_over(resolve::document(app, uri, budget))?,
        None => None,
    };
    Ok(found
        .filter(|found| wire::type_of(found).0 == Class::Collection)
        .unwrap_or_default())
}

fn total(collection: &Value) -> Option<i64> {
    wire::get(collection, "totalItems")
        .as_i64()
        .filter(|total| *total >= 0)
}

/// What is in a collection itself, else what is on its first page.
fn items(app: &App, collection: &Value, budget: &Budget) -> Resolved<Vec<Value>> {
    let listed = |page: &Value| {
        let ordered = wire::many(wire::get(page, "orderedItems"));
        let plain = wire::many(wire::get(page, "items"));
        [ordered, plain].concat()
    };
    let found = listed(collection);
    let first = wire::get(collection, "first");
    if !found.is_empty() || first.is_null() {
        return Ok(found);
    }
    if first.is_object() && !listed(first).is_empty() {
        return Ok(listed(first));
    }
    let page = match wire::id_of(first) {
        Some(address) => passed_over(resolve::page(app, address, budget))?,
        None => None,
    };
    Ok(page.as_ref().map(listed).unwrap_or_default())
}

/// Takes a post out of a list of the account's: what is written out there and is its own is believed, all else is asked for.
fn posted(
    app: &App,
    who: &Whereabouts,
    item: &Value,
    budget: &Budget,
) -> Resolved<Option<StatusId>> {
    let (class, kind) = wire::type_of(item);
    let object = match (class, kind) {
        (Class::Activity, "Create") => wire::get(item, "object"),
        (Class::Activity, _) => return Ok(None),
        _ => item,
    };
    let Some(id) = wire::id_of(object) else {
        return Ok(None);
    };
    let is_own = resolve::is_by(object, &who.uri) && wire::same_host(id, &who.uri);
    let found = match wire::type_of(object).0 {
        Class::Post if is_own => resolve::earlier(app, object, budget),
        _ => resolve::document(app, id, budget).and_then(|found| {
            let found = match wire::type_of(&found).0 {
                Class::Activity => wire::get(&found, "object").clone(),
                _ => found,
            };
            match resolve::is_by(&found, &who.uri) && wire::same_host(id, &who.uri) {
                true => resolve::earlier(app, &found, budget),
                false => Err(Failure::Refused("a post of another".into())),
            }
        }),
    };
    passed_over(found)
}

/// The pinned posts, in place of those that were.
fn pinned(app: &App, who: &Whereabouts, featured: &str, budget: &Budget) -> Resolved<()> {
    let list = collection(app, Some(featured), budget)?;
    if list.is_null() {
        return Ok(());
    }
    let mut posts = Vec::new();
    for item in items(app, &list, budget)?.iter().take(PINNED) {
        posts.extend(posted(app, who, item, budget)?);
    }
    app.db().write(|tx| {
        for status in statuses::by_ids(tx, &posts)? {
            if status.account != who.id {
                posts.retain(|id| *id != status.id);
            }
        }
        pins::replace(tx, who.id, &posts)
    })?;
    Ok(())
}
