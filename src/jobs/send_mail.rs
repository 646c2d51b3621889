//! Sends one letter. Made in the transaction of the change that it tells of, sent when that is committed; a mail server
//! that is away for a while loses nothing.

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::mail::Letter;

/// Does the job; its payload is the letter.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let letter: Letter = match serde_json::from_str(&job.payload) {
        Ok(letter) => letter,
        Err(error) => return Outcome::Drop(format!("the payload is no letter: {error}")),
    };
    if let Err(error) = app.mailer().send(&letter) {
        return Outcome::Retry(error.to_string());
    }
    match app.db().write(|tx| jobs::done(tx, job.id)) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}
