//! What this server says of itself. The documents look the same to everybody, so their bytes are kept until something
//! is written (`web::kept`).

use std::io::{ErrorKind, Read};
use std::time::UNIX_EPOCH;

use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use crate::api::features;
use crate::app::App;
use crate::auth::secret::digest;
use crate::clock::Timestamp;
use crate::db;
use crate::db::domain_policies::DomainPolicyRow;
use crate::error::{Error, Result};
use crate::fed;
use crate::media::site;
use crate::ops::featured_tags::MAX_FEATURED_TAGS;
use crate::ops::profiles;
use crate::ops::server_keys;
use crate::ops::statuses::MAX_ATTACHMENTS;
use crate::text::html::escape;
use crate::views::View;
use crate::views::about::{About, Limits, Rule};
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

/// Weeks that the activity goes back.
const WEEKS: i64 = 12;

/// A week of [`activity`]. Numbers are strings, as Mastodon has them.
#[derive(Serialize)]
struct Week {
    week: String,
    statuses: String,
    logins: String,
    registrations: String,
}

/// `GET /api/v1/instance/activity`
pub fn activity(cx: &Ctx) -> Result<Reply> {
    let weeks = cx.app.db().read(|db| db::stats::activity(db, WEEKS))?;
    let week = |week: db::stats::Week| Week {
        week: week.start.to_string(),
        statuses: week.statuses.to_string(),
        logins: week.logins.to_string(),
        registrations: week.registrations.to_string(),
    };
    Reply::json(&weeks.into_iter().map(week).collect::<Vec<_>>())
}

/// A decision of the admins about another server, as everybody may know it.
#[derive(Serialize)]
struct DomainBlock {
    domain: String,
    /// SHA-256 of the whole name, by which it is known where it is not shown in full.
    digest: String,
    severity: &'static str,
    comment: String,
}

impl From<DomainPolicyRow> for DomainBlock {
    fn from(row: DomainPolicyRow) -> DomainBlock {
        let digest = digest(&row.host);
        DomainBlock {
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            domain: match row.obfuscate {
                true => obfuscated(&row.host),
                false => row.host,
            },
            severity: row.severity.name(),
            comment: row.public_comment,
        }
    }
}

/// A host's name with its middle half starred out.
fn obfuscated(host: &str) -> String {
    let length = host.chars().count();
    let hidden = length / 4..length - length / 4;
    let shown = host.chars().enumerate();
    shown
        .map(|(at, c)| match hidden.contains(&at) && c != '.' {
            true => '*',
            false => c,
        })
        .collect()
}

/// `GET /api/v1/instance/domain_blocks`: servers that are kept out (`suspend`) or out of sight (`silence`).
pub fn domain_blocks(cx: &Ctx) -> Result<Reply> {
    let rows = cx.app.db().read(db::domain_policies::in_force)?;
    let shown: Vec<DomainBlock> = rows.into_iter().map(DomainBlock::from).collect();
    Reply::json(&shown)
}

/// `GET /api/v1/instance/translation_languages`: from which language into which; nothing is translated here.
pub fn translation_languages(_: &Ctx) -> Result<Reply> {
    Reply::json(&json!({}))
}

/// A text of the operator's, HTML as it was written: a file in the data directory's `static/`.
struct Text {
    content: String,
    written_at: Timestamp,
}

/// The longest text that is read.
const LONGEST_TEXT: u64 = 1 << 20;

fn text(cx: &Ctx, file: &str) -> Result<Option<Text>> {
    let file = match site::open(&cx.app.data().join("static"), file) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let written = file.metadata()?.modified()?.duration_since(UNIX_EPOCH);
    let mut bytes = Vec::new();
    file.take(LONGEST_TEXT).read_to_end(&mut bytes)?;
    Ok(Some(Text {
        content: String::from_utf8_lossy(&bytes).into_owned(),
        written_at: Timestamp(written.unwrap_or_default().as_millis() as i64),
    }))
}

/// `GET /api/v1/instance/extended_description`: the operator's `static/extended-description.html`, or the short description.
pub fn extended_description(cx: &Ctx) -> Result<Reply> {
    let text = text(cx, "extended-description.html")?.unwrap_or_else(|| Text {
        content: escape(&cx.app.config().instance.description).into_owned(),
        // Settings have no date; the epoch says "not known".
        written_at: Timestamp(0),
    });
    Reply::json(&json!({"updated_at": text.written_at, "content": text.content}))
}

/// `GET /api/v1/instance/privacy_policy`: the operator's `static/privacy-policy.html`; 404 while there is none.
pub fn privacy_policy(cx: &Ctx) -> Result<Reply> {
    let text = text(cx, "privacy-policy.html")?.ok_or(Error::record())?;
    Reply::json(&json!({"updated_at": text.written_at, "content": text.content}))
}

/// `GET /api/v1/instance/terms_of_service`: the operator's `static/terms-of-service.html`, which Pleroma-FE shows too; 404 while
/// there is none.
pub fn terms_of_service(cx: &Ctx) -> Result<Reply> {
    let text = text(cx, "terms-of-service.html")?.ok_or(Error::record())?;
    Reply::json(&json!({
        "effective_date": text.written_at.date(),
        "effective": true,
        "content": text.content,
        "succeeded_by": null,
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
    remote_fields: fed::reading::actor::MAX_FIELDS,
    field_name: profiles::FIELD_NAME_LENGTH,
    field_value: profiles::FIELD_VALUE_LENGTH,
    attachments: MAX_ATTACHMENTS,
    featured_tags: MAX_FEATURED_TAGS,
};
