//! Works off an import, a part at a time. What became of each name is written in the
//! transaction of its effect, so that after a crash the rest goes on where it was.

use std::time::{Duration, Instant};

use super::Outcome;
use crate::app::App;
use crate::db::imports::{self, Kind};
use crate::db::jobs::{self, JobRow};
use crate::db::{accounts, statuses};
use crate::error::Result;
use crate::fed::resolve::{self, Budget, Failure, Found};
use crate::fed::wire;
use crate::ids::{AccountId, ImportId, StatusId};
use crate::ops;
use crate::ops::imports::Meant;

/// No part takes much longer, so that other work has its turn.
const TURN: Duration = Duration::from_secs(3);

/// Does one part of the job; its payload is the import's id.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(id) = serde_json::from_str::<String>(&job.payload)
        .unwrap_or_default()
        .parse()
    else {
        return Outcome::Drop("the payload is no id of an import".into());
    };
    part(app, job, id).unwrap_or_else(|error| Outcome::Retry(format!("{error:?}")))
}

fn part(app: &App, job: &JobRow, id: ImportId) -> Result<Outcome> {
    let (import, people) = app
        .db()
        .read(|db| Ok((imports::by_id(db, id)?, ops::imports::next(db, id)?)))?;
    // It goes with the account of its owner.
    let Some(import) = import.filter(|_| !people.is_empty()) else {
        app.db().write(|tx| jobs::done(tx, job.id))?;
        return Ok(Outcome::Done);
    };
    // Other servers are asked before the transaction, and no longer than other work can wait.
    let begun = Instant::now();
    let mut found = Vec::new();
    for person in &people {
        found.push(meant(app, import.kind, &person.who)?);
        if begun.elapsed() > TURN {
            break;
        }
    }
    app.db().write(|tx| {
        for (person, found) in people.iter().zip(found) {
            ops::imports::apply(tx, &import, person, found.as_ref())?;
        }
        jobs::again(tx, job.id)
    })?;
    Ok(Outcome::Again)
}

/// What a name on a list means.
fn meant(app: &App, kind: Kind, name: &str) -> Result<Option<Meant>> {
    match kind {
        Kind::DomainBlocks => Ok(url::Host::parse(name)
            .ok()
            .map(|host| Meant::Host(host.to_string()))),
        Kind::Bookmarks => Ok(post(app, name)?.map(Meant::Status)),
        _ => Ok(resolve(app, name)?.map(Meant::Account)),
    }
}

/// The post of that id, looked up if it is not known here and may be.
fn post(app: &App, uri: &str) -> Result<Option<StatusId>> {
    if let Some(known) = app.db().read(|db| statuses::by_uri(db, uri))? {
        return Ok(Some(known.id));
    }
    let is_elsewhere = wire::is_id(uri)
        && wire::host_of(uri).is_some_and(|host| !app.base().is_own(&host))
        && app.config().federation.enabled;
    if !is_elsewhere {
        return Ok(None);
    }
    match resolve::object(app, uri, &Budget::brief()) {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Ours(error)) => Err(error),
        Err(failure) => {
            log::info!("importing {}: {failure}", uri.escape_debug());
            Ok(None)
        }
    }
}

/// Whom a name or address on a list means; who is not known here is looked up (federation.md 1.3).
fn resolve(app: &App, who: &str) -> Result<Option<AccountId>> {
    let is_address = wire::is_id(who);
    let known = app.db().read(|db| match is_address {
        true => accounts::by_uri(db, who),
        false => accounts::by_name(db, app.base(), who),
    })?;
    if let Some(account) = known {
        return Ok((!account.hidden).then_some(account.id));
    }
    match look_up(app, who, is_address) {
        Ok(found) => Ok(found),
        Err(Failure::Ours(error)) => Err(error),
        Err(failure) => {
            log::info!("importing {}: {failure}", who.escape_debug());
            Ok(None)
        }
    }
}

fn look_up(app: &App, who: &str, is_address: bool) -> resolve::Resolved<Option<AccountId>> {
    let budget = Budget::brief();
    if !app.config().federation.enabled {
        return Ok(None);
    }
    if is_address {
        // By the authority: another port is another server.
        let is_elsewhere = wire::host_of(who).is_some_and(|host| !app.base().is_own(&host));
        return match is_elsewhere {
            true => match resolve::any(app, who, &budget)? {
                Found::Account(account) => Ok(Some(account)),
                Found::Status(_) => Ok(None),
            },
            false => Ok(None),
        };
    }
    match who.split_once('@') {
        Some((name, host)) if !app.base().is_own(host) => {
            resolve::handle(app, name, &host.to_lowercase(), &budget).map(Some)
        }
        _ => Ok(None),
    }
}
