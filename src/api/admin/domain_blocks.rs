//! What admins decide about other servers: Mastodon's admin API, with the decisions of Pleroma that it does not know
//! (`reject_deletes`, `mark_sensitive`, `followers_only`) beside.

use serde::Serialize;
use serde_json::json;

use crate::clock::Timestamp;
use crate::db;
use crate::db::domain_policies::{AllowedRow, DomainPolicyRow, Severity};
use crate::error::{Error, Result};
use crate::ids::DomainPolicyId;
use crate::ops::domain_policies::{self, Change};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// A decision.
#[derive(Serialize)]
struct DomainBlock {
    id: DomainPolicyId,
    domain: String,
    digest: String,
    created_at: Timestamp,
    severity: &'static str,
    reject_media: bool,
    reject_reports: bool,
    private_comment: Option<String>,
    public_comment: Option<String>,
    obfuscate: bool,
    reject_deletes: bool,
    mark_sensitive: bool,
    followers_only: bool,
}

impl From<DomainPolicyRow> for DomainBlock {
    fn from(row: DomainPolicyRow) -> DomainBlock {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        DomainBlock {
            id: row.id,
            digest: data_encoding::HEXLOWER.encode(&crate::auth::secret::digest(&row.host)),
            domain: row.host,
            created_at: row.created_at,
            severity: row.severity.name(),
            reject_media: row.reject_media,
            reject_reports: row.reject_reports,
            private_comment: said(row.private_comment),
            public_comment: said(row.public_comment),
            obfuscate: row.obfuscate,
            reject_deletes: row.reject_deletes,
            mark_sensitive: row.mark_sensitive,
            followers_only: row.followers_only,
        }
    }
}

/// `GET /api/v1/admin/domain_blocks`, newest first
pub fn list(cx: &Ctx) -> Result<Reply> {
    let page = cx.page(100, 200);
    let rows = cx
        .app
        .db()
        .read(|db| db::domain_policies::page(db, &page))?;
    let keys: Vec<DomainPolicyId> = rows.iter().map(|row| row.id).collect();
    let shown: Vec<DomainBlock> = rows.into_iter().map(DomainBlock::from).collect();
    cx.listed(&shown, &keys)
}

/// `GET /api/v1/admin/domain_blocks/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    let row = cx.app.db().read(|db| db::domain_policies::by_id(db, id))?;
    Reply::json(&DomainBlock::from(row))
}

/// `POST /api/v1/admin/domain_blocks`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let host = domain_policies::host(cx.app.base(), &cx.require("domain")?)?;
    let change = change(cx)?;
    let made = cx
        .app
        .db()
        .write(|tx| domain_policies::create(tx, cx.session.viewer(), &host, change))?;
    Reply::json(&DomainBlock::from(made))
}

/// `PUT /api/v1/admin/domain_blocks/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (id, change) = (cx.id("id", "Record")?, change(cx)?);
    let changed = cx
        .app
        .db()
        .write(|tx| domain_policies::update(tx, cx.session.viewer(), id, change))?;
    Reply::json(&DomainBlock::from(changed))
}

/// `DELETE /api/v1/admin/domain_blocks/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app
        .db()
        .write(|tx| domain_policies::delete(tx, cx.session.viewer(), id))?;
    Reply::json(&json!({}))
}

fn change(cx: &Ctx) -> Result<Change> {
    let severity = match cx.params.nonempty("severity") {
        None => None,
        Some(word) => Some(
            Severity::parse(&word)
                .ok_or_else(|| Error::Invalid(format!("'{word}' is not a valid severity")))?,
        ),
    };
    let text = |key| cx.params.text(key).map(|text| text.into_owned());
    let on = |key| cx.params.bool(key);
    Ok(Change {
        severity,
        reject_media: on("reject_media"),
        reject_reports: on("reject_reports"),
        reject_deletes: on("reject_deletes"),
        mark_sensitive: on("mark_sensitive"),
        followers_only: on("followers_only"),
        obfuscate: on("obfuscate"),
        public_comment: text("public_comment"),
        private_comment: text("private_comment"),
    })
}

/// A server that is spoken with, where only those are.
#[derive(Serialize)]
struct DomainAllow {
    id: DomainPolicyId,
    domain: String,
    created_at: Timestamp,
}

impl From<AllowedRow> for DomainAllow {
    fn from(row: AllowedRow) -> DomainAllow {
        DomainAllow {
            id: row.id,
            domain: row.host,
            created_at: row.created_at,
        }
    }
}

/// `GET /api/v1/admin/domain_allows`
pub fn allowed(cx: &Ctx) -> Result<Reply> {
    let rows = cx.app.db().read(db::domain_policies::allowed)?;
    let shown: Vec<DomainAllow> = rows.into_iter().map(DomainAllow::from).collect();
    Reply::json(&shown)
}

/// `GET /api/v1/admin/domain_allows/{id}`
pub fn show_allowed(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    let row = cx
        .app
        .db()
        .read(|db| db::domain_policies::allowed_by_id(db, id))?;
    Reply::json(&DomainAllow::from(row))
}

/// `POST /api/v1/admin/domain_allows`
pub fn allow(cx: &Ctx) -> Result<Reply> {
    let host = domain_policies::host(cx.app.base(), &cx.require("domain")?)?;
    let row = cx
        .app
        .db()
        .write(|tx| domain_policies::allow(tx, cx.session.viewer(), &host))?;
    Reply::json(&DomainAllow::from(row))
}

/// `DELETE /api/v1/admin/domain_allows/{id}`
pub fn disallow(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app.db().write(|tx| {
        let row = db::domain_policies::allowed_by_id(tx, id)?;
        domain_policies::disallow(tx, cx.session.viewer(), &row.host)
    })?;
    Reply::json(&json!({}))
}
