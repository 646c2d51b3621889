//! Tells people that a poll is over.

use serde::Deserialize;

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::ops;

#[derive(Deserialize)]
struct Payload {
    poll: String,
}

/// Does the job.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let payload = serde_json::from_str::<Payload>(&job.payload);
    let Ok(Ok(poll)) = payload.map(|payload| payload.poll.parse()) else {
        return Outcome::Drop("the payload names no poll".into());
    };
    let closed = app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        ops::polls::close(tx, poll)
    });
    match closed {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}
