//! The authorize page: where a person logs in for an application, or agrees to it (pleroma-contract B.2).
//!
//! No answer leads to an address that the application did not register, and none leads anywhere before the person
//! pressed a button: everything that is wrong with a request is said here (security.md O1).

mod forms;
pub mod mfa;

use forms::{consent_page, login_page};

use super::{Message, message, page};
use crate::auth::pkce;
use crate::auth::redirect::{self, OUT_OF_BAND};
use crate::auth::scope::Scopes;
use crate::db::apps::{self, AppRow};
use crate::error::{Error, Result};
use crate::ops::login::{self, Consent, Consented, Proof};
use crate::ops::mfa::Factor;
use crate::ops::sessions::{self, Session, Viewer};
use crate::web::ctx::Ctx;
use crate::web::params::Value;
use crate::web::reply::Reply;
use crate::web::{credentials, form_token, passwords};

const PURPOSE: &str = "authorize";
/// What the names of the form's fields are wrapped in.
const FORM: &str = "authorization";
const WRONG_LOGIN: &str = "Invalid Username/Password";
const WRONG_SCOPES: &str = "This action is outside the authorized scopes";

/// What the request says, checked or not: a form that is shown again keeps it.
struct Asked {
    client_id: String,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    /// `None`: not a word was said, which means all that the application has.
    scopes: Option<Scopes>,
    state: Option<String>,
    challenge: Option<String>,
    challenge_method: Option<String>,
}

/// An application, and an address of its own to which the answer goes.
struct Target {
    app: AppRow,
    redirect_uri: String,
}

/// `GET /oauth/authorize`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let asked = Asked::read(cx);
    let Some(target) = target(cx, &asked)? else {
        return refusal(
            "This application is not known here, or it wants to be answered at an address that it did not register.",
        );
    };
    if let Some(problem) = asked.problem(&target) {
        return refusal(problem);
    }
    let force_login = cx.params.bool("force_login").unwrap_or(false);
    match agreeing(cx, &asked, &target)? {
        Some((viewer, scopes)) if !force_login => {
            consent_page(cx, &asked, &target, &viewer, &scopes)
        }
        _ => login_page(cx, &asked, Some(&target), "", 200),
    }
}

/// `POST /oauth/authorize`
pub fn submit(cx: &Ctx) -> Result<Reply> {
    if !credentials::is_own_page(cx.request, cx.app) {
        return Err(Error::Forbidden(
            "This form was sent by another site.".into(),
        ));
    }
    let asked = Asked::read(cx);
    let Some(target) = target(cx, &asked)? else {
        return login_page(cx, &asked, None, WRONG_LOGIN, 401);
    };
    let again = |problem, status| login_page(cx, &asked, Some(&target), problem, status);
    match asked.problem(&target) {
        Some(WRONG_SCOPES) => return again(WRONG_SCOPES, 401),
        Some(problem) => return refusal(problem),
        None => {}
    }
    if !is_meant(cx, PURPOSE)? {
        return again("This form has expired. Please try again.", 401);
    }
    if cx.params.text("decision").as_deref() == Some("cancel") {
        return cancelled(&asked, &target);
    }
    match agreed(cx, &asked, &target) {
        Ok(Some(Consented::Code(code))) => answered(&target, asked.state.as_deref(), &code),
        Ok(Some(Consented::SecondFactor(mfa_token))) => {
            let waiting = mfa::Asked {
                mfa_token,
                factor: Factor::Totp,
                redirect_uri: None,
                state: asked.state,
            };
            mfa::page(cx, &waiting, &target, "", 200)
        }
        Ok(None) => again(WRONG_LOGIN, 401),
        Err(refused @ Error::LoginRefused { .. }) => again(&refused.to_string(), 403),
        Err(Error::Status(status, problem)) => again(&problem, status),
        Err(other) => Err(other),
    }
}

