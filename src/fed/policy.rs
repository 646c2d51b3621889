//! Which servers are spoken with: every door asks here (federation.md 9.3).

use rusqlite::Connection;

use super::wire;
use crate::app::App;
use crate::db::domain_policies;
use crate::error::Result;

/// Whether nothing is taken from a server and nothing sent to it: suspended by an admin or, where only those are spoken with
/// that were allowed, not among them.
pub fn refuses(app: &App, host: &str) -> Result<bool> {
    Ok(!refused_among(app, &[host])?.is_empty())
}

/// Of these servers those that [`refuses`] means: a look for all of them.
pub fn refused_among<'a>(app: &App, hosts: &[&'a str]) -> Result<Vec<&'a str>> {
    app.db().read(|db| refused(app, db, hosts))
}

/// As [`refused_among`], for whoever reads already.
pub fn refused<'a>(app: &App, db: &Connection, hosts: &[&'a str]) -> Result<Vec<&'a str>> {
    let own = app.base().authority();
    let others: Vec<&str> = hosts.iter().copied().filter(|host| *host != own).collect();
    if others.is_empty() {
        return Ok(others);
    }
    let mut refused = domain_policies::suspended_among(db, &others)?;
    if app.config().federation.allow_list {
        let allowed = domain_policies::allowed_among(db, &others)?;
        refused.extend(others.iter().filter(|host| !allowed.contains(host)));
    }
    Ok(refused)
}

/// As [`refuses`], for the host of an id. What has none is nobody's.
pub fn refuses_id(app: &App, id: &str) -> Result<bool> {
    match wire::host_of(id) {
        Some(host) => refuses(app, &host),
        None => Ok(false),
    }
}
