//! Filters, first version of the API: each is a keyword of a filter of the second version.

use serde_json::json;

use super::filters::{contexts, expiry};
use crate::db;
use crate::db::filters::Action;
use crate::error::{Error, Result};
use crate::ids::KeywordId;
use crate::ops::filters::{self, Change, KeywordChange};
use crate::views::filter::FilterV1;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/filters`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let found = cx.app.db().read(|db| db::filters::of(db, me))?;
    let shown = found.into_iter().flat_map(|filter| {
        let (row, keywords) = (filter.row, filter.keywords.into_iter());
        keywords.map(move |keyword| FilterV1::new(&row, keyword))
    });
    Reply::json(&shown.collect::<Vec<_>>())
}

/// `GET /api/v1/filters/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let (filter, keyword) = cx.app.db().read(|db| filters::keyword(db, me, id))?;
    Reply::json(&FilterV1::new(&filter.row, keyword))
}

/// `POST /api/v1/filters`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.require("phrase")?;
    let change = change(cx, None)?;
    let made = cx.app.db().write(|tx| filters::create(tx, me, &change))?;
    let keyword = made.keywords.into_iter().next().ok_or(Error::record())?;
    Reply::json(&FilterV1::new(&made.row, keyword))
}

/// `PUT /api/v1/filters/{id}`: what concerns the filter is changed only where it has no other keyword.
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let change = change(cx, Some(id))?;
    let (filter, keyword) = cx.app.db().write(|tx| {
        let (filter, _) = filters::keyword(tx, me, id)?;
        if filter.keywords.len() > 1 || !filter.statuses.is_empty() {
            return Err(Error::Invalid(
                "This filter has more than one keyword: change it by the second version of the API"
                    .into(),
            ));
        }
        filters::update(tx, me, filter.row.id, &change)?;
        filters::keyword(tx, me, id)
    })?;
    Reply::json(&FilterV1::new(&filter.row, keyword))
}

/// `DELETE /api/v1/filters/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app
        .db()
        .write(|tx| filters::delete_with_last_keyword(tx, me, id))?;
    Reply::json(&json!({}))
}

/// The phrase is title and keyword in one.
fn change(cx: &Ctx, id: Option<KeywordId>) -> Result<Change> {
    let phrase = cx.params.text("phrase").map(|phrase| phrase.into_owned());
    let irreversible = cx.params.bool("irreversible");
    Ok(Change {
        title: phrase
            .as_ref()
            .map(|phrase| phrase.chars().take(256).collect()),
        contexts: contexts(&cx.params)?,
        action: irreversible.map(|hide| if hide { Action::Hide } else { Action::Warn }),
        expires_at: expiry(&cx.params)?,
        keywords: vec![KeywordChange {
            id,
            keyword: phrase,
            whole_word: cx.params.bool("whole_word"),
            remove: false,
        }],
    })
}
