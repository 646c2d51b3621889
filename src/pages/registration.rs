//! Registration in a browser: where the link of an invitation leads. Clients register people by `POST /api/v1/accounts`.

use std::collections::BTreeMap;

use askama::Template;

use super::{message, page};
use crate::db::users::{Standing, UserRow};
use crate::error::{Error, Result};
use crate::ops::invites;
use crate::ops::registration::{self, Problems, Wanted};
use crate::web::captcha::{self, Puzzle};
use crate::web::ctx::Ctx;
use crate::web::form_token;
use crate::web::reply::Reply;

const PURPOSE: &str = "registration";

#[derive(Template)]
#[template(path = "registration.html")]
struct Form<'a> {
    instance: &'a str,
    problem: &'a str,
    form_token: String,
    username: &'a str,
    email: &'a str,
    email_required: bool,
    asks_reason: bool,
    reason: &'a str,
    puzzle: Option<Puzzle>,
}

/// `GET /registration` and `GET /registration/{token}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    match closed(cx)? {
        Some(reply) => Ok(reply),
        None => form(cx, "", 200),
    }
}

/// `POST /registration` and `POST /registration/{token}`
pub fn submit(cx: &Ctx) -> Result<Reply> {
    if let Some(reply) = closed(cx)? {
        return Ok(reply);
    }
    if !form_token::check(cx, PURPOSE)? {
        return form(cx, "This form lay open for too long. Try again.", 403);
    }
    match register(cx) {
        Ok(user) => welcome(cx, &user),
        Err(Error::BadRequest(text)) => form(cx, &readable(&text), 422),
        Err(other) => Err(other),
    }
}

/// What is said to somebody whom the form would not help: closed, and no invitation that works.
fn closed(cx: &Ctx) -> Result<Option<Reply>> {
    let instance = &cx.app.config().instance;
    if instance.registrations_open {
        return Ok(None);
    }
    let token = cx.params.nonempty("token");
    if !instance.invites_enabled || token.is_none() {
        let text = "Registration is closed here.";
        return Ok(Some(message("Closed", text)?.status(403)));
    }
    match cx.app.db().read(|db| invites::valid(db, token.as_deref())) {
        Ok(_) => Ok(None),
        Err(Error::BadRequest(_)) => {
            let text = "This invitation does not work any more. Ask for another one.";
            Ok(Some(message("Invalid invitation", text)?.status(404)))
        }
        Err(other) => Err(other),
    }
}

fn register(cx: &Ctx) -> Result<UserRow> {
    let (app, instance) = (cx.app, &cx.app.config().instance);
    let wanted = wanted(cx);
    registration::require_email(instance, &wanted)?;
    if cx.params.text("password_again").unwrap_or_default() != wanted.password {
        return Err(Problems::one("password", "is not the same both times").into_error());
    }
    // Before the captcha: a right answer is used up, and a slip in a name should not cost it.
    app.db()
        .read(|db| registration::check(db, instance, &wanted))?;
    captcha::check(cx)?;
    let hash = app
        .hasher()
        .hash(&wanted.password)
        .map_err(Error::internal)?;
    app.db()
        .write(|tx| registration::register(tx, &app.site(), instance, &wanted, &hash))
}

fn wanted(cx: &Ctx) -> Wanted {
    let field = |key: &str| cx.params.text(key).unwrap_or_default().trim().to_owned();
    Wanted {
        username: field("username"),
        email: Some(field("email")),
        password: cx.params.text("password").unwrap_or_default().into_owned(),
        name: String::new(),
        bio: String::new(),
        reason: field("reason"),
        locale: None,
        invite: cx.params.nonempty("token").map(Into::into),
    }
}

/// Problems in the form that clients read, as a sentence for each.
fn readable(text: &str) -> String {
    let Ok(problems) = serde_json::from_str::<BTreeMap<String, Vec<String>>>(text) else {
        return format!("{text}.");
    };
    let sentence = |(field, rules): (String, Vec<String>)| match field.as_str() {
        "captcha" => "The letters were not the ones in the picture, or it was too old.".to_owned(),
        "nickname" => format!("The name {}.", rules.join(" and ")),
        "email" => format!("The e-mail address {}.", rules.join(" and ")),
        "registration_reason" => format!("The reason {}.", rules.join(" and ")),
        other => format!("The {other} {}.", rules.join(" and ")),
    };
    problems
        .into_iter()
        .map(sentence)
        .collect::<Vec<_>>()
        .join(" ")
}

fn form(cx: &Ctx, problem: &str, status: u16) -> Result<Reply> {
    let field = |key: &str| cx.params.text(key).unwrap_or_default();
    let instance = &cx.app.config().instance;
    let reply = page(&Form {
        instance: &instance.name,
        problem,
        form_token: form_token::make(cx, PURPOSE)?,
        username: &field("username"),
        email: &field("email"),
        email_required: instance.account_activation_required,
        asks_reason: instance.account_approval_required,
        reason: &field("reason"),
        puzzle: captcha::give(cx)?,
    })?;
    Ok(reply.status(status).header("Cache-Control", "no-store"))
}

fn welcome(cx: &Ctx, user: &UserRow) -> Result<Reply> {
    let host = cx.app.base().domain();
    let text = match user.flags.standing(cx.app.rules().activation_required) {
        Standing::ApprovalPending => {
            "You have been registered. You'll be able to log in once your account is approved."
                .to_owned()
        }
        Standing::ConfirmationPending => {
            "You have been registered. Please check your email for further instructions.".to_owned()
        }
        _ => format!(
            "You are @{} now. Log in with any client at {host}.",
            user.username
        ),
    };
    Ok(message("Welcome", &text)?.header("Cache-Control", "no-store"))
}
