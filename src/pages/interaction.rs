//! "Follow from your own server": other servers send a person here, with the address of whom or what they were looking at
//! (federation.md 1.1). It is looked up only for somebody who logs in.

use askama::Template;

use super::{message, page};
use crate::db::users::UserRow;
use crate::error::{Error, Result};
use crate::fed::resolve::{self, Found};
use crate::ids::AccountId;
use crate::ops::mfa::{self, Factor};
use crate::ops::{follows, login};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;
use crate::web::{credentials, form_token, passwords, second_factors};

const PURPOSE: &str = "interaction";

#[derive(Template)]
#[template(path = "interaction.html")]
struct Page<'a> {
    instance: &'a str,
    problem: &'a str,
    token_field: &'static str,
    token: String,
    uri: &'a str,
    name: &'a str,
}

/// `GET /authorize_interaction?uri=` and `GET /ostatus_subscribe?acct=`
pub fn show(cx: &Ctx) -> Result<Reply> {
    form(cx, "", 200)
}

/// `POST /authorize_interaction`
pub fn submit(cx: &Ctx) -> Result<Reply> {
    if !credentials::is_own_page(cx.request, cx.app) {
        return Err(Error::Forbidden(
            "This form was sent by another site.".into(),
        ));
    }
    if !form_token::check(cx, PURPOSE)? {
        return form(cx, "This form has expired. Please begin again.", 401);
    }
    let text = |key| cx.params.text(key).unwrap_or_default();
    let Some(user) = passwords::check(cx.app, &text("name"), &text("password"))? else {
        return form(cx, "Invalid Username/Password", 401);
    };
    if let Err(refused) = login::admit(&user, cx.app.rules()) {
        return form(cx, &refused.to_string(), 403);
    }
    match second_factor(cx, &user) {
        Ok(true) => interact(cx, user.id),
        Ok(false) => form(cx, "This account also takes a code of your phone.", 401),
        Err(Error::Throttled { retry_after }) => {
            form(cx, &second_factors::too_many(retry_after), 429)
        }
        Err(other) => Err(other),
    }
}

fn second_factor(cx: &Ctx, user: &UserRow) -> Result<bool> {
    let code = cx.params.text("code").unwrap_or_default();
    if !user.mfa {
        return Ok(true);
    }
    if code.trim().is_empty() {
        return Ok(false);
    }
    let is_short = code
        .trim()
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b' ');
    let factor = match is_short {
        true => Factor::Totp,
        false => Factor::Recovery,
    };
    let done = second_factors::guarded(cx.app, user.id, || {
        let right = cx
            .app
            .db()
            .write(|tx| mfa::redeem(tx, user.id, factor, &code))?;
        Ok(right.then_some(()))
    })?;
    Ok(done.is_some())
}

/// Follows whom the address names; shows the post that it names.
fn interact(cx: &Ctx, me: AccountId) -> Result<Reply> {
    let uri = uri(cx);
    match resolve::asked(cx.app, &uri) {
        Some(Found::Account(target)) => {
            let done = cx
                .app
                .db()
                .write(|tx| follows::follow(tx, me, target, &Default::default()));
            match done {
                Ok(()) => message(
                    "Done",
                    &format!("You follow {uri} from now on, or have asked to."),
                ),
                Err(error @ (Error::Internal(_) | Error::NoSpace)) => Err(error),
                Err(refused) => form(cx, &refused.to_string(), refused.status()),
            }
        }
        Some(Found::Status(status)) => Ok(Reply::redirect(
            &cx.app.base().join(&format!("/notice/{status}")),
        )),
        None => form(cx, "Nothing was found at that address.", 404),
    }
}

/// What was looked at elsewhere: an address, or a handle.
fn uri(cx: &Ctx) -> String {
    let given = ["uri", "acct"]
        .into_iter()
        .find_map(|key| cx.params.nonempty(key));
    let uri = given.unwrap_or_default();
    uri.strip_prefix("acct:").unwrap_or(&uri).to_owned()
}

fn form(cx: &Ctx, problem: &str, status: u16) -> Result<Reply> {
    let uri = uri(cx);
    if uri.is_empty() {
        return Err(Error::MissingField("uri"));
    }
    let reply = page(&Page {
        instance: &cx.app.config().instance.name,
        problem,
        token_field: form_token::FIELD,
        token: form_token::make(cx, PURPOSE)?,
        uri: &uri,
        name: &cx.params.text("name").unwrap_or_default(),
    })?;
    Ok(reply.status(status))
}
