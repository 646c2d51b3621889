//! Takes down everything of a deleted account. Each slice is a transaction of its own; whatever is left after a crash is
//! found again, because the job stays queued until the last one.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::JobRow;
use crate::db::{deletion, jobs};
use crate::error::Result;
use crate::ids::AccountId;
use crate::media::name::SafeName;

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
        remove(app, &files);
    }
    let files = app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        deletion::rest(tx, account)
    })?;
    remove(app, &files);
    Ok(())
}

/// Removes files whose rows are gone. One that cannot be removed is found by a later check; the rest must not wait for it.
fn remove(app: &App, files: &[String]) {
    for file in files {
        let removed = SafeName::parse(file)
            .map_err(|error| error.to_string())
            .and_then(|name| {
                app.uploads()
                    .remove(&name)
                    .map_err(|error| error.to_string())
            });
        if let Err(reason) = removed {
            log::warn!("uploads/{file} stays behind: {reason}");
        }
    }
}