/// Somebody agrees: with name and password, else with the session of the browser. `None`: nobody whom we know.
fn agreed(cx: &Ctx, asked: &Asked, target: &Target) -> Result<Option<Consented>> {
    let named = (field(cx, FORM, "name"), field(cx, FORM, "password"));
    let (Some(name), Some(password)) = named else {
        let Some((viewer, scopes)) = agreeing(cx, asked, target)? else {
            return Ok(None);
        };
        return consent(cx, asked, target, &Proof::Session(viewer.id), &scopes).map(Some);
    };
    let Some(user) = passwords::check(cx.app, &name, &password)? else {
        return Ok(None);
    };
    login::admit(&user, cx.app.rules())?;
    let scopes = login::scopes_for(&target.app, asked.scopes.as_ref(), user.is_admin)
        .ok_or_else(|| Error::Status(401, WRONG_SCOPES.into()))?;
    consent(cx, asked, target, &Proof::Password(&user), &scopes).map(Some)
}

fn consent(
    cx: &Ctx,
    asked: &Asked,
    target: &Target,
    proof: &Proof,
    scopes: &Scopes,
) -> Result<Consented> {
    let to = Consent {
        app: &target.app,
        redirect_uri: &target.redirect_uri,
        scopes,
        challenge: asked.challenge.as_deref(),
    };
    cx.app
        .db()
        .write(|tx| login::consent(tx, cx.app.terms(), proof, &to))
}

/// The user whose session the browser has, if its token holds all that is asked for: otherwise whoever has a narrow
/// token could make a wide one of it.
fn agreeing(cx: &Ctx, asked: &Asked, target: &Target) -> Result<Option<(Viewer, Scopes)>> {
    // The way here is a link on another site, so `Sec-Fetch-Site` says nothing; what the form does is guarded by its token.
    let Some(cookie) = credentials::cookie(cx.request) else {
        return Ok(None);
    };
    let Session::User(viewer) = sessions::by_cookie(cx.app.db(), cx.app.rules(), &cookie)? else {
        return Ok(None);
    };
    let scopes = login::scopes_for(&target.app, asked.scopes.as_ref(), viewer.is_admin);
    Ok(scopes
        .filter(|scopes| {
            viewer
                .scopes
                .as_ref()
                .is_some_and(|held| scopes.subset_of(held))
        })
        .map(|scopes| (viewer, scopes)))
}

/// Whether the form is one of ours. A program may post name and password without having fetched the form: no browser
/// sends neither origin, nor site, nor cookie.
fn is_meant(cx: &Ctx, purpose: &str) -> Result<bool> {
    let from_browser = ["Origin", "Sec-Fetch-Site", "Cookie"]
        .iter()
        .any(|name| cx.header(name).is_some());
    if from_browser || cx.params.has(form_token::FIELD) {
        form_token::check(cx, purpose)
    } else {
        Ok(true)
    }
}

/// Sends the code to the application, or shows it.
fn answered(target: &Target, state: Option<&str>, code: &str) -> Result<Reply> {
    if target.redirect_uri != OUT_OF_BAND {
        return Ok(back(target, state, &[("code", code)]));
    }
    let page = page(&Message {
        title: "Successfully authorized",
        text: "Copy this code into the application:",
        code,
    })?;
    Ok(page.header("Cache-Control", "no-store"))
}

fn cancelled(asked: &Asked, target: &Target) -> Result<Reply> {
    if target.redirect_uri == OUT_OF_BAND {
        return message("Cancelled", "The application got no access.");
    }
    let answer = [
        ("error", "access_denied"),
        ("error_description", "The user refused."),
    ];
    Ok(back(target, asked.state.as_deref(), &answer))
}

fn back(target: &Target, state: Option<&str>, answer: &[(&str, &str)]) -> Reply {
    let mut answer = answer.to_vec();
    answer.extend(state.map(|state| ("state", state)));
    Reply::redirect(&redirect::with_query(&target.redirect_uri, &answer))
        .header("Cache-Control", "no-store")
}

