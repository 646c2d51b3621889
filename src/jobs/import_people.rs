//! Works off an import of follows, blocks or mutes, a part at a time. What became of each name is written in the
//! transaction of its effect, so that after a crash the rest goes on where it was.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::db::{accounts, imports};
use crate::error::Result;
use crate::ids::{AccountId, ImportId};
use crate::ops;

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
    // Other servers are asked before the transaction.
    let found = people
        .iter()
        .map(|person| resolve(app, &person.who))
        .collect::<Result<Vec<_>>>()?;
    app.db().write(|tx| {
        for (person, found) in people.iter().zip(found) {
            ops::imports::apply(tx, &import, person, found)?;
        }
        jobs::again(tx, job.id)
    })?;
    Ok(Outcome::Again)
}

/// Whom a name or address on a list means.
fn resolve(app: &App, who: &str) -> Result<Option<AccountId>> {
    let is_address = who.starts_with("https://") || who.starts_with("http://");
    let found = app.db().read(|db| match is_address {
        true => accounts::by_uri(db, who),
        false => accounts::by_name(db, app.base(), who),
    })?;
    Ok(found
        .filter(|account| !account.hidden)
        .map(|account| account.id))
}
