//! NodeInfo: how programs find out what this is.

use serde_json::json;

use crate::api::mastodon::instance::{document, to_vec};
use crate::error::Result;
use crate::views::nodeinfo;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /.well-known/nodeinfo`: 2.0 first and 2.1 last, since some read the first link and some the last.
pub fn links(cx: &Ctx) -> Result<Reply> {
    let link = |version: &str| {
        json!({
            "rel": format!("http://nodeinfo.diaspora.software/ns/schema/{version}"),
            "href": cx.app.base().join(&format!("/nodeinfo/{version}.json")),
        })
    };
    // Between the two: first and last are what is read.
    let actor = json!({
        "rel": "https://www.w3.org/ns/activitystreams#Application",
        "href": crate::fed::instance_actor(cx.app.base()),
    });
    match cx.app.config().federation.enabled {
        true => Reply::json(&json!({"links": [link("2.0"), actor, link("2.1")]})),
        false => Reply::json(&json!({"links": [link("2.0"), link("2.1")]})),
    }
}

/// `GET /nodeinfo/2.0`
pub fn v2_0(cx: &Ctx) -> Result<Reply> {
    const TYPE: &str = "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.0#\"; charset=utf-8";
    document(cx.app, "nodeinfo 2.0", TYPE, |about| {
        to_vec(&nodeinfo::document(about, "2.0"))
    })
}

/// `GET /nodeinfo/2.1`
pub fn v2_1(cx: &Ctx) -> Result<Reply> {
    const TYPE: &str = "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.1#\"; charset=utf-8";
    document(cx.app, "nodeinfo 2.1", TYPE, |about| {
        to_vec(&nodeinfo::document(about, "2.1"))
    })
}
