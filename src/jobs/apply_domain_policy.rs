//! Hides the people of a server that an admin suspended, or shows them again, some at a time.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::JobRow;
use crate::db::{domain_policies, jobs};
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
    app.db()
        .write(|tx| match domain_policies::hide_or_show(tx, host, SLICE)? {
            0 => {
                jobs::done(tx, job.id)?;
                Ok(Outcome::Done)
            }
            _ => {
                jobs::again(tx, job.id)?;
                Ok(Outcome::Again)
            }
        })
}
