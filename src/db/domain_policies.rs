//! What the admins decided about other servers: looked up by host, for the host and all above it.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::page::{Page, ids};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{self as new_ids, AccountId, DomainPolicyId};

/// How far a server is kept away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// Only what else the row says.
    Noop,
    /// Its posts are in no public timeline.
    #[default]
    Silence,
    /// Nothing comes from it, nothing goes there, and its people are hidden.
    Suspend,
}

impl Severity {
    /// The API's word.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Noop => "noop",
            Severity::Silence => "silence",
            Severity::Suspend => "suspend",
        }
    }

    /// Reads the API's word.
    pub fn parse(word: &str) -> Option<Severity> {
        [Severity::Noop, Severity::Silence, Severity::Suspend]
            .into_iter()
            .find(|severity| severity.name() == word)
    }
}

/// A decision.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct DomainPolicyRow {
    pub id: DomainPolicyId,
    pub host: String,
    pub severity: Severity,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub reject_deletes: bool,
    pub mark_sensitive: bool,
    pub followers_only: bool,
    pub obfuscate: bool,
    pub public_comment: String,
    pub private_comment: String,
    pub created_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.host, p.severity, p.reject_media, p.reject_reports, p.reject_deletes, p.mark_sensitive, p.followers_only,
                    p.obfuscate, p.public_comment, p.private_comment, p.created_at FROM ",
            $rest
        )
    };
}

impl DomainPolicyRow {
    /// One about that host, with nothing decided but what everybody gets who is worth a decision.
    pub fn new(host: &str) -> DomainPolicyRow {
        DomainPolicyRow {
            id: DomainPolicyId::new(),
            host: host.to_owned(),
            severity: Severity::default(),
            reject_media: false,
            reject_reports: false,
            reject_deletes: false,
            mark_sensitive: false,
            followers_only: false,
            obfuscate: false,
            public_comment: String::new(),
            private_comment: String::new(),
            created_at: Timestamp::now(),
        }
    }

    fn read(row: &Row) -> rusqlite::Result<DomainPolicyRow> {
        Ok(DomainPolicyRow {
            id: row.get(0)?,
            host: row.get(1)?,
            severity: Severity::parse(&row.get::<_, String>(2)?).unwrap_or_default(),
            reject_media: row.get(3)?,
            reject_reports: row.get(4)?,
            reject_deletes: row.get(5)?,
            mark_sensitive: row.get(6)?,
            followers_only: row.get(7)?,
            obfuscate: row.get(8)?,
            public_comment: row.get(9)?,
            private_comment: row.get(10)?,
            created_at: row.get(11)?,
        })
    }
}

/// What holds for a server, all rows together that are about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Nothing comes from it, nothing goes there.
    pub suspended: bool,
    /// Its posts are in no public timeline.
    pub silenced: bool,
    /// Its files are left out.
    pub reject_media: bool,
    /// Its reports are not heard.
    pub reject_reports: bool,
    /// Its deletions are not heard.
    pub reject_deletes: bool,
    /// Its attachments are hidden at first.
    pub mark_sensitive: bool,
    /// Its posts are for followers alone.
    pub followers_only: bool,
}

/// The names under which a host may be meant: with its port and without, and every name above.
pub(super) fn names(host: &str) -> Vec<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let mut found = vec![host];
    let mut rest = Some(name);
    while let Some(name) = rest {
        if name != host {
            found.push(name);
        }
        rest = name.split_once('.').map(|(_, above)| above);
    }
    found
}

/// Whether any rows of a table are there: mostly nothing was decided, and no host need be looked for.
macro_rules! any {
    ($db:expr, $table:literal) => {
        $db.prepare_cached(concat!("SELECT max(id) IS NOT NULL FROM ", $table))?
            .query_row([], |row| row.get::<_, bool>(0))?
    };
}

/// What holds for these hosts together.
pub fn of(db: &Connection, hosts: &[&str]) -> Result<Policy> {
    if !any!(db, "domain_policies") {
        return Ok(Policy::default());
    }
    let names: Vec<&str> = hosts.iter().flat_map(|host| names(host)).collect();
    let mut stmt = db.prepare_cached(select!(
        "json_each(?1) AS wanted JOIN domain_policies AS p ON p.host = wanted.value"
    ))?;
    let rows = stmt.query_map(
        params![serde_json::to_string(&names)?],
        DomainPolicyRow::read,
    )?;
    let mut policy = Policy::default();
    for row in rows {
        let row = row?;
        policy.suspended |= row.severity == Severity::Suspend;
        policy.silenced |= row.severity == Severity::Silence;
        policy.reject_media |= row.reject_media;
        policy.reject_reports |= row.reject_reports;
        policy.reject_deletes |= row.reject_deletes;
        policy.mark_sensitive |= row.mark_sensitive;
        policy.followers_only |= row.followers_only;
    }
    Ok(policy)
}

