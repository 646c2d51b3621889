//! The directory of accounts that want to be found.

use super::accounts::accounts;
use super::trends::offset;
use crate::db::directory::{self, Order};
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/directory`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let order = match cx.params.text("order").as_deref() {
        Some("new") => Order::New,
        _ => Order::Active,
    };
    let local = cx.params.bool("local").unwrap_or(false);
    let (limit, offset) = (cx.page(40, 80).limit, offset(cx));
    cx.app.db().read(|db| {
        let found = directory::list(db, cx.viewer(), order, local, limit, offset)?;
        accounts(cx, &cx.view(db), &found)
    })
}
