//! Registration: an application makes an account for a person.

use serde::Serialize;

use crate::api::oauth::welcome;
use crate::auth::scope::Scopes;
use crate::db;
use crate::db::Tx;
use crate::db::apps::AppRow;
use crate::db::users::{Standing, UserRow};
use crate::error::{Error, Result};
use crate::ops::login::Granted;
use crate::ops::registration::{self, Wanted};
use crate::ops::sessions::Session;
use crate::ops::tokens;
use crate::web::captcha;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Registered, but not yet let in.
#[derive(Serialize)]
struct Pending {
    message: &'static str,
    identifier: &'static str,
}

/// `POST /api/v1/accounts`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let app = application(cx)?;
    let wanted = wanted(cx)?;
    registration::require_email(&cx.app.config().instance, &wanted)?;
    if !cx.app.db().read(|db| db::apps::is_trusted(db, app.id))? {
        captcha::check(cx)?;
    }
    let hash = checked_and_hashed(cx, &wanted)?;
    let lifetime = cx.app.config().token_lifetime();
    let (user, token) = cx.app.db().write(|tx| {
        let user = register(cx, tx, &wanted, &hash)?;
        let token = match standing(cx, &user) {
            // Whoever has just registered is no admin.
            Standing::Active => {
                let scopes = Scopes::parse(&app.scopes).without_admin().to_string();
                Some(tokens::issue(
                    tx,
                    Some(app.id),
                    Some(user.id),
                    &scopes,
                    lifetime,
                )?)
            }
            _ => None,
        };
        Ok((user, token))
    })?;
    match token {
        Some(token) => welcome(
            cx,
            Granted {
                token,
                account: Some(user.id),
            },
        ),
        None => Reply::json(&pending(standing(cx, &user))),
    }
}

/// The calling application: people and strangers do not register others.
fn application(cx: &Ctx) -> Result<AppRow> {
    let refused = || Error::Forbidden("Invalid credentials".into());
    let Session::App { app, .. } = cx.session else {
        return Err(refused());
    };
    cx.app
        .db()
        .read(|db| db::apps::by_id(db, app))?
        .ok_or_else(refused)
}

fn wanted(cx: &Ctx) -> Result<Wanted> {
    let missing: Vec<&str> = ["username", "password", "agreement"]
        .into_iter()
        .filter(|field| cx.params.text(field).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(Error::missing(&missing));
    }
    let text = |key: &str| cx.params.text(key).unwrap_or_default().into_owned();
    let locale = ["locale", "language"]
        .into_iter()
        .find_map(|key| cx.params.nonempty(key));
    Ok(Wanted {
        username: text("username"),
        email: cx.params.text("email").map(Into::into),
        password: text("password"),
        name: text("fullname"),
        bio: text("bio"),
        reason: text("reason"),
        locale: locale.map(Into::into),
        invite: cx.params.nonempty("token").map(Into::into),
    })
}

/// The password's hash, once all else is known to be in order: hashing takes long.
fn checked_and_hashed(cx: &Ctx, wanted: &Wanted) -> Result<String> {
    let instance = &cx.app.config().instance;
    cx.app
        .db()
        .read(|db| registration::check(db, instance, wanted))?;
    cx.app
        .hasher()
        .hash(&wanted.password)
        .map_err(Error::internal)
}

fn register(cx: &Ctx, tx: &Tx, wanted: &Wanted, hash: &str) -> Result<UserRow> {
    let instance = &cx.app.config().instance;
    registration::register(tx, &cx.app.site(), instance, wanted, hash)
}

fn standing(cx: &Ctx, user: &UserRow) -> Standing {
    user.flags.standing(cx.app.rules().activation_required)
}

/// What is left to do before the first login. With several obstacles the one is told that a login would name first.
fn pending(standing: Standing) -> Pending {
    match standing {
        Standing::ApprovalPending => Pending {
            message: "You have been registered. You'll be able to log in once your account is approved.",
            identifier: "awaiting_approval",
        },
        Standing::ConfirmationPending => Pending {
            message: "You have been registered. Please check your email for further instructions.",
            identifier: "missing_confirmed_email",
        },
        _ => Pending {
            message: "You have been registered. Some post-registration steps may be pending. Please log in manually.",
            identifier: "manual_login_required",
        },
    }
}
