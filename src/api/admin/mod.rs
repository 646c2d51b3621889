//! The admin API (pleroma-contract D). Whoever holds the admin secret calls as nobody.

pub mod announcements;
pub mod apps;
pub mod credentials;
pub mod domain_blocks;
pub mod emoji;
pub mod follows;
pub mod groups;
pub mod instance;
pub mod invites;
pub mod media_proxy_caches;
pub mod moderation_log;
pub mod relays;
pub mod reports;
pub mod rules;
pub mod statuses;
pub mod user_creation;
pub mod users;

use crate::error::{Error, Result};
use crate::web::ctx::Ctx;

/// Entries per page, unless asked otherwise, and at most.
const PAGE_SIZE: i64 = 50;
const LARGEST_PAGE: i64 = 500;

/// Where a page of a counted list begins, and how long it is.
struct Paging {
    size: i64,
    offset: i64,
}

/// `page` (from 1) and `page_size`; nonsense is clamped.
fn paging(cx: &Ctx) -> Paging {
    let number = |key| cx.params.int(key).ok().flatten();
    let size = number("page_size")
        .unwrap_or(PAGE_SIZE)
        .clamp(1, LARGEST_PAGE);
    let page = number("page")
        .unwrap_or(1)
        .clamp(1, i64::MAX / LARGEST_PAGE);
    Paging {
        size,
        offset: (page - 1) * size,
    }
}

/// The `nicknames` of a call that is about several people.
fn nicknames(cx: &Ctx) -> Result<Vec<String>> {
    if !cx.params.has("nicknames") {
        return Err(Error::MissingField("nicknames"));
    }
    Ok(cx.params.list("nicknames"))
}
