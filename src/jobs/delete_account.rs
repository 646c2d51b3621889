//! Takes down everything of a deleted account. Each slice is a transaction of its own; whatever is left after a crash is
//! found again, because the job stays queued until the last one.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::JobRow;
use crate::db::{deletion, jobs};
use crate::error::Result;
use crate::ids::AccountId;
use crate::ops::media::remove;

/// Does the job; its payload is the account's id.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(account) = serde_json::from_str::<String>(&job.payload)
        .unwrap_or_default()
        .parse()
    else {
        return Outcome::Drop("the payload is no account id".into());
    };
    match delete(app, job, account) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

fn delete(app: &App, job: &JobRow, account: AccountId) -> Result<()> {
    while let Some(files) = app.db().write(|tx| deletion::statuses(tx, account))? {
        remove(app.uploads(), files.iter().map(String::as_str));
    }
    while app.db().write(|tx| deletion::scrobbles(tx, account))? {}
    let files = app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        deletion::rest(tx, account)
    })?;
    remove(app.uploads(), files.iter().map(String::as_str));
    Ok(())
}
