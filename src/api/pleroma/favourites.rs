//! What somebody favourited, as others may see it (pleroma-contract 10).

use crate::db::{accounts, favourites};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/accounts/{id}/favourites`: the newest status first, whenever it was favourited. Whoever hides the
/// list hides it from the own account too, which has `/api/v1/favourites`.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (id, page): (AccountId, _) = (cx.id("id", "Record")?, cx.page(20, 40));
    let (ids, statuses) = cx.app.db().read(|db| {
        let account = accounts::visible(db, id)?;
        if account.hide_favourites {
            return Err(Error::Forbidden("Can't get favorites".into()));
        }
        let ids = favourites::of_account(db, cx.viewer(), account.id, &page)?;
        let statuses = cx.view(db).statuses(&ids)?;
        Ok((ids, statuses))
    })?;
    cx.listed(&statuses, &ids)
}
