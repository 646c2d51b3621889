//! The way for visitors who live elsewhere: they type in who they are, and are led to the page of their own server on which
//! they follow somebody here, or answer a post.

use askama::Template;

use super::{message, page};
use crate::db::{accounts, statuses};
use crate::error::{Error, Result};
use crate::fed::resolve;
use crate::ids::StatusId;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Template)]
#[template(path = "remote_interaction.html")]
struct Onward<'a> {
    url: &'a str,
    host: &'a str,
}

/// `POST /main/ostatus`: `nickname` or `status_id` is of here, `profile` is the visitor's handle. A page with a link: a form
/// must not lead away from its own site by itself.
pub fn submit(cx: &Ctx) -> Result<Reply> {
    let id = subject(cx)?;
    let who = cx.require("profile")?;
    let Some(url) = resolve::interaction_page(cx.app, &who, &id)? else {
        let text = "Write it as you@your.server. Your server must be reachable, and let its people follow from other sites.";
        return Ok(message("Couldn't find user", text)?.status(404));
    };
    let host = url.split('/').nth(2).unwrap_or_default();
    page(&Onward { url: &url, host })
}

/// The id of what everybody here may see.
fn subject(cx: &Ctx) -> Result<String> {
    cx.app.db().read(|db| {
        if let Some(id) = cx.optional_id::<StatusId>("status_id") {
            return Ok(statuses::visible_to(db, None, id)?.uri);
        }
        let name = cx.require("nickname")?;
        match accounts::by_name(db, cx.app.base(), name.trim())? {
            Some(account) if account.is_local() && !account.hidden => Ok(account.uri),
            _ => Err(Error::NotFound("Page")),
        }
    })
}
