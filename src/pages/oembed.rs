//! oEmbed: what another site shows of a post that it links to. Whoever asks, the post is shown as to anybody (security.md P2).

use serde::Serialize;

use super::post::{Post, posts};
use crate::app::App;
use crate::db::{status_search, statuses};
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::text::html::{escape, strip_tags};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Seconds that an answer is good for.
const CACHED: u32 = 86_400;

/// The narrowest and widest that it is shown, and what it is without a wish.
const WIDTHS: (i64, i64, i64) = (220, 800, 400);

#[derive(Serialize)]
struct OEmbed {
    r#type: &'static str,
    version: &'static str,
    title: String,
    author_name: String,
    author_url: String,
    provider_name: String,
    provider_url: String,
    cache_age: u32,
    html: String,
    width: i64,
    height: Option<i64>,
}

/// `GET /api/oembed?url=…`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let url = cx.require("url")?;
    let wish = cx.params.int("maxwidth").ok().flatten();
    let width = wish.unwrap_or(WIDTHS.2).clamp(WIDTHS.0, WIDTHS.1);
    let post = cx.app.db().read(|db| {
        let id = find(cx.app, db, url.trim())?.ok_or(Error::record())?;
        let row = statuses::visible_to(db, None, id)?;
        if !row.local || row.reblog_of.is_some() {
            return Err(Error::record());
        }
        posts(cx.app, db, &[id])?.pop().ok_or(Error::record())
    })?;
    Reply::json(&embed(cx.app, post, width))
}

/// The post that an address of ours names.
fn find(app: &App, db: &rusqlite::Connection, url: &str) -> Result<Option<StatusId>> {
    let page = url.strip_prefix(&app.base().join("/notice/"));
    match page.and_then(|id| id.parse().ok()) {
        Some(id) => Ok(Some(id)),
        None => status_search::by_uri(db, url),
    }
}

fn embed(app: &App, post: Post, width: i64) -> OEmbed {
    let (base, person) = (app.base(), &post.account);
    let link = post.url.as_deref().unwrap_or(&post.uri);
    let shown = match post.spoiler_text.is_empty() {
        true => post.content.clone(),
        false => format!("<p>{}</p>", escape(&post.spoiler_text)),
    };
    let html = format!(
        "<blockquote cite=\"{link}\">{shown}<footer><a href=\"{link}\">{} (@{})</a></footer></blockquote>",
        escape(&person.display_name),
        escape(&person.fqn),
        link = escape(link),
    );
    let text = match post.spoiler_text.is_empty() {
        true => strip_tags(&post.content),
        false => post.spoiler_text.clone(),
    };
    OEmbed {
        r#type: "rich",
        version: "1.0",
        title: text.chars().take(100).collect(),
        author_name: person.display_name.clone(),
        author_url: person.url.clone(),
        provider_name: base.authority().to_owned(),
        provider_url: format!("{base}/"),
        cache_age: CACHED,
        html,
        width,
        height: None,
    }
}
