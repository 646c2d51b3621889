//! HTML for people: login, setup, profiles, posts, feeds, errors. Server-rendered, without scripts.

use crate::error::Error;
use crate::web::reply::Reply;

/// An error as a page.
pub fn error(error: &Error) -> Reply {
    let text = error.to_string();
    let text = crate::text::html::escape(&text);
    Reply::html(format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><title>{text}</title><h1>{text}</h1>"
    ))
    .status(error.status())
}
