//! What admins decide about other servers (federation.md 9.3).

use crate::config::BaseUrl;
use crate::db::domain_policies::{self, AllowedRow, DomainPolicyRow, Severity};
use crate::db::{Tx, jobs, server_state};
use crate::error::{Error, Result};
use crate::ids::DomainPolicyId;
use crate::ops::moderation_log::{Subject, record};
use crate::ops::sessions::Viewer;

/// The job that hides people of a suspended server, or shows them again.
pub const JOB: &str = "apply_domain_policy";

/// What is to become of a decision; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct Change {
    pub severity: Option<Severity>,
    pub reject_media: Option<bool>,
    pub reject_reports: Option<bool>,
    pub reject_deletes: Option<bool>,
    pub mark_sensitive: Option<bool>,
    pub followers_only: Option<bool>,
    pub obfuscate: Option<bool>,
    pub public_comment: Option<String>,
    pub private_comment: Option<String>,
}

/// Reads a host as an admin writes it: lower case, ASCII; `*.` in front means nothing more than the host itself, which holds
/// for all below it too.
pub fn host(base: &BaseUrl, text: &str) -> Result<String> {
    let invalid = || Error::Invalid("Validation failed: Domain is not a valid domain name".into());
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let text = text.strip_prefix("*.").unwrap_or(&text);
    let url = url::Url::parse(&format!("http://{text}/")).map_err(|_| invalid())?;
    let name = url.host_str().ok_or_else(invalid)?;
    let host = match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if !is_plain || !url.username().is_empty() || host.len() > 255 || !host.chars().all(fits) {
        return Err(invalid());
    }
    if base.is_own(&host) || base.host().ends_with(&format!(".{host}")) {
        return Err(Error::Invalid(
            "Validation failed: Domain is this server".into(),
        ));
    }
    Ok(host)
}

/// Decides about a server; 422 when there is a decision already.
pub fn create(
    tx: &Tx,
    actor: Option<&Viewer>,
    host: &str,
    change: Change,
) -> Result<DomainPolicyRow> {
    if domain_policies::by_host(tx, host)?.is_some() {
        let text = "Validation failed: Domain has already been taken";
        return Err(Error::Invalid(text.into()));
    }
    put(
        tx,
        actor,
        DomainPolicyRow::new(host),
        change,
        "domain_block_create",
        "decided about",
    )
}

/// Decides otherwise.
pub fn update(
    tx: &Tx,
    actor: Option<&Viewer>,
    id: DomainPolicyId,
    change: Change,
) -> Result<DomainPolicyRow> {
    let row = domain_policies::by_id(tx, id)?;
    put(
        tx,
        actor,
        row,
        change,
        "domain_block_update",
        "changed what holds for",
    )
}

fn put(
    tx: &Tx,
    actor: Option<&Viewer>,
    old: DomainPolicyRow,
    change: Change,
    action: &str,
    did: &str,
) -> Result<DomainPolicyRow> {
    let row = DomainPolicyRow {
        severity: change.severity.unwrap_or(old.severity),
        reject_media: change.reject_media.unwrap_or(old.reject_media),
        reject_reports: change.reject_reports.unwrap_or(old.reject_reports),
        reject_deletes: change.reject_deletes.unwrap_or(old.reject_deletes),
        mark_sensitive: change.mark_sensitive.unwrap_or(old.mark_sensitive),
        followers_only: change.followers_only.unwrap_or(old.followers_only),
        obfuscate: change.obfuscate.unwrap_or(old.obfuscate),
        public_comment: change.public_comment.unwrap_or(old.public_comment),
        private_comment: change.private_comment.unwrap_or(old.private_comment),
        ..old
    };
    domain_policies::put(tx, &row)?;
    jobs::push(tx, JOB, &row.host)?;
    let did = format!("{did} {}: {}", row.host, row.severity.name());
    record(tx, actor, action, &[subject(&row.host)], &did)?;
    Ok(row)
}

/// Takes a decision back.
pub fn delete(tx: &Tx, actor: Option<&Viewer>, id: DomainPolicyId) -> Result<DomainPolicyRow> {
    let row = domain_policies::by_id(tx, id)?;
    domain_policies::remove(tx, id)?;
    jobs::push(tx, JOB, &row.host)?;
    let did = format!("took back what was decided about {}", row.host);
    record(
        tx,
        actor,
        "domain_block_delete",
        &[subject(&row.host)],
        &did,
    )?;
    Ok(row)
}

/// Allows a server, where only those are spoken with that were allowed.
pub fn allow(tx: &Tx, actor: Option<&Viewer>, host: &str) -> Result<AllowedRow> {
    let row = domain_policies::allow(tx, host)?;
    jobs::push(tx, JOB, &host)?;
    let did = format!("allowed {host}");
    record(tx, actor, "domain_allow_create", &[subject(host)], &did)?;
    Ok(row)
}

/// Takes that back; `false` when it was not allowed.
pub fn disallow(tx: &Tx, actor: Option<&Viewer>, host: &str) -> Result<bool> {
    if !domain_policies::disallow(tx, host)? {
        return Ok(false);
    }
    jobs::push(tx, JOB, &host)?;
    let did = format!("no longer allowed {host}");
    record(tx, actor, "domain_allow_delete", &[subject(host)], &did)?;
    Ok(true)
}

/// Whether only those were spoken with that were allowed, last we looked.
const HELD: &str = "allow_list_held";

/// At start: where the allow list was switched on or off meanwhile, people of servers that are not on it are hidden, or shown.
pub fn hold_allow_list(tx: &Tx, is_on: bool) -> Result<()> {
    let held = server_state::get(tx, HELD)?;
    let word = if is_on { "on" } else { "off" };
    if held.as_deref().unwrap_or("off") == word {
        return Ok(());
    }
    server_state::set(tx, HELD, word)?;
    jobs::push(tx, JOB, &EVERY_HOST)
}

/// Stands for all hosts in the job.
pub const EVERY_HOST: &str = "*";

fn subject(host: &str) -> Subject {
    Subject {
        id: host.to_owned(),
        kind: "domain",
        nickname: None,
    }
}
