//! Posts what waited for its hour.

use serde::Deserialize;

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::error::Error;
use crate::ops;
use crate::ops::statuses::Rules;

#[derive(Deserialize)]
struct Payload {
    scheduled: String,
}

/// Does the job. What cannot be posted any more stays among its author's scheduled posts.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let payload = serde_json::from_str::<Payload>(&job.payload);
    let Ok(Ok(id)) = payload.map(|payload| payload.scheduled.parse()) else {
        return Outcome::Drop("the payload names no scheduled post".into());
    };
    let rules = Rules::new(app.base(), &app.config().instance);
    let posted = app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        ops::scheduled_statuses::publish(tx, &rules, id)
    });
    match posted {
        Ok(()) => Outcome::Done,
        Err(error @ (Error::Internal(_) | Error::NoSpace)) => Outcome::Retry(format!("{error:?}")),
        Err(refused) => Outcome::Drop(refused.to_string()),
    }
}
