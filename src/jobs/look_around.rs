//! Reads what an account elsewhere shows of itself.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::fed::look_around;
use crate::fed::resolve::Failure;
use crate::ops::remote_accounts::LookAround;

/// Does the job; its payload says whom to look at.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let wanted: LookAround = match serde_json::from_str(&job.payload) {
        Ok(wanted) => wanted,
        Err(error) => return Outcome::Drop(format!("the payload names no account: {error}")),
    };
    if app.config().federation.enabled
        && let Err(Failure::Ours(error)) = look_around::read(app, wanted.account, wanted.posts)
    {
        return Outcome::Retry(format!("{error:?}"));
    }
    match app.db().write(|tx| jobs::done(tx, job.id)) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}
