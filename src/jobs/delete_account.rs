//! Takes down everything of a deleted account. Each slice is a transaction of its own, and hands the files of its rows to a
//! job; whatever is left after a crash is found again, because this job stays queued until the last slice.

use std::time::Duration;

use super::Outcome;
use crate::app::App;
use crate::db::jobs::JobRow;
use crate::db::{deletion, jobs};
use crate::error::Result;
use crate::ids::AccountId;
use crate::ops::media::forget;
use crate::ops::statuses;

/// Before the next slice others may write.
const PAUSE: Duration = Duration::from_millis(2);

/// Does the job; its payload is the account's id.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(account) = serde_json::from_str::<String>(&job.payload)
        .unwrap_or_default()
        .parse()
    else {
        return Outcome::Drop("the payload is no account id".into());
    };
    delete(app, job, account).unwrap_or_else(|error| Outcome::Retry(format!("{error:?}")))
}

/// Takes down a slice, or all that is little.
fn delete(app: &App, job: &JobRow, account: AccountId) -> Result<Outcome> {
    let outcome = app.db().write(|tx| {
        statuses::of_hidden_about_to_go(tx, &deletion::next_statuses(tx, account)?)?;
        let (files, outcome) = match deletion::slice(tx, account)? {
            Some(files) => {
                jobs::again(tx, job.id)?;
                (files, Outcome::Again)
            }
            None => {
                jobs::done(tx, job.id)?;
                (deletion::rest(tx, account)?, Outcome::Done)
            }
        };
        forget(tx, &files)?;
        Ok(outcome)
    })?;
    if let Outcome::Again = outcome {
        std::thread::sleep(PAUSE);
    }
    Ok(outcome)
}
