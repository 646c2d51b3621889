//! Removes uploads that hang on nothing any more: first the rows, then, as a second job, the files. After a crash at any
//! moment there is neither a row without its file nor a file that nothing will remove.

use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::app::App;
use crate::db::jobs::{self, JobRow};
use crate::db::media;
use crate::error::{Error, Result};
use crate::ids::MediaId;
use crate::media::name::SafeName;

#[derive(Default, Deserialize, Serialize)]
struct Payload {
    /// Uploads to remove if they were not posted again.
    #[serde(default)]
    media: Vec<String>,
    /// Files in `uploads/` whose rows are gone.
    #[serde(default)]
    files: Vec<String>,
}

/// Does the job.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(payload) = serde_json::from_str::<Payload>(&job.payload) else {
        return Outcome::Drop("the payload lists nothing".into());
    };
    match remove(app, job, payload) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

fn remove(app: &App, job: &JobRow, payload: Payload) -> Result<()> {
    for file in &payload.files {
        let name = SafeName::parse(file).map_err(|_| Error::internal("no name of an upload"))?;
        app.uploads().remove(&name)?;
    }
    let ids: Vec<MediaId> = payload
        .media
        .iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        let files = media::remove_detached(tx, &ids)?;
        if files.is_empty() {
            return Ok(());
        }
        let files = Payload {
            files,
            ..Payload::default()
        };
        jobs::push(tx, "remove_files", &files)
    })
}
