//! WebFinger and host-meta: how an address such as `@ann@example.org` leads to an actor (federation.md 1).

use serde_json::json;

use crate::db::accounts::{self, AccountRow};
use crate::error::{Error, Result};
use crate::text::html::escape;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// The names of ActivityPub's media type in links.
const MEDIA_TYPES: [&str; 2] = [
    "application/activity+json",
    "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
];

/// Where people of this server follow somebody else from.
const SUBSCRIBE: &str = "http://ostatus.org/schema/1.0/subscribe";

fn subscribe(cx: &Ctx) -> String {
    cx.app.base().join("/ostatus_subscribe?acct={uri}")
}

/// Who is found.
struct Subject {
    /// `acct:name@host`, in the one spelling.
    subject: String,
    /// Other addresses of the same.
    aliases: Vec<String>,
    /// The actor id.
    actor: String,
    /// The page for people.
    page: String,
}

/// `GET /.well-known/webfinger`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let resource = cx
        .params
        .nonempty("resource")
        .ok_or(Error::MissingField("resource"))?;
    let found = find(cx, &resource)?.ok_or(Error::NotFound("Resource"))?;
    match prefers_xml(cx.header("Accept")) {
        true => Ok(xrd(cx, &found)),
        false => jrd(cx, &found),
    }
}

fn find(cx: &Ctx, resource: &str) -> Result<Option<Subject>> {
    let base = cx.app.base();
    let name = match resource.strip_prefix(base.as_str()) {
        Some("/actor" | "/" | "") => return Ok(Some(instance(cx))),
        Some("/relay") => return Ok(Some(relay(cx))),
        Some(path) => path
            .strip_prefix("/users/")
            .or_else(|| path.strip_prefix("/@")),
        None => {
            let handle = resource.strip_prefix("acct:").unwrap_or(resource);
            let handle = handle.strip_prefix('@').unwrap_or(handle);
            match handle.rsplit_once('@') {
                Some((name, host)) if is_here(cx, host) => Some(name),
                _ => None,
            }
        }
    };
    let Some(name) = name else {
        return Ok(None);
    };
    if is_here(cx, name) {
        return Ok(Some(instance(cx)));
    }
    if name.eq_ignore_ascii_case(RELAY) {
        return Ok(Some(relay(cx)));
    }
    let row = cx.app.db().read(|db| accounts::by_handle(db, name, ""))?;
    Ok(row.filter(|row| !row.hidden).map(|row| person(cx, row)))
}

fn is_here(cx: &Ctx, host: &str) -> bool {
    let base = cx.app.base();
    base.is_own(host)
}

fn person(cx: &Ctx, row: AccountRow) -> Subject {
    let mut aliases = vec![row.uri.clone()];
    if row.url != row.uri {
        aliases.push(row.url.clone());
    }
    Subject {
        subject: format!("acct:{}@{}", row.username, cx.app.base().domain()),
        aliases,
        actor: row.uri,
        page: row.url,
    }
}

/// The name of the actor that follows relays; nobody else gets it ([`crate::auth::names`]).
const RELAY: &str = "relay";

fn instance(cx: &Ctx) -> Subject {
    let actor = super::instance_actor(cx.app.base());
    of_server(cx, cx.app.base().domain(), actor)
}

fn relay(cx: &Ctx) -> Subject {
    of_server(cx, RELAY, super::relay_actor(cx.app.base()))
}

fn of_server(cx: &Ctx, name: &str, actor: String) -> Subject {
    Subject {
        subject: format!("acct:{name}@{}", cx.app.base().domain()),
        aliases: vec![actor.clone()],
        actor,
        page: cx.app.base().join("/"),
    }
}

fn jrd(cx: &Ctx, found: &Subject) -> Result<Reply> {
    let own = |kind: &str| json!({"rel": "self", "type": kind, "href": found.actor});
    let document = json!({
        "subject": found.subject,
        "aliases": found.aliases,
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": found.page},
            own(MEDIA_TYPES[0]),
            own(MEDIA_TYPES[1]),
            {"rel": SUBSCRIBE, "template": subscribe(cx)},
        ],
    });
    Ok(Reply::bytes(
        "application/jrd+json; charset=utf-8",
        serde_json::to_vec(&document)?,
    ))
}

fn xrd(cx: &Ctx, found: &Subject) -> Reply {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">".to_owned();
    xml.push_str(&format!("<Subject>{}</Subject>", escape(&found.subject)));
    for alias in &found.aliases {
        xml.push_str(&format!("<Alias>{}</Alias>", escape(alias)));
    }
    let page = (
        "http://webfinger.net/rel/profile-page",
        "text/html",
        &found.page,
    );
    let own = MEDIA_TYPES.map(|kind| ("self", kind, &found.actor));
    for (rel, kind, href) in std::iter::once(page).chain(own) {
        xml.push_str(&format!(
            "<Link rel=\"{rel}\" type=\"{}\" href=\"{}\"/>",
            escape(kind),
            escape(href)
        ));
    }
    xml.push_str(&format!(
        "<Link rel=\"{SUBSCRIBE}\" template=\"{}\"/></XRD>\n",
        escape(&subscribe(cx))
    ));
    Reply::bytes("application/xrd+xml; charset=utf-8", xml.into_bytes())
}

/// Only who asks for XML, and not for JSON before it, gets it.
fn prefers_xml(accept: Option<&str>) -> bool {
    let accept = accept.unwrap_or_default();
    let xml = ["application/xrd+xml", "application/xml", "text/xml"]
        .iter()
        .filter_map(|name| accept.find(name))
        .min();
    match (xml, accept.find("json")) {
        (Some(xml), Some(json)) => xml < json,
        (xml, _) => xml.is_some() && !accept.contains("text/html"),
    }
}

/// `GET /.well-known/host-meta`: where WebFinger is asked.
pub fn host_meta(cx: &Ctx) -> Result<Reply> {
    let xrd = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\
         <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"{}\"/></XRD>\n",
        escape(&template(cx)),
    );
    Ok(Reply::bytes(
        "application/xrd+xml; charset=utf-8",
        xrd.into_bytes(),
    ))
}

/// `GET /.well-known/host-meta.json`
pub fn host_meta_json(cx: &Ctx) -> Result<Reply> {
    Reply::json(&json!({"links": [
        {"rel": "lrdd", "type": "application/jrd+json", "template": template(cx)},
    ]}))
}

fn template(cx: &Ctx) -> String {
    cx.app.base().join("/.well-known/webfinger?resource={uri}")
}
