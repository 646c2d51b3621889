//! A lost password: asking for the link by mail. The page behind the link is `pages::password_reset`.

use super::confirmation::named;
use crate::error::Result;
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /auth/password`: the same answer whether there is such an account or not.
pub fn request(cx: &Ctx) -> Result<Reply> {
    if let Some(user) = named(cx)? {
        let site = cx.app.site();
        cx.app
            .db()
            .write(|tx| ops::password_resets::request(tx, &site, &user))?;
    }
    Ok(Reply::empty(204))
}
