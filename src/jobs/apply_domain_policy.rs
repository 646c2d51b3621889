//! Hides the people of a server that an admin suspended, and previews of its pages, or shows the people again; some at a time.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::JobRow;
use crate::db::{cards, domain_policies, jobs};
use crate::error::Result;

/// Accounts in one transaction.
const SLICE: i64 = 200;

/// Does the job; its payload is the host.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(host) = serde_json::from_str::<String>(&job.payload) else {
        return Outcome::Drop("the payload is no host".into());
    };
    apply(app, job, &host).unwrap_or_else(|error| Outcome::Retry(format!("{error:?}")))
}

fn apply(app: &App, job: &JobRow, host: &str) -> Result<Outcome> {
    let allow_list = app.config().federation.allow_list;
    let again = app.db().write(|tx| {
        let changed = domain_policies::hide_or_show(tx, host, allow_list, SLICE)?;
        if changed > 0 {
            jobs::again(tx, job.id)?;
        }
        Ok(changed > 0)
    })?;
    if again {
        return Ok(Outcome::Again);
    }
    // The people are done; all previews are looked through, so that comes last, and once.
    let previews = app
        .db()
        .read(|db| match domain_policies::of(db, &[host])?.suspended {
            true => cards::of_host(db, host),
            false => Ok(Vec::new()),
        })?;
    for some in previews.chunks(SLICE as usize) {
        app.db().write(|tx| cards::hide(tx, some))?;
    }
    app.db().write(|tx| jobs::done(tx, job.id))?;
    Ok(Outcome::Done)
}
