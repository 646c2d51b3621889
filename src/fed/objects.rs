//! Posts by their ids, the activities that made them, and what hangs on them.

use std::cell::Cell;

use rusqlite::Connection;

use super::caller;
use super::documents::collection::{Collection, Page as CollectionPage, Replies, RepliesPage};
use super::documents::listen::Listen;
use super::documents::note::{self, Posted};
use super::documents::quote::QuoteAuthorization;
use super::documents::{self, Document, Emoji, Tombstone};
use super::wire;
use crate::db::accounts;
use crate::db::conversations;
use crate::db::page::Page;
use crate::db::quotes::{self, QuoteState};
use crate::db::scrobbles;
use crate::db::status_hosts;
use crate::db::statuses::{self, StatusRow};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Replies on one page.
const REPLIES: i64 = 20;

/// A local post that the caller may see. What is for this server alone is not seen by any other.
fn shown(db: &Connection, caller: Option<AccountId>, id: StatusId) -> Result<StatusRow> {
    let row = statuses::visible_to(db, caller, id)?;
    match row.local && row.visibility != Visibility::Local {
        true => Ok(row),
        false => Err(Error::record()),
    }
}

/// Answers with what `write` makes of the post of that id, or with its tombstone.
fn answer<T: serde::Serialize>(
    cx: &Ctx,
    uri: &str,
    write: impl FnOnce(&Connection, StatusRow, Option<AccountId>) -> Result<T>,
) -> Result<Reply> {
    let caller = caller::known(cx)?;
    let written = cx.app.db().read(|db| {
        let Some(id) = statuses::id_of(db, uri)? else {
            return match statuses::tombstone(db, uri)? {
                Some(deleted) => Ok(Err(deleted)),
                None => Err(Error::record()),
            };
        };
        let row = shown(db, caller, id)?;
        write(db, row, caller).map(Ok)
    })?;
    match written {
        Ok(thing) => documents::reply(cx, &Document::new(thing)),
        Err(deleted) => documents::gone(Tombstone::new(uri, Some(deleted))),
    }
}

fn uri(cx: &Ctx, folder: &str) -> String {
    let uuid = cx.params.text("uuid").unwrap_or_default();
    cx.app.base().join(&format!("/{folder}/{uuid}"))
}

/// `GET /objects/{uuid}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let came = Cell::new(None);
    let reply = answer(cx, &uri(cx, "objects"), |db, row, caller| {
        if let Some(caller) = caller
            && let Some(inbox) = status_hosts::unheard(db, row.id, caller)?
        {
            came.set(Some((row.id, inbox)));
        }
        match note::one(db, cx.app.house(), row.id)? {
            Some(Posted::Note(note)) => Ok(note),
            _ => Err(Error::record()),
        }
    })?;
    if let Some((status, inbox)) = came.take()
        && let Some(host) = wire::host_of(&inbox)
    {
        // Whoever came for it hears of its end.
        cx.app
            .db()
            .write(|tx| status_hosts::insert(tx, status, &inbox, &host, true))?;
    }
    Ok(reply)
}

/// `GET /activities/{uuid}`: a reblog, or the making of the post that has the same last part.
pub fn activity(cx: &Ctx) -> Result<Reply> {
    let (own, of_post) = (uri(cx, "activities"), uri(cx, "objects"));
    let is_reblog = |db: &Connection| {
        Ok(statuses::id_of(db, &own)?.is_some() || statuses::tombstone(db, &own)?.is_some())
    };
    let uri = match cx.app.db().read(is_reblog)? {
        true => own,
        false => of_post,
    };
    if let Some(listen) = listen(cx)? {
        return documents::reply(cx, &Document::new(listen));
    }
    answer(cx, &uri, |db, row, _| {
        note::one(db, cx.app.house(), row.id)?
            .map(Posted::into_activity)
            .ok_or(Error::record())
    })
}

/// What somebody here listened to, by the id of the activity.
fn listen(cx: &Ctx) -> Result<Option<Listen>> {
    let (caller, uri) = (caller::known(cx)?, uri(cx, "activities"));
    cx.app.db().read(|db| {
        let found = scrobbles::by_uri(db, caller, &uri)?;
        let Some(row) = found.filter(|row| row.visibility != Visibility::Local) else {
            return Ok(None);
        };
        let who = accounts::by_id(db, row.account)?.filter(|who| who.is_local());
        Ok(who.map(|who| Listen::new(row, &who.uri)))
    })
}

/// Posts on one page of a thread.
const THREAD: i64 = 50;

