//! The own profile as its owner edits it: the texts as typed, and no picture where none was chosen.

use super::credentials;
use crate::db::accounts::Column;
use crate::error::Result;
use crate::ops::profiles::{Change, Picture};
use crate::views::profile;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/profile`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app
        .db()
        .read(|db| Reply::json(&profile::load(&cx.view(db), me)?))
}

/// `PATCH /api/v1/profile`, and `PUT` as masto.js says it: the parameters of `update_credentials`
pub fn update(cx: &Ctx) -> Result<Reply> {
    credentials::take(cx)?;
    show(cx)
}

/// `DELETE /api/v1/profile/avatar`
pub fn remove_avatar(cx: &Ctx) -> Result<Reply> {
    remove(cx, Column::Avatar)
}

/// `DELETE /api/v1/profile/header`
pub fn remove_header(cx: &Ctx) -> Result<Reply> {
    remove(cx, Column::Header)
}

/// Removing what is not there is no error.
fn remove(cx: &Ctx, picture: Column) -> Result<Reply> {
    let change = Change {
        pictures: vec![(picture, Picture::Removed)],
        ..Change::default()
    };
    credentials::apply(cx, &change)?;
    credentials::shown(cx)
}