/// What holds for an account: by the host of its handle and by that of its id.
pub fn of_account(db: &Connection, account: AccountId) -> Result<Policy> {
    let found: Option<(String, String)> = db
        .prepare_cached("SELECT host, uri FROM accounts WHERE id = ?1 AND host <> ''")?
        .query_row(params![account], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((host, uri)) => of(db, &[&host, authority(&uri)]),
        None => Ok(Policy::default()),
    }
}

/// Host and port of an id.
pub fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Of these hosts those that are suspended.
pub fn suspended_among<'a>(db: &Connection, hosts: &[&'a str]) -> Result<Vec<&'a str>> {
    if !any!(db, "domain_policies") {
        return Ok(Vec::new());
    }
    let sql = "SELECT p.host FROM json_each(?1) AS wanted JOIN domain_policies AS p ON p.host = wanted.value
                WHERE p.severity = 'suspend'";
    meant(db, sql, hosts)
}

/// Of these hosts those that an admin allowed.
pub fn allowed_among<'a>(db: &Connection, hosts: &[&'a str]) -> Result<Vec<&'a str>> {
    let sql = "SELECT a.host FROM json_each(?1) AS wanted JOIN domain_allows AS a ON a.host = wanted.value";
    meant(db, sql, hosts)
}

/// Of these hosts those that `sql` finds under one of their names: a statement, however many they are.
fn meant<'a>(db: &Connection, sql: &str, hosts: &[&'a str]) -> Result<Vec<&'a str>> {
    let all: HashSet<&str> = hosts.iter().flat_map(|host| names(host)).collect();
    let mut stmt = db.prepare_cached(sql)?;
    let rows = stmt.query_map(params![serde_json::to_string(&all)?], |row| row.get(0))?;
    let found: HashSet<String> = rows.collect::<rusqlite::Result<_>>()?;
    let is_meant = |host: &&str| names(host).into_iter().any(|name| found.contains(name));
    Ok(hosts.iter().copied().filter(is_meant).collect())
}

