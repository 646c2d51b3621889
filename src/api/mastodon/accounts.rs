//! Accounts.

use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/accounts/verify_credentials`
pub fn verify_credentials(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    Reply::json(
        &cx.app
            .db()
            .read(|db| crate::views::credential_account::load(&cx.view(db), me))?,
    )
}
