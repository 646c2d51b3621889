//! What people do with statuses, and the lists that come of it (mastodon-api 1.3).

use std::time::Duration;

use rusqlite::Connection;

use super::statuses::{done, rules, visibility};
use crate::clock::Timestamp;
use crate::db::page::Page;
use crate::db::{self, Tx, conversations};
use crate::error::{Error, Result};
use crate::ids::{AccountId, FolderId, StatusId};
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Does something to a status as the caller; answers with the status that comes of it.
fn act(cx: &Ctx, act: impl FnOnce(&Tx, AccountId, StatusId) -> Result<StatusId>) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    done(cx, |tx| act(tx, me, id))
}

/// `POST /api/v1/statuses/{id}/favourite`
pub fn favourite(cx: &Ctx) -> Result<Reply> {
    act(cx, ops::favourites::add)
}

/// `POST /api/v1/statuses/{id}/unfavourite`
pub fn unfavourite(cx: &Ctx) -> Result<Reply> {
    act(cx, ops::favourites::remove)
}

/// `POST /api/v1/statuses/{id}/reblog`
pub fn reblog(cx: &Ctx) -> Result<Reply> {
    let (rules, visibility) = (rules(cx), visibility(&cx.params, "visibility")?);
    act(cx, |tx, me, id| {
        ops::statuses::reblog(tx, &rules, me, id, visibility)
    })
}

/// `POST /api/v1/statuses/{id}/unreblog`
pub fn unreblog(cx: &Ctx) -> Result<Reply> {
    act(cx, ops::statuses::unreblog)
}

/// `POST /api/v1/statuses/{id}/bookmark`
pub fn bookmark(cx: &Ctx) -> Result<Reply> {
    let folder = folder(cx)?;
    act(cx, |tx, me, id| {
        ops::bookmark_folders::bookmark(tx, me, id, folder)
    })
}

/// `POST /api/v1/statuses/{id}/unbookmark`
pub fn unbookmark(cx: &Ctx) -> Result<Reply> {
    act(cx, |tx, me, id| {
        let status = db::statuses::target(tx, me, id)?.id;
        db::bookmarks::delete(tx, me, status)?;
        Ok(status)
    })
}

/// `POST /api/v1/statuses/{id}/pin`
pub fn pin(cx: &Ctx) -> Result<Reply> {
    let most = cx.app.config().instance.max_pinned;
    act(cx, |tx, me, id| ops::pins::add(tx, me, id, most))
}

/// `POST /api/v1/statuses/{id}/unpin`
pub fn unpin(cx: &Ctx) -> Result<Reply> {
    act(cx, ops::pins::remove)
}

/// `POST /api/v1/statuses/{id}/mute`
pub fn mute(cx: &Ctx) -> Result<Reply> {
    let seconds = cx.params.int("expires_in")?;
    let until = seconds
        .filter(|seconds| *seconds > 0)
        .map(|seconds| Timestamp::now().plus(Duration::from_secs(seconds as u64)));
    act(cx, |tx, me, id| {
        let status = db::statuses::target(tx, me, id)?;
        conversations::mute(tx, me, status.conversation, until)?;
        Ok(status.id)
    })
}

/// `POST /api/v1/statuses/{id}/unmute`
pub fn unmute(cx: &Ctx) -> Result<Reply> {
    act(cx, |tx, me, id| {
        let status = db::statuses::target(tx, me, id)?;
        conversations::unmute(tx, me, status.conversation)?;
        Ok(status.id)
    })
}

/// `GET /api/v1/favourites`
pub fn favourites(cx: &Ctx) -> Result<Reply> {
    own_list(cx, db::favourites::list)
}

/// A folder of bookmarks; what cannot be an id names none of anybody's.
fn folder(cx: &Ctx) -> Result<Option<FolderId>> {
    match cx.params.nonempty("folder_id") {
        None => Ok(None),
        Some(id) => id.parse().map(Some).map_err(|_| Error::record()),
    }
}

/// `GET /api/v1/bookmarks`
pub fn bookmarks(cx: &Ctx) -> Result<Reply> {
    let folder = folder(cx)?;
    own_list(cx, |db, me, page| db::bookmarks::list(db, me, folder, page))
}

/// Lists statuses that the caller did something with.
fn own_list(
    cx: &Ctx,
    list: impl FnOnce(&Connection, AccountId, &Page) -> Result<Vec<(i64, StatusId)>>,
) -> Result<Reply> {
    let (me, page) = (cx.me()?.id, cx.page(20, 40));
    let (keys, statuses) = cx.app.db().read(|db| {
        let (keys, ids): (Vec<_>, Vec<_>) = list(db, me, &page)?.into_iter().unzip();
        Ok((keys, cx.view(db).statuses(&ids)?))
    })?;
    cx.listed(&statuses, &keys)
}

/// `GET /api/v1/statuses/{id}/favourited_by`
pub fn favourited_by(cx: &Ctx) -> Result<Reply> {
    people(cx, db::favourites::accounts)
}

/// `GET /api/v1/statuses/{id}/reblogged_by`
pub fn reblogged_by(cx: &Ctx) -> Result<Reply> {
    people(cx, db::reblogs::accounts)
}

/// Lists people who did something with a status: after a viewer, the status and the page.
type People = fn(&Connection, Option<AccountId>, StatusId, &Page) -> Result<Vec<(i64, AccountId)>>;

fn people(cx: &Ctx, list: People) -> Result<Reply> {
    let (id, page): (StatusId, _) = (cx.id("id", "Record")?, cx.page(40, 80));
    let (keys, accounts) = cx.app.db().read(|db| {
        let status = db::statuses::visible_to(db, cx.viewer(), id)?;
        let status = status.reblog_of.unwrap_or(status.id);
        let found = list(db, cx.viewer(), status, &page)?;
        let (keys, ids): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        Ok((keys, cx.view(db).accounts(&ids)?))
    })?;
    cx.listed(&accounts, &keys)
}