fn refusal(problem: &str) -> Result<Reply> {
    Ok(message("This does not work", problem)?.status(400))
}

fn target(cx: &Ctx, asked: &Asked) -> Result<Option<Target>> {
    let found = cx
        .app
        .db()
        .read(|db| apps::by_client_id(db, &asked.client_id))?;
    let Some(app) = found else {
        return Ok(None);
    };
    let redirect_uri = registered(&app, asked.redirect_uri.as_deref());
    Ok(redirect_uri.map(|redirect_uri| Target { app, redirect_uri }))
}

/// The address to answer at, if it is one of the application's. Nothing said is enough where there is nothing to choose.
fn registered(app: &AppRow, asked: Option<&str>) -> Option<String> {
    let mut known = app.redirect_uris();
    match asked {
        Some(uri) => known
            .any(|known| redirect::matches(known, uri))
            .then(|| uri.to_owned()),
        None => known
            .next()
            .filter(|_| known.next().is_none())
            .map(str::to_owned),
    }
}

impl Asked {
    fn read(cx: &Ctx) -> Asked {
        Asked {
            client_id: field(cx, FORM, "client_id").unwrap_or_default(),
            redirect_uri: field(cx, FORM, "redirect_uri"),
            response_type: field(cx, FORM, "response_type"),
            scopes: asked_scopes(cx),
            state: field(cx, FORM, "state"),
            challenge: field(cx, FORM, "code_challenge"),
            challenge_method: field(cx, FORM, "code_challenge_method"),
        }
    }

    /// What is wrong with it, for the person to read.
    fn problem(&self, target: &Target) -> Option<&'static str> {
        let blank_or_wide = |scopes: &Scopes| {
            scopes.is_empty() || !scopes.subset_of(&Scopes::parse(&target.app.scopes))
        };
        let method = self.challenge_method.as_deref();
        if self
            .response_type
            .as_deref()
            .is_some_and(|kind| kind != "code")
        {
            Some("The application asked for a kind of answer that is not offered here.")
        } else if self.scopes.as_ref().is_some_and(blank_or_wide) {
            Some(WRONG_SCOPES)
        } else if let Some(challenge) = &self.challenge
            && (method != Some(pkce::METHOD) || !pkce::is_challenge(challenge))
        {
            Some("The application asked for a kind of proof that is not offered here (S256 is).")
        } else {
            None
        }
    }

    /// Hidden fields that bring it back with the form.
    fn hidden(&self, form_token: String) -> Vec<(&'static str, String)> {
        let mut hidden = vec![(form_token::FIELD, form_token)];
        let fields = [
            ("authorization[client_id]", Some(&self.client_id)),
            ("authorization[redirect_uri]", self.redirect_uri.as_ref()),
            ("authorization[response_type]", self.response_type.as_ref()),
            ("authorization[state]", self.state.as_ref()),
            ("authorization[code_challenge]", self.challenge.as_ref()),
            (
                "authorization[code_challenge_method]",
                self.challenge_method.as_ref(),
            ),
        ];
        hidden.extend(
            fields
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?.clone()))),
        );
        hidden
    }
}

/// A parameter, be it wrapped as in `form[key]` or plain.
fn field(cx: &Ctx, form: &str, key: &str) -> Option<String> {
    let wrapped = cx.params.map(form);
    let found = wrapped
        .and_then(|fields| fields.nonempty(key))
        .or_else(|| cx.params.nonempty(key));
    found.map(|text| text.into_owned())
}

fn asked_scopes(cx: &Ctx) -> Option<Scopes> {
    let wrapped = cx.params.map(FORM).into_iter();
    let (fields, key) = wrapped
        .chain([&cx.params])
        .flat_map(|fields| [(fields, "scope"), (fields, "scopes")])
        .find(|(fields, key)| matches!(fields.get(key), Some(Value::Text(_) | Value::List(_))))?;
    Some(Scopes::parse(&fields.list(key).join(" ")))
}
