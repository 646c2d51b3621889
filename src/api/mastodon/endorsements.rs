//! Whom people recommend on their profiles.

use super::accounts::listed;
use super::relationships::act;
use crate::db;
use crate::error::Result;
use crate::ids::AccountId;
use crate::ops::endorsements;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/v1/accounts/{id}/pin` and `/endorse`
pub fn endorse(cx: &Ctx) -> Result<Reply> {
    act(cx, endorsements::endorse)
}

/// `POST /api/v1/accounts/{id}/unpin` and `/unendorse`
pub fn unendorse(cx: &Ctx) -> Result<Reply> {
    act(cx, endorsements::unendorse)
}

/// `GET /api/v1/endorsements`
pub fn list(cx: &Ctx) -> Result<Reply> {
    shown(cx, cx.me()?.id)
}

/// `GET /api/v1/accounts/{id}/endorsements` and `GET /api/v1/pleroma/accounts/{id}/endorsements`
pub fn of_account(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app.db().read(|db| db::accounts::visible(db, id))?;
    shown(cx, id)
}

fn shown(cx: &Ctx, of: AccountId) -> Result<Reply> {
    let page = cx.page(40, 80);
    cx.app
        .db()
        .read(|db| listed(cx, &cx.view(db), &db::endorsements::list(db, of, &page)?))
}
