//! WebFinger as a client (federation.md 1.3).

use serde_json::Value;

use super::{Budget, Failure, Resolved};
use crate::app::App;
use crate::fed::fetch::{Limits, Request};
use crate::fed::wire;

/// What a server says of a handle.
pub struct Finger {
    /// The name in its one spelling.
    pub username: String,
    /// The host that goes with it.
    pub host: String,
    /// The actor id.
    pub actor: String,
}

/// Asks a host about one of its people.
pub fn query(app: &App, name: &str, host: &str, budget: &Budget) -> Resolved<Finger> {
    let document = asked(app, name, host, budget)?;
    let subject = document["subject"].as_str().unwrap_or_default();
    let (username, subject_host) = handle(subject).unwrap_or((name, host));
    let actor = actor_link(&document)
        .ok_or_else(|| Failure::refused("the WebFinger answer names no actor"))?;
    Ok(Finger {
        username: username.to_owned(),
        host: subject_host.to_lowercase(),
        actor: actor.to_owned(),
    })
}

/// The page on which somebody elsewhere does something with what has that id: follows it, answers it. Their host says which.
pub fn interaction_page(
    app: &App,
    name: &str,
    host: &str,
    id: &str,
    budget: &Budget,
) -> Resolved<String> {
    let document = asked(app, name, host, budget)?;
    let none = || Failure::refused("the WebFinger answer names no page to interact on");
    let template = template(&document).ok_or_else(none)?;
    let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
    let page = template.replace("{uri}", &id.to_string());
    // Whatever it is, a browser will be sent there.
    match wire::is_id(&page) && wire::host_of(&page).is_some() {
        true => Ok(page),
        false => Err(none()),
    }
}

/// What a host says about one of its people.
fn asked(app: &App, name: &str, host: &str, budget: &Budget) -> Resolved<Value> {
    super::document::refuse_unwanted(app, host)?;
    budget.take()?;
    let resource = percent_encoding::utf8_percent_encode(
        &format!("acct:{name}@{host}"),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    let scheme = scheme(app, host);
    let address = format!("{scheme}://{host}/.well-known/webfinger?resource={resource}");
    let limits = budget.within(Limits::DISCOVERY);
    let request = Request::get(&address, "application/jrd+json, application/json", limits);
    let answer = app.client().send(&request)?;
    match answer.head.status {
        200 => {}
        404 | 410 => return Err(Failure::Gone),
        status => return Err(Failure::Temporary(format!("WebFinger answered {status}"))),
    }
    wire::parse(&answer.body).map_err(|_| Failure::refused("the WebFinger answer cannot be read"))
}

/// Plain http is spoken to numbers and to this machine, where that is allowed at all.
fn scheme(app: &App, host: &str) -> &'static str {
    let name = host.split(':').next().unwrap_or_default();
    let is_near =
        name == "localhost" || host.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok();
    match app.client().allows_private() && is_near {
        true => "http",
        false => "https",
    }
}

/// Name and host of `acct:name@host`.
pub fn handle(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("acct:").unwrap_or(text);
    let text = text.strip_prefix('@').unwrap_or(text);
    let (name, host) = text.split_once('@')?;
    let fits = !name.is_empty() && !host.is_empty() && !host.contains(['@', '/', '?', '#', ' ']);
    fits.then_some((name, host))
}

fn actor_link(document: &Value) -> Option<&str> {
    let links = document["links"].as_array()?.iter();
    let own = links.filter(|link| link["rel"] == "self");
    own.filter(|link| {
        let kind = link["type"].as_str().unwrap_or_default();
        kind.starts_with("application/activity+json") || kind.starts_with("application/ld+json")
    })
    .find_map(|link| link["href"].as_str().filter(|href| wire::is_id(href)))
}

/// The address of the page to interact on, with `{uri}` in place of what.
fn template(document: &Value) -> Option<&str> {
    let mut links = document["links"].as_array()?.iter();
    links
        .find(|link| link["rel"] == "http://ostatus.org/schema/1.0/subscribe")
        .and_then(|link| link["template"].as_str())
        .filter(|template| template.contains("{uri}"))
}
