//! Pictures of the own profile, one call each (pleroma-contract 11).

use serde_json::json;

use crate::api::mastodon::{credentials, pictures};
use crate::db::accounts::Column;
use crate::error::{Error, Result};
use crate::ops::profiles::{Change, Picture};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `PATCH /api/v1/pleroma/accounts/update_avatar`
pub fn update_avatar(cx: &Ctx) -> Result<Reply> {
    update(
        cx,
        "img",
        Column::Avatar,
        cx.app.config().upload.avatar_limit,
    )
}

/// `PATCH /api/v1/pleroma/accounts/update_banner`
pub fn update_banner(cx: &Ctx) -> Result<Reply> {
    update(
        cx,
        "banner",
        Column::Header,
        cx.app.config().upload.header_limit,
    )
}

/// `PATCH /api/v1/pleroma/accounts/update_background`
pub fn update_background(cx: &Ctx) -> Result<Reply> {
    update(
        cx,
        "img",
        Column::Background,
        cx.app.config().upload.header_limit,
    )
}

fn update(cx: &Ctx, key: &'static str, column: Column, limit: u64) -> Result<Reply> {
    let not_an_image = || Error::Status(415, "Only images can be used here".into());
    let picture = pictures::take(cx, key, limit, not_an_image)?.ok_or(Error::MissingField(key))?;
    let url = match &picture {
        Picture::Removed => None,
        Picture::Stored(name) => Some(format!("{}/media/{name}", cx.app.base())),
    };
    let pictures = vec![(column, picture)];
    credentials::apply(
        cx,
        &Change {
            pictures,
            ..Change::default()
        },
    )?;
    Reply::json(&json!({"url": url}))
}
