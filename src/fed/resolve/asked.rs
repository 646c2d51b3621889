//! What somebody here asks for by a handle or an address, and waits for: at most a few at a time, so that slow servers
//! elsewhere never hold all request threads (security.md D3).

use std::sync::Arc;

use super::{Budget, Failure, Found, any, handle, key, webfinger};
use crate::app::App;
use crate::error::Result;
use crate::fed::keys::RemoteKey;
use crate::fed::wire;

/// Looks for what was typed, a handle or an address, elsewhere; what is had is stored. Quietly does nothing where that is
/// not possible: the search that follows says what is known. `None` too for what is of this server.
pub fn asked(app: &App, typed: &str) -> Option<Found> {
    let typed = typed.trim();
    let own = app.base().authority();
    let handle_of = webfinger::handle(typed).filter(|(_, host)| {
        !host.eq_ignore_ascii_case(own) && !host.eq_ignore_ascii_case(&app.base().host())
    });
    let is_address = wire::is_id(typed) && wire::host_of(typed).as_deref() != Some(own);
    if !app.config().federation.enabled || (handle_of.is_none() && !is_address) {
        return None;
    }
    let _turn = app.fed().turns.take().ok()?;
    let budget = Budget::waited_for();
    let found = match handle_of {
        Some((name, host)) => handle(app, name, &host.to_lowercase(), &budget).map(Found::Account),
        None => any(app, typed, &budget),
    };
    match found {
        Ok(found) => Some(found),
        Err(Failure::Ours(error)) => {
            log::error!("resolving: {error:?}");
            None
        }
        Err(failure) => {
            log::info!("resolving {}: {failure}", typed.escape_debug());
            None
        }
    }
}

/// The key of somebody who fetches, read from its owner while the request waits; `None` where it cannot be had.
pub fn key_asked(app: &App, key_id: &str) -> Result<Option<Arc<RemoteKey>>> {
    let Ok(_turn) = app.fed().turns.take() else {
        return Ok(None);
    };
    match key(app, key_id, &Budget::waited_for()) {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Ours(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
