//! What this server says of itself. The documents look the same to everybody, so their bytes are kept until something
//! is written (`web::kept`).

use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use crate::api::features;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db;
use crate::error::Result;
use crate::ops::featured_tags::MAX_FEATURED_TAGS;
use crate::ops::profiles;
use crate::ops::server_keys;
use crate::ops::statuses::MAX_ATTACHMENTS;
use crate::views::View;
use crate::views::instance::{About, Limits, Rule};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

const JSON: &str = "application/json; charset=utf-8";

/// `GET /api/v1/instance`
pub fn v1(cx: &Ctx) -> Result<Reply> {
    document(cx.app, "instance v1", JSON, |about| to_vec(&about.v1()))
}

/// `GET /api/v2/instance`
pub fn v2(cx: &Ctx) -> Result<Reply> {
    document(cx.app, "instance v2", JSON, |about| to_vec(&about.v2()))
}

/// `GET /api/v1/instance/peers`: hosts that we know somebody of.
pub fn peers(cx: &Ctx) -> Result<Reply> {
    Reply::json(&cx.app.db().read(db::stats::hosts)?)
}

/// `GET /api/v1/instance/rules`
pub fn rules(cx: &Ctx) -> Result<Reply> {
    Reply::json(&cx.app.db().read(all_rules)?)
}

fn all_rules(db: &Connection) -> Result<Vec<Rule>> {
    Ok(db::rules::all(db)?.into_iter().map(Rule::from).collect())
}

/// `GET /api/v1/instance/extended_description`
pub fn extended_description(cx: &Ctx) -> Result<Reply> {
    let description = crate::text::html::escape(&cx.app.config().instance.description);
    Reply::json(&json!({
        // Settings have no date but that of the start; the epoch says "not known".
        "updated_at": Timestamp(0),
        "content": description,
    }))
}

/// A document made of what there is to know about this server, rendered when something changed.
pub fn document(
    app: &App,
    name: &'static str,
    content_type: &'static str,
    render: impl FnOnce(&About) -> Result<Vec<u8>>,
) -> Result<Reply> {
    let bytes = app
        .kept()
        .bytes(name, app.db().generation(), || render(&about(app)?))?;
    Ok(Reply::bytes(content_type, bytes))
}

/// Serialises for [`document`].
pub fn to_vec(entity: &impl Serialize) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(entity)?)
}

/// Gathers what there is to know about this server.
fn about(app: &App) -> Result<About<'_>> {
    let vapid_key = server_keys::vapid_public(app.db())?;
    app.db().read(|db| {
        let staff = db::users::staff(db)?;
        let contact = match staff.first() {
            Some((id, _)) => Some(View::anonymous(db, app.house()).account(*id)?),
            None => None,
        };
        Ok(About {
            config: app.config(),
            base: app.base(),
            features: features::list(app),
            federating: app.config().federation.enabled && features::answers(app, "POST", "/inbox"),
            limits: LIMITS,
            vapid_key,
            usage: db::stats::usage(db)?,
            rules: all_rules(db)?,
            staff: staff.into_iter().map(|(_, uri)| uri).collect(),
            contact,
        })
    })
}

const LIMITS: Limits = Limits {
    fields: profiles::MAX_FIELDS,
    field_name: profiles::FIELD_NAME_LENGTH,
    field_value: profiles::FIELD_VALUE_LENGTH,
    attachments: MAX_ATTACHMENTS,
    featured_tags: MAX_FEATURED_TAGS,
};
