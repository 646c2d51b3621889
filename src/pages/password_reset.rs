//! The pages on which somebody with a reset link chooses a new password. Their address holds a secret: they are kept out
//! of caches.

use std::borrow::Cow;

use askama::Template;

use super::{message, page};
use crate::auth::password;
use crate::error::{Error, Result};
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Template)]
#[template(path = "password_reset.html")]
struct Form<'a> {
    instance: &'a str,
    token: &'a str,
    problem: &'a str,
}

/// `GET /api/pleroma/password_reset/{token}`: the link in the mail.
pub fn show(cx: &Ctx) -> Result<Reply> {
    let token = cx.require("token")?;
    let valid = cx
        .app
        .db()
        .read(|db| ops::password_resets::is_valid(db, &token))?;
    if valid {
        again(cx, &token, "")
    } else {
        invalid()
    }
}

/// `POST /api/pleroma/password_reset`: always a page with status 200, as people see it in a browser.
pub fn submit(cx: &Ctx) -> Result<Reply> {
    let field = |key: &str| {
        let data = cx.params.map("data");
        data.and_then(|data| data.text(key))
            .unwrap_or(Cow::Borrowed(""))
    };
    let (token, chosen) = (field("token"), field("password"));
    let valid = cx
        .app
        .db()
        .read(|db| ops::password_resets::is_valid(db, &token))?;
    if !valid {
        return invalid();
    }
    if chosen != field("password_confirmation") {
        return again(cx, &token, "The two passwords differ.");
    }
    if let Err(rule) = password::check_new(&chosen) {
        return again(cx, &token, &format!("The password {rule}."));
    }
    let hash = cx.app.hasher().hash(&chosen).map_err(Error::internal)?;
    let redeemed = cx
        .app
        .db()
        .write(|tx| ops::password_resets::redeem(tx, &token, &hash))?;
    if redeemed { done() } else { invalid() }
}

/// The form, with what was wrong with it.
fn again(cx: &Ctx, token: &str, problem: &str) -> Result<Reply> {
    let form = Form {
        instance: &cx.app.config().instance.name,
        token,
        problem,
    };
    Ok(private(page(&form)?))
}

/// After success.
fn done() -> Result<Reply> {
    let text = "You are logged out everywhere. Log in with the new password.";
    Ok(private(message("Password changed!", text)?))
}

/// The link was used, is too old, or never was one.
fn invalid() -> Result<Reply> {
    let text = "This link does not work any more. Ask for another one.";
    Ok(private(message("Invalid Token", text)?))
}

fn private(reply: Reply) -> Reply {
    reply.header("Cache-Control", "no-store")
}
