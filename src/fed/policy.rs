//! Which servers are spoken with: every door asks here (federation.md 9.3).

use super::wire;
use crate::app::App;
use crate::db::domain_policies;
use crate::error::Result;

/// Whether nothing is taken from a server and nothing sent to it: suspended by an admin or, where only those are spoken with
/// that were allowed, not among them.
pub fn refuses(app: &App, host: &str) -> Result<bool> {
    let own = app.base().authority();
    if host == own {
        return Ok(false);
    }
    let allow_list = app.config().federation.allow_list;
    app.db().read(|db| {
        Ok(domain_policies::of(db, &[host])?.suspended
            || (allow_list && !domain_policies::is_allowed(db, host)?))
    })
}

/// As [`refuses`], for the host of an id. What has none is nobody's.
pub fn refuses_id(app: &App, id: &str) -> Result<bool> {
    match wire::host_of(id) {
        Some(host) => refuses(app, &host),
        None => Ok(false),
    }
}