/// A page of all decisions, the newest first.
pub fn page(db: &Connection, page: &Page) -> Result<Vec<DomainPolicyRow>> {
    let sql = match page.upwards() {
        true => "SELECT id FROM domain_policies WHERE id < ?1 AND id > ?2 ORDER BY id ASC LIMIT ?3",
        false => {
            "SELECT id FROM domain_policies WHERE id < ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3"
        }
    };
    let given = params![page.before(), page.after(), page.limit];
    let found: Vec<DomainPolicyId> = ids(db, sql, given, page.upwards())?;
    let mut stmt = db.prepare_cached(select!(
        "json_each(?1) AS page JOIN domain_policies AS p ON p.id = page.value ORDER BY page.key"
    ))?;
    let rows = stmt.query_map(params![super::json_ids(&found)], DomainPolicyRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Decisions that keep servers out or their people out of sight, by host.
pub fn in_force(db: &Connection) -> Result<Vec<DomainPolicyRow>> {
    let mut stmt = db.prepare_cached(select!(
        "domain_policies AS p WHERE p.severity <> 'noop' ORDER BY p.host"
    ))?;
    let rows = stmt.query_map([], DomainPolicyRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One decision; 404 for an unknown one.
pub fn by_id(db: &Connection, id: DomainPolicyId) -> Result<DomainPolicyRow> {
    db.prepare_cached(select!("domain_policies AS p WHERE p.id = ?1"))?
        .query_row(params![id], DomainPolicyRow::read)
        .optional()?
        .ok_or(Error::record())
}

/// The decision about exactly that host.
pub fn by_host(db: &Connection, host: &str) -> Result<Option<DomainPolicyRow>> {
    Ok(db
        .prepare_cached(select!("domain_policies AS p WHERE p.host = ?1"))?
        .query_row(params![host], DomainPolicyRow::read)
        .optional()?)
}

/// Writes a decision down, or what became of it.
pub fn put(db: &Connection, row: &DomainPolicyRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO domain_policies (id, host, severity, reject_media, reject_reports, reject_deletes, mark_sensitive,
                                      followers_only, obfuscate, public_comment, private_comment, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO UPDATE SET
            severity = excluded.severity, reject_media = excluded.reject_media, reject_reports = excluded.reject_reports,
            reject_deletes = excluded.reject_deletes, mark_sensitive = excluded.mark_sensitive,
            followers_only = excluded.followers_only, obfuscate = excluded.obfuscate, public_comment = excluded.public_comment,
            private_comment = excluded.private_comment",
    )?
    .execute(params![
        row.id,
        row.host,
        row.severity.name(),
        row.reject_media,
        row.reject_reports,
        row.reject_deletes,
        row.mark_sensitive,
        row.followers_only,
        row.obfuscate,
        row.public_comment,
        row.private_comment,
        row.created_at
    ])?;
    Ok(())
}

/// Removes a decision.
pub fn remove(db: &Connection, id: DomainPolicyId) -> Result<()> {
    db.prepare_cached("DELETE FROM domain_policies WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// A host that is spoken with.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct AllowedRow {
    pub id: DomainPolicyId,
    pub host: String,
    pub created_at: Timestamp,
}

impl AllowedRow {
    fn read(row: &Row) -> rusqlite::Result<AllowedRow> {
        Ok(AllowedRow {
            id: row.get(0)?,
            host: row.get(1)?,
            created_at: row.get(2)?,
        })
    }
}

/// All hosts that are spoken with, in their order.
pub fn allowed(db: &Connection) -> Result<Vec<AllowedRow>> {
    let mut stmt =
        db.prepare_cached("SELECT id, host, created_at FROM domain_allows ORDER BY host")?;
    let rows = stmt.query_map([], AllowedRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One of them; 404 for an unknown one.
pub fn allowed_by_id(db: &Connection, id: DomainPolicyId) -> Result<AllowedRow> {
    db.prepare_cached("SELECT id, host, created_at FROM domain_allows WHERE id = ?1")?
        .query_row(params![id], AllowedRow::read)
        .optional()?
        .ok_or(Error::record())
}

/// Allows a host; allowing it twice is allowing it once.
pub fn allow(db: &Connection, host: &str) -> Result<AllowedRow> {
    db.prepare_cached(
        "INSERT INTO domain_allows (id, host, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute(params![new_ids::next(), host, Timestamp::now()])?;
    Ok(db
        .prepare_cached("SELECT id, host, created_at FROM domain_allows WHERE host = ?1")?
        .query_row(params![host], AllowedRow::read)?)
}

/// Takes that back; `false` when it was not allowed.
pub fn disallow(db: &Connection, host: &str) -> Result<bool> {
    let removed = db
        .prepare_cached("DELETE FROM domain_allows WHERE host = ?1")?
        .execute(params![host])?;
    Ok(removed == 1)
}

/// Hides the accounts of a host and of all below it, or shows them again, as all decisions together say: so many at once.
/// With `allow_list` those are hidden too whose host is not allowed. Returns how many changed.
pub fn hide_or_show(db: &Connection, host: &str, allow_list: bool, slice: i64) -> Result<usize> {
    macro_rules! at {
        ($account:literal, $host:literal) => {
            concat!(
                "(",
                $account,
                ".host = ",
                $host,
                " OR ",
                $account,
                ".host LIKE '%.' || ",
                $host,
                " OR ",
                $account,
                ".host LIKE ",
                $host,
                " || ':%' OR ",
                $account,
                ".host LIKE '%.' || ",
                $host,
                " || ':%')"
            )
        };
    }
    let changed = db
        .prepare_cached(concat!(
            "WITH page AS (
                SELECT a.id, a.hidden, (a.deactivated OR a.deleted_at IS NOT NULL OR EXISTS (
                         SELECT 1 FROM domain_policies AS p WHERE p.severity = 'suspend' AND ",
            at!("a", "p.host"),
            ") OR (?3 AND NOT EXISTS (SELECT 1 FROM domain_allows AS d WHERE ",
            at!("a", "d.host"),
            "))) AS wanted FROM accounts AS a WHERE a.host <> '' AND (?1 = '*' OR ",
            at!("a", "?1"),
            "))
             UPDATE accounts SET hidden = 1 - hidden WHERE id IN (SELECT id FROM page WHERE hidden <> wanted LIMIT ?2)"
        ))?
        .execute(params![host, slice, allow_list])?;
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_host_is_meant_by_its_own_name_and_by_all_above() {
        assert_eq!(
            names("a.b.example:8443"),
            ["a.b.example:8443", "a.b.example", "b.example", "example"]
        );
        assert_eq!(names("b.example"), ["b.example", "example"]);
        assert_eq!(names("localhost"), ["localhost"]);
    }
}
