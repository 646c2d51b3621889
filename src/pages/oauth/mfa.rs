//! The second step of the authorize page: asking for a code (pleroma-contract B.6).
//!
//! The name of the login travels in the form only, never in an address that we make.

use askama::Template;

use super::forms::leading_to;
use super::{Target, answered, is_meant, refusal, registered};
use crate::db::apps;
use crate::error::{Error, Result};
use crate::ops::login::second_factor::{self, Attempt};
use crate::ops::mfa::Factor;
use crate::pages::rendered;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;
use crate::web::{credentials, form_token, second_factors};

const PURPOSE: &str = "mfa";
const WRONG_CODE: &str = "Two-factor authentication failed.";

/// What the request says.
pub(super) struct Asked {
    pub mfa_token: String,
    pub factor: Factor,
    pub redirect_uri: Option<String>,
    pub state: Option<String>,
}

#[derive(Template)]
#[template(path = "oauth/mfa.html")]
struct Page<'a> {
    instance: &'a str,
    title: &'a str,
    problem: &'a str,
    recovery: bool,
    hidden: Vec<(&'static str, &'a str)>,
}

/// `GET /oauth/mfa`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let asked = Asked::read(cx);
    match target(cx, &asked)? {
        Some(target) => page(cx, &asked, &target, "", 200),
        None => over(),
    }
}

/// `POST /oauth/mfa/verify`
pub fn submit(cx: &Ctx) -> Result<Reply> {
    if !credentials::is_own_page(cx.request, cx.app) {
        return Err(Error::Forbidden(
            "This form was sent by another site.".into(),
        ));
    }
    let mut asked = Asked::read(cx);
    let Some(target) = target(cx, &asked)? else {
        return over();
    };
    if let Some(other) = cx
        .params
        .text("other")
        .and_then(|name| Factor::parse(&name))
    {
        asked.factor = other;
        return page(cx, &asked, &target, "", 200);
    }
    if !is_meant(cx, PURPOSE)? {
        return page(
            cx,
            &asked,
            &target,
            "This form has expired. Please try again.",
            401,
        );
    }
    match tried(cx, &asked, &target) {
        Ok(Some(code)) => answered(&target, asked.state.as_deref(), &code),
        Ok(None) if self::target(cx, &asked)?.is_none() => over(),
        Ok(None) => page(cx, &asked, &target, WRONG_CODE, 401),
        Err(refused @ Error::LoginRefused { .. }) => {
            page(cx, &asked, &target, &refused.to_string(), 403)
        }
        Err(Error::Throttled { retry_after }) => {
            let problem = second_factors::too_many(retry_after);
            let reply = page(cx, &asked, &target, &problem, 429)?;
            Ok(reply.header("Retry-After", &retry_after.to_string()))
        }
        Err(other) => Err(other),
    }
}

/// Tries the code; if it is right, answers one for the application.
fn tried(cx: &Ctx, asked: &Asked, target: &Target) -> Result<Option<String>> {
    let code = field(cx, "code").unwrap_or_default();
    let with = Attempt {
        mfa_token: &asked.mfa_token,
        factor: asked.factor,
        code: &code,
    };
    second_factors::attempt(cx.app, with, || {
        let terms = cx.app.terms();
        cx.app
            .db()
            .write(|tx| second_factor::into_code(tx, terms, &target.redirect_uri, with))
    })
}

/// The form, with what was wrong.
pub(super) fn page(
    cx: &Ctx,
    asked: &Asked,
    target: &Target,
    problem: &str,
    status: u16,
) -> Result<Reply> {
    let form_token = form_token::make(cx, PURPOSE)?;
    let mut hidden = vec![
        (form_token::FIELD, form_token.as_str()),
        ("mfa[mfa_token]", &asked.mfa_token),
        ("mfa[challenge_type]", asked.factor.name()),
        ("mfa[redirect_uri]", &target.redirect_uri),
    ];
    hidden.extend(
        asked
            .state
            .as_ref()
            .map(|state| ("mfa[state]", state.as_str())),
    );
    let recovery = asked.factor == Factor::Recovery;
    let page = Page {
        instance: &cx.app.config().instance.name,
        title: match recovery {
            true => "Two-factor recovery",
            false => "Two-factor authentication",
        },
        problem,
        recovery,
        hidden,
    };
    Ok(leading_to(Some(target), rendered(&page)?).status(status))
}

/// The application that waits, and its address to answer at; `None`: nothing waits, or not for that address.
fn target(cx: &Ctx, asked: &Asked) -> Result<Option<Target>> {
    cx.app.db().read(|db| {
        let Some(login) = second_factor::waiting(db, &asked.mfa_token)? else {
            return Ok(None);
        };
        let Some(app) = apps::by_id(db, login.app)? else {
            return Ok(None);
        };
        let said = asked.redirect_uri.as_deref();
        let redirect_uri = match login.redirect_uri {
            Some(agreed) => Some(agreed).filter(|agreed| said.is_none_or(|said| said == agreed)),
            None => registered(&app, said),
        };
        Ok(redirect_uri.map(|redirect_uri| Target { app, redirect_uri }))
    })
}

fn over() -> Result<Reply> {
    let text = "Two-factor authentication failed. This login is over: it took too long, or too many codes were wrong. Go back to \
                the application and log in again.";
    Ok(refusal(text)?.status(401))
}

impl Asked {
    fn read(cx: &Ctx) -> Asked {
        let factor = field(cx, "challenge_type").and_then(|name| Factor::parse(&name));
        Asked {
            mfa_token: field(cx, "mfa_token").unwrap_or_default(),
            factor: factor.unwrap_or(Factor::Totp),
            redirect_uri: field(cx, "redirect_uri"),
            state: field(cx, "state"),
        }
    }
}

/// A parameter, be it wrapped in `mfa[…]` or plain.
fn field(cx: &Ctx, key: &str) -> Option<String> {
    super::field(cx, "mfa", key)
}
