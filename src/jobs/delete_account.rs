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

/// Between two slices others may write.
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

fn delete(app: &App, job: &JobRow, account: AccountId) -> Result<Outcome> {
    while slice(app, account)? {
        if app.is_stopping() {
            return Ok(Outcome::Interrupted);
        }
        std::thread::sleep(PAUSE);
    }
    app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        let files = deletion::rest(tx, account)?;
        forget(tx, &files)
    })?;
    Ok(Outcome::Done)
}

/// Takes down a slice; `false` when nothing of that size was left.
fn slice(app: &App, account: AccountId) -> Result<bool> {
    app.db().write(|tx| match deletion::slice(tx, account)? {
        Some(files) => forget(tx, &files).map(|()| true),
        None => Ok(false),
    })
}
