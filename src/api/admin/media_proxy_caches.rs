//! Files of other servers that admins want nobody to get through this one, or fetched anew (pleroma-contract D). They may be
//! named by their own addresses or by our links.

use serde::Serialize;

use super::paging;
use crate::db::media_proxy_bans;
use crate::error::{Error, Result};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Page {
    urls: Vec<String>,
    count: i64,
    page_size: i64,
}

#[derive(Serialize)]
struct Urls {
    urls: Vec<String>,
}

/// `GET /api/pleroma/admin/media_proxy_caches`: those that nobody gets.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let paging = paging(cx);
    let (urls, count) = cx
        .app
        .db()
        .read(|db| media_proxy_bans::page(db, paging.size, paging.offset))?;
    Reply::json(&Page {
        urls,
        count,
        page_size: paging.size,
    })
}

/// `POST /api/pleroma/admin/media_proxy_caches/delete`: takes files off the list.
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let urls = urls(cx)?;
    cx.app
        .db()
        .write(|tx| media_proxy_bans::remove(tx, &urls))?;
    Reply::json(&Urls { urls })
}

/// `POST /api/pleroma/admin/media_proxy_caches/purge`: forgets what was fetched and, unless `ban` is false, fetches it never again.
pub fn purge(cx: &Ctx) -> Result<Reply> {
    let urls = urls(cx)?;
    // First the list, then the files: what somebody fetches in between is not shown.
    if cx.params.bool("ban").unwrap_or(true) {
        cx.app
            .db()
            .write(|tx| media_proxy_bans::insert(tx, &urls))?;
    }
    for url in &urls {
        cx.app.remote_cache().forget(url)?;
    }
    Reply::json(&Urls { urls })
}

/// The own addresses of the files that are named.
fn urls(cx: &Ctx) -> Result<Vec<String>> {
    if !cx.params.has("urls") {
        return Err(Error::MissingField("urls"));
    }
    let media = &cx.app.house().remote_media;
    let named = cx.params.list("urls");
    let own = named.iter().map(|url| media.own_address(url.trim()));
    own.collect::<Option<_>>()
        .ok_or_else(|| Error::InvalidField {
            field: "urls".into(),
            message: "must be addresses of files on other servers.".into(),
        })
}
