//! The own login: deleting it, switching it off, its address and its password (pleroma-contract 4, 5 and 16). Every answer
//! is a 200 that says in its body whether it worked: that is what front ends read.

use serde_json::json;

use crate::auth::password;
use crate::db::Tx;
use crate::db::users::UserRow;
use crate::error::{Error, Result};
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::passwords;
use crate::web::reply::Reply;

/// `POST /api/pleroma/delete_account`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    with_password(cx, |user| {
        write(cx, |tx| ops::users::delete(tx, user.id)).map(Ok)
    })
}

/// `POST /api/pleroma/disable_account`
pub fn disable(cx: &Ctx) -> Result<Reply> {
    with_password(cx, |user| {
        write(cx, |tx| ops::users::disable(tx, user.id)).map(Ok)
    })
}

/// `POST /api/pleroma/change_email`
pub fn change_email(cx: &Ctx) -> Result<Reply> {
    with_password(cx, |user| {
        let email = cx.params.text("email").unwrap_or_default();
        let changed = write(cx, |tx| ops::users::change_email(tx, user.id, email.trim()))?;
        Ok(changed.map_err(|rule| format!("Email {rule}.")))
    })
}

/// `POST /api/pleroma/change_password`: ends all sessions, the caller's too.
pub fn change_password(cx: &Ctx) -> Result<Reply> {
    with_password(cx, |user| {
        let chosen = cx.params.text("new_password").unwrap_or_default();
        if let Err(rule) = password::check_new(&chosen) {
            return Ok(Err(format!("New password {rule}.")));
        }
        if cx.params.text("new_password_confirmation") != Some(chosen.clone()) {
            return Ok(Err("New password does not match confirmation.".into()));
        }
        let hash = cx.app.hasher().hash(&chosen).map_err(Error::internal)?;
        write(cx, |tx| ops::users::set_password(tx, user.id, &hash)).map(Ok)
    })
}

/// Does something for the caller, who proves to be it with the password.
fn with_password(
    cx: &Ctx,
    work: impl FnOnce(&UserRow) -> Result<std::result::Result<(), String>>,
) -> Result<Reply> {
    let done = match passwords::confirm(cx)? {
        Some(user) => work(&user)?,
        None => Err("Invalid password.".into()),
    };
    Reply::json(&match done {
        Ok(()) => json!({"status": "success"}),
        Err(problem) => json!({"error": problem}),
    })
}

fn write<T>(cx: &Ctx, work: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
    cx.app.db().write(work)
}
