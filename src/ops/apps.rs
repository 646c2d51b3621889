//! Applications: registering them, and knowing them again.

use super::moderation_log::{Subject, record};
use super::sessions::Viewer;
use crate::auth::scope::Scopes;
use crate::auth::{redirect, secret};
use crate::db::apps::{self, AppRow};
use crate::db::{Tx, tokens};
use crate::error::{Error, Result};
use crate::ids::AppId;

/// The name under which a front-end of the server itself would register.
const RESERVED_NAME: &str = "Mastodon-Local";

/// The longest name, website and redirect URI, in bytes.
const LONGEST_NAME: usize = 200;
const LONGEST_URI: usize = 2000;

/// The most redirect URIs, and the longest list of scopes in bytes.
const MOST_URIS: usize = 20;
const LONGEST_SCOPES: usize = 2000;

/// What an application says about itself.
pub struct NewApp {
    /// Shown on the consent page and with posts.
    pub name: String,
    /// Anything but an http(s) address is left out.
    pub website: Option<String>,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// All that it will ever ask for. Unknown ones are kept: clients want back what they asked for.
    pub scopes: Scopes,
}

/// What a client shows to prove that it is an application.
#[derive(Clone, Debug)]
pub struct Client {
    /// Public.
    pub id: String,
    /// Known to the application alone.
    pub secret: String,
}

/// Registers an application; the second part of the answer is its secret, which is not stored.
pub fn register(tx: &Tx, new: NewApp) -> Result<(AppRow, String)> {
    check(&new)?;
    let secret = secret::token();
    let app = AppRow {
        id: AppId::new(),
        name: new.name,
        website: new.website.filter(|website| is_web_address(website)),
        client_id: secret::token(),
        client_secret: secret::digest(&secret),
        redirect_uris: new.redirect_uris.join("\n"),
        scopes: new.scopes.to_string(),
        trusted: false,
    };
    apps::insert(tx, &app)?;
    Ok((app, secret))
}

/// What an admin changes of an application; whatever is `None` stays.
#[derive(Default)]
#[expect(missing_docs, reason = "the names are those of the application")]
pub struct Change {
    pub name: Option<String>,
    pub website: Option<String>,
    pub redirect_uris: Option<Vec<String>>,
    pub scopes: Option<Scopes>,
    pub trusted: Option<bool>,
}

/// Registers an application for an admin, who may trust it with registering people.
pub fn create(
    tx: &Tx,
    actor: Option<&Viewer>,
    new: NewApp,
    trusted: bool,
) -> Result<(AppRow, String)> {
    let (mut app, secret) = register(tx, new)?;
    app.trusted = trusted;
    apps::update(tx, &app)?;
    told(tx, actor, "create_app", &app, "created")?;
    Ok((app, secret))
}

/// Changes an application. If it may ask for less from now on, what it was given before ends: no token may hold more than
/// its application (security.md O3).
pub fn update(
    tx: &Tx,
    actor: Option<&Viewer>,
    id: AppId,
    change: Change,
) -> Result<Option<AppRow>> {
    let Some(old) = apps::by_id(tx, id)? else {
        return Ok(None);
    };
    let before = Scopes::parse(&old.scopes);
    let new = NewApp {
        name: change.name.unwrap_or(old.name),
        website: change.website.or(old.website),
        redirect_uris: change
            .redirect_uris
            .unwrap_or_else(|| old.redirect_uris.lines().map(str::to_owned).collect()),
        scopes: change.scopes.unwrap_or_else(|| before.clone()),
    };
    check(&new)?;
    if !before.subset_of(&new.scopes) {
        tokens::delete_of_app(tx, id)?;
    }
    let app = AppRow {
        name: new.name,
        website: new.website.filter(|website| is_web_address(website)),
        redirect_uris: new.redirect_uris.join("\n"),
        scopes: new.scopes.to_string(),
        trusted: change.trusted.unwrap_or(old.trusted),
        ..old
    };
    apps::update(tx, &app)?;
    told(tx, actor, "update_app", &app, "updated")?;
    Ok(Some(app))
}

/// Removes an application with every token that it was given; `false` when there is none.
pub fn delete(tx: &Tx, actor: Option<&Viewer>, id: AppId) -> Result<bool> {
    let Some(app) = apps::by_id(tx, id)? else {
        return Ok(false);
    };
    apps::delete(tx, id)?;
    told(tx, actor, "delete_app", &app, "deleted")?;
    Ok(true)
}

fn told(tx: &Tx, actor: Option<&Viewer>, action: &str, app: &AppRow, did: &str) -> Result<()> {
    let did = format!("{did} the application {}", app.name);
    record(tx, actor, action, &[Subject::app(app.id)], &did)
}

fn check(new: &NewApp) -> Result<()> {
    let problem = if new.name == RESERVED_NAME {
        "Client name is reserved"
    } else if new.name.len() > LONGEST_NAME {
        "Client name is too long"
    } else if new.redirect_uris.len() > MOST_URIS {
        "Redirect URI: there are too many"
    } else if !new.redirect_uris.iter().all(|uri| is_redirect(uri)) {
        "Redirect URI must be an absolute URI without a fragment"
    } else if new.scopes.to_string().len() > LONGEST_SCOPES {
        "Scopes are too long"
    } else {
        return Ok(());
    };
    Err(Error::Invalid(problem.into()))
}

fn is_redirect(uri: &str) -> bool {
    uri.len() <= LONGEST_URI && redirect::may_register(uri)
}

fn is_web_address(website: &str) -> bool {
    website.len() <= LONGEST_URI
        && url::Url::parse(website).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// The application that a client proves to be.
pub fn authenticate(tx: &Tx, client: &Client) -> Result<Option<AppRow>> {
    let shown = secret::digest(&client.secret);
    Ok(apps::by_client_id(tx, &client.id)?.filter(|app| app.client_secret == shown))
}
