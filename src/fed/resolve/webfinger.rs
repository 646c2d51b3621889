//! WebFinger as a client (federation.md 1.3).

use super::{Budget, Failure, Resolved};
use crate::app::App;
use crate::fed::descriptor::Descriptor;
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
    let (username, subject_host) = handle(&document.subject).unwrap_or((name, host));
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

/// What a host says about one of its people: where WebFinger is by rights, or, where there is nothing (404), where its
/// host-meta leads (federation.md 1.2).
fn asked(app: &App, name: &str, host: &str, budget: &Budget) -> Resolved<Descriptor> {
    let resource = percent_encoding::utf8_percent_encode(
        &format!("acct:{name}@{host}"),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    let known_place = format!("{}://{host}/.well-known", scheme(app, host));
    let plain = format!("{known_place}/webfinger?resource={resource}");
    if let Some(found) = said(app, &plain, JRD, budget)? {
        return Ok(found);
    }
    let meta = said(app, &format!("{known_place}/host-meta"), XRD, budget)?;
    let template = meta.as_ref().and_then(lrdd).ok_or(Failure::Gone)?;
    let address = template.replace("{uri}", &resource);
    match address == plain {
        true => Err(Failure::Gone),
        false => said(app, &address, JRD, budget)?.ok_or(Failure::Gone),
    }
}

/// What is asked for: JSON rather than XML, but both are read.
const JRD: &str = "application/jrd+json, application/json, application/xrd+xml;q=0.5";

/// The form that host-meta has everywhere.
const XRD: &str = "application/xrd+xml, application/xml;q=0.9, application/jrd+json;q=0.5";

/// What is there to be read; `None`: there is nothing at that address.
fn said(app: &App, address: &str, accept: &str, budget: &Budget) -> Resolved<Option<Descriptor>> {
    let host = wire::host_of(address).ok_or_else(|| Failure::refused("not an address"))?;
    super::document::refuse_unwanted(app, &host)?;
    budget.take()?;
    let limits = budget.within(Limits::DISCOVERY);
    let answer = app.client().send(&Request::get(address, accept, limits))?;
    match answer.head.status {
        200 => {}
        404 => return Ok(None),
        410 => return Err(Failure::Gone),
        status => return Err(Failure::Temporary(format!("WebFinger answered {status}"))),
    }
    let found = Descriptor::read(&answer.body);
    found
        .map(Some)
        .ok_or_else(|| Failure::refused("the WebFinger answer cannot be read"))
}

/// Where a host answers WebFinger, with `{uri}` in place of who is asked about: in JSON, if it has a choice.
fn lrdd(meta: &Descriptor) -> Option<&str> {
    let mut places: Vec<_> = meta
        .related("lrdd")
        .filter(|link| link.template.contains("{uri}"))
        .collect();
    places.sort_by_key(|link| !link.kind.contains("json"));
    places.first().map(|link| link.template.as_str())
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

fn actor_link(document: &Descriptor) -> Option<&str> {
    let is_document = |kind: &str| {
        kind.starts_with("application/activity+json") || kind.starts_with("application/ld+json")
    };
    document
        .related("self")
        .filter(|link| is_document(&link.kind))
        .map(|link| link.href.as_str())
        .find(|href| wire::is_id(href))
}

/// The address of the page to interact on, with `{uri}` in place of what.
fn template(document: &Descriptor) -> Option<&str> {
    document
        .related("http://ostatus.org/schema/1.0/subscribe")
        .next()
        .map(|link| link.template.as_str())
        .filter(|template| template.contains("{uri}"))
}
