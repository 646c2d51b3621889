//! Timelines (mastodon-api 1.4, pleroma-contract A.1).

use rusqlite::Connection;
use url::Url;

use crate::db::filters::Context;
use crate::db::page::Page;
use crate::db::timelines::{self, Filter, Profile, Replies, TagQuery};
use crate::db::visibility::Visibility;
use crate::db::{accounts, lists, tags};
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::views::status::Status;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// The most tags of each kind that a tag timeline combines.
const MOST_TAGS: usize = 4;

/// `GET /api/v1/timelines/home`. What a filter hides is left out here and in lists: clients cannot be relied on for it.
pub fn home(cx: &Ctx) -> Result<Reply> {
    own_timeline(cx, timelines::home)
}

/// `GET /api/v1/timelines/public`
pub fn public(cx: &Ctx) -> Result<Reply> {
    let host = cx.params.nonempty("instance").map(|host| {
        let host = host.to_lowercase();
        if cx.app.base().is_own(&host) {
            String::new()
        } else {
            host
        }
    });
    timeline(cx, |db, page, filter| {
        timelines::public(db, page, filter, host.as_deref())
    })
}

/// `GET /api/v1/timelines/direct`
pub fn direct(cx: &Ctx) -> Result<Reply> {
    timeline(cx, timelines::direct)
}

/// `GET /api/v1/timelines/list/{id}`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    own_timeline(cx, |db, page, filter| {
        let list = lists::owned_by(db, me, id)?;
        timelines::list(db, page, filter, list.id)
    })
}

/// `GET /api/v1/timelines/tag/{tag}`
pub fn tag(cx: &Ctx) -> Result<Reply> {
    let names = |key| {
        let mut names = cx.params.list(key);
        names.truncate(MOST_TAGS);
        names
    };
    let (mut any, all, none) = (names("any"), names("all"), names("none"));
    any.extend(cx.params.nonempty("tag").map(|name| name.into_owned()));
    timeline(cx, |db, page, filter| {
        let query = TagQuery {
            any: tags::ids(db, &any)?,
            all: tags::ids(db, &all)?,
            none: tags::ids(db, &none)?,
        };
        // A tag that nobody used yet is on no status.
        if query.all.len() < all.len() {
            return Ok(Vec::new());
        }
        timelines::tagged(db, page, filter, &query)
    })
}

/// `GET /api/v1/timelines/link?url=`: what links to a page, as its preview names it.
pub fn link(cx: &Ctx) -> Result<Reply> {
    let url = cx.require("url")?;
    let url = Url::parse(&url).map(|mut url| {
        url.set_fragment(None);
        url.to_string()
    });
    let url = url.map_err(|_| Error::Invalid("The url is no address".into()))?;
    timeline(cx, |db, page, filter| {
        timelines::linking(db, page, filter, &url)
    })
}

/// `GET /api/v1/accounts/{id}/statuses`
pub fn by_account(cx: &Ctx) -> Result<Reply> {
    let name = cx.require("id")?;
    let flag = |key| cx.params.bool(key).unwrap_or(false);
    timeline(cx, |db, page, filter| {
        let account = accounts::by_id_or_name(db, cx.app.base(), &name)?
            .filter(|account| !account.hidden)
            .ok_or(Error::record())?;
        if flag("pinned") {
            return timelines::pinned(db, cx.viewer(), account.id);
        }
        let tag = match cx.params.nonempty("tagged") {
            None => None,
            Some(name) => match tags::ids(db, &[name.into_owned()])?.pop() {
                Some(tag) => Some(tag),
                None => return Ok(Vec::new()),
            },
        };
        let profile = Profile {
            exclude_replies: flag("exclude_replies"),
            exclude_reblogs: flag("exclude_reblogs"),
            tag,
        };
        timelines::by_account(db, page, filter, account.id, &profile)
    })
}

/// Reads a page of ids and shows their statuses, in one snapshot.
fn timeline(
    cx: &Ctx,
    ids: impl FnOnce(&Connection, &Page, &Filter) -> Result<Vec<StatusId>>,
) -> Result<Reply> {
    let (ids, statuses) = read(cx, ids)?;
    cx.listed(&statuses, &ids)
}

/// As [`timeline`], without what the caller's filters hide at home. The page's ends stay where they are.
fn own_timeline(
    cx: &Ctx,
    ids: impl FnOnce(&Connection, &Page, &Filter) -> Result<Vec<StatusId>>,
) -> Result<Reply> {
    let (ids, mut statuses) = read(cx, ids)?;
    statuses.retain(|status| !status.is_hidden_in(Context::Home));
    cx.listed(&statuses, &ids)
}

fn read(
    cx: &Ctx,
    ids: impl FnOnce(&Connection, &Page, &Filter) -> Result<Vec<StatusId>>,
) -> Result<(Vec<StatusId>, Vec<Status>)> {
    let (page, filter) = (cx.page(20, 40), filter(cx));
    cx.app.db().read(|db| {
        let ids = ids(db, &page, &filter)?;
        let statuses = cx.view(db).statuses(&ids)?;
        Ok((ids, statuses))
    })
}

/// What the parameters leave out.
fn filter(cx: &Ctx) -> Filter {
    let flag = |key| cx.params.bool(key).unwrap_or(false);
    let excluded = cx.params.list("exclude_visibilities");
    let replies = match cx.params.text("reply_visibility").as_deref() {
        Some("following") if cx.viewer().is_some() => Replies::Following,
        Some("self") if cx.viewer().is_some() => Replies::ToMe,
        _ => Replies::All,
    };
    Filter {
        viewer: cx.viewer(),
        with_muted: flag("with_muted"),
        exclude_visibilities: excluded
            .iter()
            .filter_map(|word| Visibility::parse(word))
            .collect(),
        only_media: flag("only_media"),
        local: flag("local"),
        remote: flag("remote"),
        replies,
    }
}
