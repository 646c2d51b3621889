//! Collections below an actor: what it posted, whom it follows and who follows it, what it pinned.

use rusqlite::Connection;

use super::actors::{Found, find};
use super::caller;
use super::documents::collection::{Collection, Page as CollectionPage};
use super::documents::note::{self, Carrier, Posted};
use super::documents::{self, Document, Tag};
use crate::db::accounts::AccountRow;
use crate::db::page::{Keyed, Page};
use crate::db::timelines::{self, Filter, Profile};
use crate::db::visibility::Visibility;
use crate::db::{accounts, featured_tags, follows};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::views::tag_url;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Posts on one page.
const POSTS: i64 = 20;

/// Accounts on one page.
const ACCOUNTS: i64 = 40;

/// The account of the path, and who asks.
fn opened(
    cx: &Ctx,
    then: impl FnOnce(&AccountRow, Option<AccountId>) -> Result<Reply>,
) -> Result<Reply> {
    match find(cx)? {
        Found::Gone(reply) => Ok(reply),
        Found::Here(row) => then(&row, caller::known(cx)?),
    }
}

fn page(cx: &Ctx, limit: i64) -> Page {
    Page {
        max_id: cx.optional_id("max_id"),
        min_id: cx.optional_id("min_id"),
        limit,
        ..Page::default()
    }
}

/// How a page was asked for.
fn asked(page: &Page) -> String {
    let mut text = "page=true".to_owned();
    for (name, id) in [("max_id", page.max_id), ("min_id", page.min_id)] {
        if let Some(id) = id {
            text.push_str(&format!("&{name}={id}"));
        }
    }
    text
}

/// `GET /users/{name}/outbox`: posts that the caller may see, the newest first.
pub fn outbox(cx: &Ctx) -> Result<Reply> {
    opened(cx, |account, caller| {
        let own = format!("{}/outbox", account.uri);
        if !cx.params.has("page") {
            let first = format!("{own}?page=true");
            let total = Some(account.statuses_count);
            let whole = Collection::<String>::paged(own, total, Some(first));
            return documents::reply(cx, &Document::new(whole));
        }
        let page = page(cx, POSTS);
        let document = cx.app.db().read(|db| {
            // What is addressed to people by name or stays here is in nobody's outbox.
            let filter = Filter {
                viewer: caller,
                exclude_visibilities: vec![Visibility::Direct, Visibility::List, Visibility::Local],
                ..Filter::default()
            };
            let ids = timelines::by_account(db, &page, &filter, account.id, &Profile::default())?;
            let items: Vec<Carrier> = note::page(db, cx.app.house(), &ids)?
                .into_iter()
                .map(Posted::into_activity)
                .collect();
            let next = ids.last().filter(|_| ids.len() as i64 == POSTS);
            let (next, prev) = (next.map(|id| id.0), ids.first().map(|id| id.0));
            Ok(CollectionPage::new(&own, &asked(&page), items, next, prev))
        })?;
        documents::reply(cx, &Document::new(document))
    })
}

/// `GET /users/{name}/followers`
pub fn followers(cx: &Ctx) -> Result<Reply> {
    opened(cx, |account, _| {
        let count = match account.hide_followers && account.hide_followers_count {
            true => 0,
            false => account.followers_count,
        };
        people(
            cx,
            account,
            "followers",
            count,
            account.hide_followers,
            follows::followers,
        )
    })
}

/// `GET /users/{name}/following`
pub fn following(cx: &Ctx) -> Result<Reply> {
    opened(cx, |account, _| {
        let count = match account.hide_follows && account.hide_follows_count {
            true => 0,
            false => account.following_count,
        };
        people(
            cx,
            account,
            "following",
            count,
            account.hide_follows,
            follows::following,
        )
    })
}

/// A list of accounts that its owner may hide.
fn people(
    cx: &Ctx,
    account: &AccountRow,
    name: &str,
    count: i64,
    is_hidden: bool,
    list: impl FnOnce(&Connection, AccountId, &Page) -> Result<Keyed>,
) -> Result<Reply> {
    let own = format!("{}/{name}", account.uri);
    if !cx.params.has("page") {
        let first = (!is_hidden).then(|| format!("{own}?page=true"));
        let whole = Collection::<String>::paged(own, Some(count), first);
        return documents::reply(cx, &Document::new(whole));
    }
    if is_hidden {
        return Err(Error::Forbidden("The owner keeps this list private".into()));
    }
    let page = page(cx, ACCOUNTS);
    let document = cx.app.db().read(|db| {
        let found = list(db, account.id, &page)?;
        let uris = accounts::uris(db, &found.accounts)?;
        let next = found
            .keys
            .last()
            .filter(|_| found.keys.len() as i64 == ACCOUNTS);
        let (next, prev) = (next.copied(), found.keys.first().copied());
        Ok(CollectionPage::new(&own, &asked(&page), uris, next, prev))
    })?;
    documents::reply(cx, &Document::new(document))
}

/// `GET /users/{name}/collections/featured`: the pinned posts, whole.
pub fn featured(cx: &Ctx) -> Result<Reply> {
    opened(cx, |account, caller| {
        let own = format!("{}/collections/featured", account.uri);
        let notes = cx.app.db().read(|db| {
            let ids = timelines::pinned(db, caller, account.id)?;
            note::page(db, cx.app.house(), &ids)
        })?;
        let notes = notes.into_iter().filter_map(|posted| match posted {
            Posted::Note(note) => Some(note),
            Posted::Announce(_) => None,
        });
        let whole = Collection::whole(own, notes.collect());
        documents::reply(cx, &Document::new(whole))
    })
}

/// `GET /users/{name}/collections/tags`: the tags that the owner shows on the profile.
pub fn tags(cx: &Ctx) -> Result<Reply> {
    opened(cx, |account, _| {
        let own = format!("{}/collections/tags", account.uri);
        let shown = cx.app.db().read(|db| featured_tags::of(db, account.id))?;
        let tags = shown.iter().map(|row| Tag::Hashtag {
            href: tag_url(cx.app.base(), &row.name),
            name: format!("#{}", row.name),
        });
        let whole = Collection::whole(own, tags.collect());
        documents::reply(cx, &Document::new(whole))
    })
}

/// `GET /actor/outbox`: the server says nothing by itself.
pub fn instance_outbox(cx: &Ctx) -> Result<Reply> {
    nothing_said(cx, &super::instance_actor(cx.app.base()))
}

/// `GET /relay/outbox`: nor does it by its other name.
pub fn relay_outbox(cx: &Ctx) -> Result<Reply> {
    nothing_said(cx, &super::relay_actor(cx.app.base()))
}

fn nothing_said(cx: &Ctx, actor: &str) -> Result<Reply> {
    let own = format!("{actor}/outbox");
    documents::reply(
        cx,
        &Document::new(Collection::<String>::whole(own, Vec::new())),
    )
}
