//! Asks another server who here follows one of its people, where both count otherwise.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::fed::follower_sync;
use crate::fed::resolve::Failure;
use crate::ops::follower_sync::Comparison;

/// Does the job; its payload says whose followers, and where the list is.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let comparison: Comparison = match serde_json::from_str(&job.payload) {
        Ok(comparison) => comparison,
        Err(error) => return Outcome::Drop(format!("the payload names no list: {error}")),
    };
    match follower_sync::settle(app, &comparison) {
        Err(Failure::Temporary(reason)) => return Outcome::Retry(reason),
        Err(Failure::Ours(error)) => return Outcome::Retry(format!("{error:?}")),
        Err(failure) => log::info!("followers at {}: {failure}", comparison.url.escape_debug()),
        Ok(()) => {}
    }
    match app.db().write(|tx| jobs::done(tx, job.id)) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}
