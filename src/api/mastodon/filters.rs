//! Filters, second version of the API: each with its keywords and statuses.

use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::db;
use crate::db::filters::{Action, Contexts};
use crate::error::{Error, Result};
use crate::ids::{FilterStatusId, KeywordId};
use crate::ops::filters::{self, Change, KeywordChange};
use crate::views::filter::{Filter, FilterKeyword, FilterStatus};
use crate::web::ctx::Ctx;
use crate::web::params::Params;
use crate::web::reply::Reply;

/// `GET /api/v2/filters`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let found = cx.app.db().read(|db| db::filters::of(db, me))?;
    Reply::json(&found.into_iter().map(Filter::from).collect::<Vec<_>>())
}

/// `GET /api/v2/filters/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    Reply::json(&Filter::from(asked_for(cx)?))
}

/// The filter in the path.
fn asked_for(cx: &Ctx) -> Result<db::filters::Filter> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().read(|db| db::filters::owned_by(db, me, id))
}

/// `POST /api/v2/filters`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.require("title")?;
    let change = change(cx)?;
    let made = cx.app.db().write(|tx| filters::create(tx, me, &change))?;
    Reply::json(&Filter::from(made))
}

/// `PUT /api/v2/filters/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let change = change(cx)?;
    let changed = cx
        .app
        .db()
        .write(|tx| filters::update(tx, me, id, &change))?;
    Reply::json(&Filter::from(changed))
}

/// `DELETE /api/v2/filters/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| filters::delete(tx, me, id))?;
    Reply::json(&json!({}))
}

fn change(cx: &Ctx) -> Result<Change> {
    let params = &cx.params;
    let action = match params.nonempty("filter_action") {
        None => None,
        Some(word) => Some(
            Action::parse(&word)
                .ok_or_else(|| Error::Invalid("filter_action is one of warn, hide, blur".into()))?,
        ),
    };
    let keywords = params.maps("keywords_attributes").into_iter();
    Ok(Change {
        title: params.text("title").map(|title| title.into_owned()),
        contexts: contexts(params)?,
        action,
        expires_at: expiry(params)?,
        keywords: keywords.map(keyword_change).collect::<Result<_>>()?,
    })
}

/// The parameter `context`; unknown words are refused rather than dropped.
pub(super) fn contexts(params: &Params) -> Result<Option<Contexts>> {
    if !params.has("context") {
        return Ok(None);
    }
    let contexts = Contexts::parse(&params.list("context"));
    contexts.map(Some).ok_or_else(|| {
        Error::Invalid("context is any of home, notifications, public, thread, account".into())
    })
}

/// No filter with an end applies longer.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The parameter `expires_in`, in seconds; an empty one means never (mastodon-api 0.1).
pub(super) fn expiry(params: &Params) -> Result<Option<Option<Timestamp>>> {
    if !params.has("expires_in") {
        return Ok(None);
    }
    let seconds = params.int("expires_in")?;
    Ok(Some(seconds.map(|seconds| {
        let seconds = Duration::from_secs(seconds.try_into().unwrap_or(0));
        Timestamp::now().plus(seconds.min(LONGEST))
    })))
}

fn keyword_change(params: &Params) -> Result<KeywordChange> {
    let id = match params.nonempty("id") {
        None => None,
        Some(id) => Some(KeywordId(id.parse().map_err(|_| Error::record())?)),
    };
    Ok(KeywordChange {
        id,
        keyword: params.text("keyword").map(|text| text.into_owned()),
        whole_word: params.bool("whole_word"),
        remove: params.bool("_destroy").unwrap_or(false),
    })
}

/// `GET /api/v2/filters/{id}/keywords`
pub fn keywords(cx: &Ctx) -> Result<Reply> {
    let keywords = asked_for(cx)?.keywords.into_iter();
    Reply::json(&keywords.map(FilterKeyword::from).collect::<Vec<_>>())
}

/// `POST /api/v2/filters/{id}/keywords`
pub fn add_keyword(cx: &Ctx) -> Result<Reply> {
    let (me, id, text) = (cx.me()?.id, cx.id("id", "Record")?, cx.require("keyword")?);
    let whole_word = cx.params.bool("whole_word");
    let made = cx
        .app
        .db()
        .write(|tx| filters::add_keyword(tx, me, id, &text, whole_word))?;
    Reply::json(&FilterKeyword::from(made))
}

/// `GET /api/v2/filters/keywords/{id}`
pub fn keyword(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let (_, keyword) = cx.app.db().read(|db| filters::keyword(db, me, id))?;
    Reply::json(&FilterKeyword::from(keyword))
}

/// `PUT /api/v2/filters/keywords/{id}`
pub fn update_keyword(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let change = keyword_change(&cx.params)?;
    let changed = cx
        .app
        .db()
        .write(|tx| filters::update_keyword(tx, me, id, &change))?;
    Reply::json(&FilterKeyword::from(changed))
}

/// `DELETE /api/v2/filters/keywords/{id}`
pub fn delete_keyword(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app
        .db()
        .write(|tx| filters::delete_keyword(tx, me, id))?;
    Reply::json(&json!({}))
}

/// `GET /api/v2/filters/{id}/statuses`
pub fn statuses(cx: &Ctx) -> Result<Reply> {
    let statuses = asked_for(cx)?.statuses.into_iter();
    Reply::json(&statuses.map(FilterStatus::from).collect::<Vec<_>>())
}

/// `POST /api/v2/filters/{id}/statuses`
pub fn add_status(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.require("status_id")?;
    let status = cx.id("status_id", "Record")?;
    let entry = cx
        .app
        .db()
        .write(|tx| filters::add_status(tx, me, id, status))?;
    Reply::json(&FilterStatus::from((entry, status)))
}

/// `GET /api/v2/filters/statuses/{id}`
pub fn status(cx: &Ctx) -> Result<Reply> {
    let (me, id): (_, FilterStatusId) = (cx.me()?.id, cx.id("id", "Record")?);
    let filter = cx.app.db().read(|db| db::filters::of_status(db, me, id))?;
    let entry = filter.statuses.into_iter().find(|(entry, _)| *entry == id);
    Reply::json(&FilterStatus::from(entry.ok_or(Error::record())?))
}

/// `DELETE /api/v2/filters/statuses/{id}`
pub fn delete_status(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| filters::delete_status(tx, me, id))?;
    Reply::json(&json!({}))
}
