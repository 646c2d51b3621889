//! What somebody here asks for by a handle or an address, and waits for: at most a few at a time, so that slow servers
//! elsewhere never hold all request threads (security.md D3).

use std::sync::Arc;
use std::time::Duration;

use super::{Budget, Failure, Found, any, fresh_actor, handle, key, webfinger};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::polls::{self, PollRow};
use crate::db::{accounts, statuses};
use crate::error::Result;
use crate::fed::keys::RemoteKey;
use crate::fed::wire;
use crate::ids::{AccountId, StatusId};
use crate::ops::remote_accounts;
use crate::text::mentions;

/// Looks for what was typed, a handle or an address, elsewhere; what is had is stored. Quietly does nothing where that is
/// not possible: the search that follows says what is known. `None` too for what is of this server.
pub fn asked(app: &App, typed: &str) -> Option<Found> {
    let typed = typed.trim();
    let own = app.base().authority();
    let handle_of = webfinger::handle(typed).filter(|(_, host)| !app.base().is_own(host));
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
        Ok(found) => {
            if let Found::Account(account) = found {
                look_around(app, account);
            }
            Some(found)
        }
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

/// The page of somebody's own server on which they follow or answer what has that id; `None` where it cannot be had, or where
/// they live here.
pub fn interaction_page(app: &App, who: &str, id: &str) -> Result<Option<String>> {
    let elsewhere = webfinger::handle(who.trim()).filter(|(_, host)| !app.base().is_own(host));
    let (Some((name, host)), true) = (elsewhere, app.config().federation.enabled) else {
        return Ok(None);
    };
    let Ok(_turn) = app.fed().turns.take() else {
        return Ok(None);
    };
    let host = host.to_lowercase();
    match webfinger::interaction_page(app, name, &host, id, &Budget::brief()) {
        Ok(page) => Ok(Some(page)),
        Err(Failure::Ours(error)) => Err(error),
        Err(failure) => {
            log::info!("{}: {failure}", who.escape_debug());
            Ok(None)
        }
    }
}

/// Reads an account elsewhere anew, before something is done that depends on how it is now; `false` where that is not possible.
pub fn read_anew(app: &App, uri: &str) -> Result<bool> {
    let Ok(_turn) = app.fed().turns.take() else {
        return Ok(false);
    };
    match fresh_actor(app, uri, &Budget::waited_for()) {
        Ok(_) => Ok(true),
        Err(Failure::Ours(error)) => Err(error),
        Err(failure) => {
            log::info!("{}: {failure}", uri.escape_debug());
            Ok(false)
        }
    }
}

/// Somebody looks at an account: what it shows of itself is read in the background.
fn look_around(app: &App, account: AccountId) {
    let noted = app
        .db()
        .read(|db| remote_accounts::is_unread(db, account))
        .and_then(|unread| match unread {
            true => app
                .db()
                .write(|tx| remote_accounts::look_around(tx, account, false)),
            false => Ok(()),
        });
    if let Err(error) = noted {
        log::error!("looking around: {error:?}");
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

/// Counts that are older are taken anew from the origin when somebody looks at them (federation.md 7.5).
const COUNTED: Duration = Duration::from_secs(60);

/// Takes the counts of a poll elsewhere anew before somebody here is shown them. Briefly: where the origin does not answer in
/// time, what is known is shown. After the end it is asked once more.
pub fn poll_looked_at(app: &App, viewer: Option<AccountId>, id: StatusId) -> Result<()> {
    if viewer.is_none() || !app.config().federation.enabled {
        return Ok(());
    }
    let stale = app.db().read(|db| {
        let row = statuses::visible_to(db, viewer, id)?;
        let poll = match row.local {
            true => None,
            false => polls::of_status(db, id)?,
        };
        let is_stale = |poll: &PollRow| {
            let fresh = Timestamp::now().minus(COUNTED);
            poll.counted_at.is_none_or(|at| {
                let is_final = poll.expires_at.is_some_and(|end| at > end);
                at < fresh && !is_final
            })
        };
        Ok(poll.filter(is_stale).map(|_| row.uri))
    })?;
    let (Some(uri), Ok(_turn)) = (stale, app.fed().turns.take()) else {
        return Ok(());
    };
    match super::fresh_object(app, &uri, &Budget::brief()) {
        Err(Failure::Ours(error)) => Err(error),
        Err(failure) => {
            log::info!("{}: {failure}", uri.escape_debug());
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// People whom one post may have looked up.
const MENTIONED: usize = 5;

/// Looks up whom a text names that is about to be posted, as far as they live elsewhere and are not known yet, so that the
/// post reaches them. Briefly: whoever is not found in time is only text.
pub fn mentioned(app: &App, text: &str) {
    if !app.config().federation.enabled || !text.contains('@') {
        return;
    }
    let named = mentions::accts(text);
    let elsewhere = named
        .iter()
        .filter_map(|acct| acct.split_once('@'))
        .filter(|(_, at)| !app.base().is_own(at));
    let unknown = |(name, at): &(&str, &str)| {
        let known = app.db().read(|db| accounts::by_handle(db, name, at));
        matches!(known, Ok(None))
    };
    let unknown: Vec<(&str, &str)> = elsewhere.filter(unknown).take(MENTIONED).collect();
    if unknown.is_empty() {
        return;
    }
    let Ok(_turn) = app.fed().turns.take() else {
        return;
    };
    let budget = Budget::brief();
    for (name, at) in unknown {
        if let Err(failure) = handle(app, name, &at.to_lowercase(), &budget) {
            log::info!("{}@{}: {failure}", name.escape_debug(), at.escape_debug());
        }
    }
}
