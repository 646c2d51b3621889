//! The first account, made in the browser with the one-time link from the server's own terminal (security.md O13).
//! Without the token, with a wrong one, and as soon as anybody lives here, there is no such page.

use askama::Template;

use super::page;
use crate::auth::{names, password};
use crate::db::users;
use crate::error::{Error, Result};
use crate::ops::accounts::{self, NewAccount};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    instance: &'a str,
    problem: &'a str,
    name: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "setup_done.html")]
struct DonePage<'a> {
    instance: &'a str,
    name: &'a str,
    host: &'a str,
    base: &'a str,
}

/// What the form says, checked.
struct Wanted {
    name: String,
    email: Option<String>,
    password: String,
}

/// `GET /setup/{token}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    check_token(cx)?;
    form(cx, "", 200)
}

/// `POST /setup/{token}`
pub fn submit(cx: &Ctx) -> Result<Reply> {
    check_token(cx)?;
    let wanted = match wanted(cx) {
        Ok(wanted) => wanted,
        Err(problem) => return form(cx, &problem, 422),
    };
    let hash = cx
        .app
        .hasher()
        .hash(&wanted.password)
        .map_err(Error::internal)?;
    create(cx, &wanted, &hash)?;
    log::info!("{} made the first account", wanted.name);
    let done = page(&DonePage {
        instance: &cx.app.config().instance.name,
        name: &wanted.name,
        host: cx.app.base().domain(),
        base: cx.app.base().as_str(),
    })?;
    Ok(unstored(done))
}

/// Makes the account, unless somebody was quicker while the password was hashed.
fn create(cx: &Ctx, wanted: &Wanted, hash: &str) -> Result<()> {
    cx.app.db().write(|tx| {
        if users::any(tx)? {
            return Err(absent());
        }
        let new = NewAccount {
            username: &wanted.name,
            email: wanted.email.as_deref(),
            password_hash: hash,
            is_admin: true,
            approval_pending: false,
            confirmation_token: None,
            reason: None,
        };
        accounts::create(tx, cx.app.base(), &new)?;
        Ok(())
    })
}

/// Reads the form; the error is for the person who filled it in.
fn wanted(cx: &Ctx) -> std::result::Result<Wanted, String> {
    let field = |key: &str| cx.params.text(key).unwrap_or_default().into_owned();
    let name = names::username(field("name").trim()).map_err(|rule| format!("The name {rule}."))?;
    let email = field("email").trim().to_owned();
    if !email.is_empty() {
        names::check_email(&email).map_err(|rule| format!("The e-mail address {rule}."))?;
    }
    let password = field("password");
    password::check_new(&password).map_err(|rule| format!("The password {rule}."))?;
    if password != field("password_again") {
        return Err("The two passwords are not the same.".into());
    }
    Ok(Wanted {
        name,
        email: Some(email).filter(|email| !email.is_empty()),
        password,
    })
}

fn check_token(cx: &Ctx) -> Result<()> {
    let token = cx.params.text("token").unwrap_or_default();
    match cx.app.is_setup_token(&token)? {
        true => Ok(()),
        false => Err(absent()),
    }
}

fn form(cx: &Ctx, problem: &str, status: u16) -> Result<Reply> {
    let field = |key: &str| cx.params.text(key).unwrap_or_default();
    let reply = page(&SetupPage {
        instance: &cx.app.config().instance.name,
        problem,
        name: &field("name"),
        email: &field("email"),
    })?;
    Ok(unstored(reply.status(status)))
}

/// The address is a secret as long as it works: it goes into no cache and no `Referer`.
fn unstored(reply: Reply) -> Reply {
    reply.header("Cache-Control", "no-store")
}

fn absent() -> Error {
    Error::NotFound("Page")
}