/// `GET /contexts/{uuid}`: the posts of a thread that the caller may see, the oldest first (FEP-f228).
pub fn thread(cx: &Ctx) -> Result<Reply> {
    let (caller, own) = (caller::known(cx)?, uri(cx, "contexts"));
    let thread = cx.app.db().read(|db| conversations::by_uri(db, &own))?;
    let thread = thread.ok_or(Error::record())?;
    let page = Page {
        min_id: Some(cx.optional_id("min_id").unwrap_or(0)),
        limit: THREAD,
        ..Page::default()
    };
    let found = cx
        .app
        .db()
        .read(|db| statuses::of_thread(db, caller, thread, &page))?;
    if found.is_empty() && page.after() == 0 {
        return Err(Error::record());
    }
    if !cx.params.has("page") {
        let first = format!("{own}?page=true");
        let whole = Collection::<String>::paged(own, None, Some(first));
        return documents::reply(cx, &Document::new(whole));
    }
    let next = found.last().filter(|_| found.len() as i64 == THREAD);
    let next = next.map(|(id, _)| format!("{own}?page=true&min_id={id}"));
    let uris: Vec<String> = found.into_iter().map(|(_, uri)| uri).collect();
    let document = CollectionPage::ascending(&own, page.after(), uris, next);
    documents::reply(cx, &Document::new(document))
}

/// `GET /notice/{id}` as a document: where the post's id is.
pub fn of_page(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Record")?;
    let caller = caller::known(cx)?;
    let row = cx
        .app
        .db()
        .read(|db| statuses::visible_to(db, caller, id))?;
    Ok(Reply::redirect(&row.uri))
}

/// `GET /objects/{uuid}/replies`: what everybody may see of them.
pub fn replies(cx: &Ctx) -> Result<Reply> {
    let id = uri(cx, "objects");
    let own = format!("{id}/replies");
    let is_page = cx.params.has("page");
    let page = Page {
        min_id: Some(cx.optional_id("min_id").unwrap_or(0)),
        limit: if is_page { REPLIES } else { Replies::INLINE },
        ..Page::default()
    };
    let found = |db: &Connection, row: &StatusRow| -> Result<(Vec<String>, Option<i64>)> {
        let found = statuses::public_replies(db, row.id, &page)?;
        let last = found.last().map(|(id, _)| id.0);
        Ok((found.into_iter().map(|(_, uri)| uri).collect(), last))
    };
    if !is_page {
        return answer(cx, &id, |db, row, _| {
            let (items, last) = found(db, &row)?;
            Ok(Replies::new(own, row.replies_count, items, last))
        });
    }
    answer(cx, &id, |db, row, _| {
        let (items, last) = found(db, &row)?;
        let last = last.filter(|_| items.len() as i64 == REPLIES);
        Ok(RepliesPage::new(&own, Some(page.after()), items, last))
    })
}

/// `GET /objects/{uuid}/likes`: how many.
pub fn likes(cx: &Ctx) -> Result<Reply> {
    counted(cx, "likes", |row| row.favourites_count)
}

/// `GET /objects/{uuid}/shares`: how many.
pub fn shares(cx: &Ctx) -> Result<Reply> {
    counted(cx, "shares", |row| row.reblogs_count)
}

fn counted(cx: &Ctx, name: &str, count: impl FnOnce(&StatusRow) -> i64) -> Result<Reply> {
    let id = uri(cx, "objects");
    answer(cx, &id, |_, row, _| {
        let own = format!("{id}/{name}");
        Ok(Collection::<String>::counted(own, count(&row)))
    })
}

/// `GET /quote_authorizations/{uuid}`: the consent of somebody here that a post is quoted (FEP-044f).
pub fn quote_authorization(cx: &Ctx) -> Result<Reply> {
    let (caller, id) = (caller::known(cx)?, uri(cx, "quote_authorizations"));
    let consent = cx.app.db().read(|db| {
        let quoting = quotes::by_authorization(db, &id)?.ok_or(Error::record())?;
        let quote =
            quotes::of_status(db, quoting)?.filter(|quote| quote.state == QuoteState::Accepted);
        let quoted = quote.and_then(|quote| quote.of).ok_or(Error::record())?;
        let quoted = shown(db, caller, quoted)?;
        let mut uris = accounts::uris(db, &[quoted.account])?;
        let quoting = statuses::by_ids(db, &[quoting])?.pop();
        Ok(QuoteAuthorization {
            id,
            r#type: "QuoteAuthorization",
            attributed_to: uris.pop().ok_or(Error::record())?,
            interacting_object: quoting.ok_or(Error::record())?.uri,
            interaction_target: quoted.uri,
        })
    })?;
    documents::reply(cx, &Document::new(consent))
}

/// `GET /emoji/{pack}`: a custom emoji by its shortcode.
pub fn emoji(cx: &Ctx) -> Result<Reply> {
    let code = cx.params.text("pack").unwrap_or_default();
    let base = cx.app.base();
    let all = cx.app.house().emojis.all();
    let emoji = all.get(&*code).ok_or(Error::NotFound("Emoji"))?;
    let emoji = Emoji::new(base, &code, base.join(&emoji.path));
    documents::reply(cx, &Document::new(documents::Tag::Emoji(emoji)))
}
