//! What somebody who lives elsewhere does with something here, as front ends ask for it (pleroma-contract F).

use serde_json::json;

use crate::error::Result;
use crate::fed::resolve;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/v1/pleroma/remote_interaction`: the page of the visitor's (`profile`) server on which they follow or answer
/// `ap_id`.
pub fn find(cx: &Ctx) -> Result<Reply> {
    let (id, who) = (cx.require("ap_id")?, cx.require("profile")?);
    let page = resolve::interaction_page(cx.app, &who, &id)?;
    Reply::json(&match page {
        Some(url) => json!({"url": url}),
        None => json!({"error": "Couldn't find user"}),
    })
}
