//! HTML for people: login, setup, profiles, posts, feeds, errors. Server-rendered, without scripts.
//!
//! Templates are in `templates/`, compiled in; `layout.html` is the frame of every page, `message.html` a page of a few
//! words. Whatever they show is escaped. The one style sheet is `static/style.css`.

pub mod feeds;
pub mod files;
pub mod frontends;
pub mod interaction;
pub mod mfa;
pub mod oauth;
pub mod oembed;
pub mod password_reset;
pub mod post;
pub mod public;
mod qr;
pub mod registration;
pub mod remote_interaction;
pub mod setup;

use askama::Template;

use crate::error::{Error, Result};
use crate::web::reply::Reply;

/// A page of a few words.
#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
    code: &'a str,
}

/// Renders a page.
pub fn page(template: &impl Template) -> Result<Reply> {
    Ok(Reply::html(rendered(template)?))
}

/// A page of a few words.
pub fn message(title: &str, text: &str) -> Result<Reply> {
    page(&Message {
        title,
        text,
        code: "",
    })
}

/// An error as a page.
pub fn error(error: &Error) -> Reply {
    let title = error.to_string();
    message(&title, "")
        .unwrap_or_else(|_| Reply::empty(500))
        .status(error.status())
}

fn rendered(template: &impl Template) -> Result<String> {
    template.render().map_err(Error::internal)
}
