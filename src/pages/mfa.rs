//! The page on which people set up the second factor without a client: password, QR code, backup codes; and switch it off
//! again. Each step carries a form token for the one account whose password was right, so that nothing of it need be kept.

use askama::Template;

use super::{message, page, qr};
use crate::db::users::{self, UserRow};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::login;
use crate::ops::mfa::{self, Factor, SetUp};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;
use crate::web::{credentials, form_token, passwords, second_factors};

const LOGIN: &str = "mfa-login";
const WRONG_LOGIN: &str = "Invalid Username/Password";
const WRONG_CODE: &str = "This code is wrong. Does the clock of your phone go right?";

/// What the page asks for.
enum Step {
    /// Name and password.
    Login { name: String },
    /// The first code of an app.
    SetUp {
        qr: String,
        key: String,
        uri: String,
    },
    /// A code to switch it off.
    On,
    /// Nothing any more.
    Done { codes: Vec<String> },
}

#[derive(Template)]
#[template(path = "mfa.html")]
struct Page<'a> {
    instance: &'a str,
    problem: &'a str,
    hidden: Vec<(&'static str, String)>,
    step: Step,
}

/// `GET /auth/mfa`
pub fn show(cx: &Ctx) -> Result<Reply> {
    login_form(cx, "", 200)
}

/// `POST /auth/mfa`
pub fn submit(cx: &Ctx) -> Result<Reply> {
    if !credentials::is_own_page(cx.request, cx.app) {
        return Err(Error::Forbidden(
            "This form was sent by another site.".into(),
        ));
    }
    let expired = "This form has expired. Please begin again.";
    match cx.optional_id("account") {
        Some(account) => match known(cx, account)? {
            Some(user) if user.mfa => switch_off(cx, &user),
            Some(user) => switch_on(cx, &user),
            None => login_form(cx, expired, 401),
        },
        None if form_token::check(cx, LOGIN)? => begin(cx),
        None => login_form(cx, expired, 401),
    }
}

/// Name and password: shows what comes next for that account.
fn begin(cx: &Ctx) -> Result<Reply> {
    let text = |key| cx.params.text(key).unwrap_or_default();
    let Some(user) = passwords::check(cx.app, &text("name"), &text("password"))? else {
        return login_form(cx, WRONG_LOGIN, 401);
    };
    if let Err(refused) = login::admit(&user, cx.app.rules()) {
        return login_form(cx, &refused.to_string(), 403);
    }
    if user.mfa {
        return form(cx, &user, Step::On, "", 200);
    }
    let site = cx.app.site();
    let made = cx.app.db().write(|tx| mfa::set_up(tx, &site, user.id))?;
    form(cx, &user, set_up(made)?, "", 200)
}

fn switch_on(cx: &Ctx, user: &UserRow) -> Result<Reply> {
    let code = cx.params.text("code").unwrap_or_default();
    let made = cx.app.db().write(|tx| {
        mfa::confirm(tx, user.id, &code)?;
        mfa::make_backup_codes(tx, user.id)
    });
    match made {
        Ok(codes) => show_step(cx, Vec::new(), Step::Done { codes }, "", 200),
        Err(Error::Invalid(_)) => {
            let site = cx.app.site();
            let shown = cx.app.db().write(|tx| mfa::pending(tx, &site, user.id))?;
            form(cx, user, set_up(shown)?, WRONG_CODE, 401)
        }
        Err(other) => Err(other),
    }
}

fn switch_off(cx: &Ctx, user: &UserRow) -> Result<Reply> {
    let code = cx.params.text("code").unwrap_or_default();
    let is_short = code.chars().filter(char::is_ascii_digit).count() == code.trim().len();
    let factor = match is_short {
        true => Factor::Totp,
        false => Factor::Recovery,
    };
    let done = second_factors::guarded(cx.app, user.id, || {
        cx.app.db().write(|tx| {
            if !mfa::redeem(tx, user.id, factor, &code)? {
                return Ok(None);
            }
            mfa::disable(tx, user.id).map(Some)
        })
    });
    match done {
        Ok(Some(())) => {
            let text = "It is switched off: your password alone logs you in.";
            message("Two-factor authentication", text)
        }
        Ok(None) => form(cx, user, Step::On, WRONG_CODE, 401),
        Err(Error::Throttled { retry_after }) => {
            let problem = second_factors::too_many(retry_after);
            form(cx, user, Step::On, &problem, 429)
        }
        Err(other) => Err(other),
    }
}

/// The user of a form whose password was right when it was shown, and is the same still.
fn known(cx: &Ctx, account: AccountId) -> Result<Option<UserRow>> {
    let user = cx.app.db().read(|db| users::by_id(db, account))?;
    let Some(user) = user else {
        return Ok(None);
    };
    let is_known = form_token::check(cx, &purpose(&user))?;
    Ok(Some(user).filter(|user| is_known && login::admit(user, cx.app.rules()).is_ok()))
}

fn purpose(user: &UserRow) -> String {
    format!("mfa\0{}\0{}", user.id, user.password_hash)
}

fn set_up(made: SetUp) -> Result<Step> {
    Ok(Step::SetUp {
        qr: qr::svg(&made.provisioning_uri)?,
        key: made.key,
        uri: made.provisioning_uri,
    })
}

fn login_form(cx: &Ctx, problem: &str, status: u16) -> Result<Reply> {
    let hidden = vec![(form_token::FIELD, form_token::make(cx, LOGIN)?)];
    let name = cx.params.text("name").unwrap_or_default().into_owned();
    show_step(cx, hidden, Step::Login { name }, problem, status)
}

/// A form that goes on for somebody whose password was right.
fn form(cx: &Ctx, user: &UserRow, step: Step, problem: &str, status: u16) -> Result<Reply> {
    let hidden = vec![
        (form_token::FIELD, form_token::make(cx, &purpose(user))?),
        ("account", user.id.to_string()),
    ];
    show_step(cx, hidden, step, problem, status)
}

fn show_step(
    cx: &Ctx,
    hidden: Vec<(&'static str, String)>,
    step: Step,
    problem: &str,
    status: u16,
) -> Result<Reply> {
    let shown = page(&Page {
        instance: &cx.app.config().instance.name,
        problem,
        hidden,
        step,
    })?;
    Ok(shown.status(status).header("Cache-Control", "no-store"))
}
