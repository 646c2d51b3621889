//! The two forms of the authorize page, and scopes in words.

use askama::Template;

use super::{Asked, FORM, PURPOSE, Target, field};
use crate::auth::redirect;
use crate::auth::scope::Scopes;
use crate::error::Result;
use crate::ops::sessions::Viewer;
use crate::pages::rendered;
use crate::web::ctx::Ctx;
use crate::web::form_token;
use crate::web::reply::Reply;

/// A scope in words.
struct Line {
    name: String,
    meaning: String,
}

#[derive(Template)]
#[template(path = "oauth/login.html")]
struct LoginPage<'a> {
    instance: &'a str,
    app: &'a str,
    problem: &'a str,
    name: String,
    hidden: Vec<(&'static str, String)>,
    scopes: Vec<Line>,
}

#[derive(Template)]
#[template(path = "oauth/consent.html")]
struct ConsentPage<'a> {
    instance: &'a str,
    app: &'a str,
    user: &'a str,
    other: String,
    hidden: Vec<(&'static str, String)>,
    scopes: Vec<Line>,
}

/// Asks for name and password; also again, with what was wrong.
pub(super) fn login_page(
    cx: &Ctx,
    asked: &Asked,
    target: Option<&Target>,
    problem: &str,
    status: u16,
) -> Result<Reply> {
    let offered = target.map(|target| Scopes::parse(&target.app.scopes));
    // A form that was sent without a single scope begins anew.
    let asked_for = asked.scopes.clone().filter(|scopes| !scopes.is_empty());
    let page = LoginPage {
        instance: &cx.app.config().instance.name,
        app: target.map_or("", |target| &target.app.name),
        problem,
        name: field(cx, FORM, "name").unwrap_or_default(),
        hidden: asked.hidden(form_token::make(cx, PURPOSE)?),
        scopes: lines(&asked_for.or(offered).unwrap_or_default()),
    };
    Ok(leading_to(target, rendered(&page)?).status(status))
}

/// Asks a user who is logged in already.
pub(super) fn consent_page(
    cx: &Ctx,
    asked: &Asked,
    target: &Target,
    viewer: &Viewer,
    scopes: &Scopes,
) -> Result<Reply> {
    let page = ConsentPage {
        instance: &cx.app.config().instance.name,
        app: &target.app.name,
        user: &viewer.username,
        other: format!(
            "/oauth/authorize?{}&force_login=true",
            cx.request.raw_query_string()
        ),
        hidden: asked.hidden(form_token::make(cx, PURPOSE)?),
        scopes: lines(scopes),
    };
    Ok(leading_to(Some(target), rendered(&page)?))
}

/// A page whose form leads to the application.
pub(super) fn leading_to(target: Option<&Target>, page: String) -> Reply {
    let scheme = target.and_then(|target| redirect::scheme(&target.redirect_uri));
    Reply::html_leading_to(page, scheme.as_deref()).header("Cache-Control", "no-store")
}

fn lines(scopes: &Scopes) -> Vec<Line> {
    let line = |name: &str| Line {
        name: name.to_owned(),
        meaning: meaning(name),
    };
    scopes.iter().map(line).collect()
}

fn meaning(scope: &str) -> String {
    match scope.split_once(':') {
        None => match scope {
            "read" => "read everything in your account",
            "write" => "post, upload and change everything in your account",
            "follow" => "follow, mute and block people",
            "push" => "receive your notifications",
            "profile" => "see who you are",
            "admin" => "administer this server, if you may",
            _ => "use what it calls by this name",
        }
        .to_owned(),
        Some(("read", part)) => format!("read your {part}"),
        Some(("write", part)) => format!("change your {part}"),
        Some(("admin", part)) => format!("administer this server, if you may: {part}"),
        Some(_) => "use what it calls by this name".to_owned(),
    }
}
