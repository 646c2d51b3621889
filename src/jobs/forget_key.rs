//! Removes the key of a deleted account, once nothing is to be signed with it any more.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::fed::keys::Signer;
use crate::ops::users::{self, KeyOfDeleted};

/// Does the job; its payload says whose key, and until when it is kept at most.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(key) = serde_json::from_str::<KeyOfDeleted>(&job.payload) else {
        return Outcome::Drop("the payload names no account".into());
    };
    let done = app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        users::forget_key(tx, &key)
    });
    match done {
        Ok(()) => {
            app.fed().keys.forget_own(Signer::Account(key.account));
            Outcome::Done
        }
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}
