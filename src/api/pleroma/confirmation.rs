//! Confirmation of e-mail addresses.

use crate::error::{Error, Result};
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::rate::{Class, Who};
use crate::web::reply::Reply;

/// `GET /api/account/confirm_email/{id}/{token}`: the link in the mail.
pub fn confirm(cx: &Ctx) -> Result<Reply> {
    let invalid = || Error::BadRequest("This confirmation link is not valid".into());
    let id = cx.optional_id("id").ok_or_else(invalid)?;
    let token = cx.require("token")?;
    cx.app
        .db()
        .write(|tx| ops::confirmation::confirm(tx, id, &token))?;
    Ok(Reply::redirect("/").header("Cache-Control", "no-store"))
}

/// `POST /api/v1/pleroma/accounts/confirmation_resend`: the same answer whether there is such an account or not.
pub fn resend(cx: &Ctx) -> Result<Reply> {
    if cx.app.config().instance.account_activation_required
        && let Some(user) = named(cx)?
    {
        let site = cx.app.site();
        cx.app
            .db()
            .write(|tx| ops::confirmation::resend(tx, &site, &user))?;
    }
    Ok(Reply::empty(204))
}

/// Whom `email` or `nickname` names; either may be in either. Nobody, too, once that person got too many mails.
pub(super) fn named(cx: &Ctx) -> Result<Option<crate::db::users::UserRow>> {
    let Some(login) = cx
        .params
        .nonempty("email")
        .or_else(|| cx.params.nonempty("nickname"))
    else {
        return Ok(None);
    };
    let found = cx
        .app
        .db()
        .read(|db| crate::db::users::by_name_or_email(db, &login))?;
    // Told to nobody: a limit by person would tell that there is one.
    Ok(found.filter(|user| {
        cx.app
            .limiter()
            .take(Class::Mail, Who::Id(user.id.0))
            .is_ok()
    }))
}
