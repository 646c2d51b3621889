//! Deletes a post whose author gave it an end.

use std::time::Duration;

use serde::Deserialize;

use super::Outcome;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::db::statuses;
use crate::error::Result;
use crate::ids::StatusId;

#[derive(Deserialize)]
struct Payload {
    status: String,
}

/// Does the job. A post that is gone already, or that was given more time since, is left alone.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let payload = serde_json::from_str::<Payload>(&job.payload);
    let Ok(Ok(id)) = payload.map(|payload| payload.status.parse()) else {
        return Outcome::Drop("the payload names no status".into());
    };
    match expire(app, job, id) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

fn expire(app: &App, job: &JobRow, id: StatusId) -> Result<()> {
    app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        let rows = statuses::by_ids(tx, &[id])?;
        match rows.first() {
            Some(row) if is_due(statuses::expires_at(tx, id)?) => {
                crate::ops::statuses::remove(tx, row, Duration::ZERO)
            }
            _ => Ok(()),
        }
    })
}

fn is_due(expires_at: Option<Timestamp>) -> bool {
    expires_at.is_some_and(|at| at <= Timestamp::now())
}
