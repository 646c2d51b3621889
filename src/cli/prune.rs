//! `kenoma prune`: drops what came from other servers and nobody here touched, beside a running server.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::progress::{Progress, size};
use super::{Outcome, failure, open, say};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db;
use crate::error::Result;
use crate::ids;
use crate::ops::pruning::{self, Cursor, Pruned, Stage, Terms};

/// What `prune` takes.
#[derive(Args)]
pub struct Arguments {
    /// Drop what came before so many days, in place of federation.keep_days
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u16>,
    /// Only say what would be dropped
    #[arg(long)]
    dry_run: bool,
}

/// Before the next slice others may write.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs `kenoma prune`.
pub fn run(data: &Path, arguments: &Arguments) -> Outcome {
    let app = open(data)?;
    let days = match (arguments.older_than, app.config().federation.keep_days) {
        (Some(days), _) => days.into(),
        (None, 0) => {
            return Err(
                "federation.keep_days is 0, so that posts are kept for ever: say --older-than DAYS"
                    .into(),
            );
        }
        (None, days) => days,
    };
    let before = pruning::days_ago(days);
    let pruned = prune(&app, before, arguments.dry_run).map_err(|error| failure(data, error))?;
    let cache = app.remote_cache().sweep(arguments.dry_run);
    let cache = cache.map_err(|error| failure(data, error.into()))?;
    tell(
        arguments.dry_run,
        &pruned,
        &format!("{} files ({})", cache.files, size(cache.bytes)),
    )
}

fn prune(app: &App, before: Timestamp, rehearsing: bool) -> Result<Pruned> {
    let terms = Terms {
        before: Some(before),
        spare: 0,
    };
    let first = app.db().read(db::pruning::oldest_post)?.unwrap_or_default();
    let last = ids::at(before);
    let mut progress = Progress::of("prune");
    let mut total = Pruned::default();
    let mut cursor = Some(Cursor::START);
    while let Some(at) = cursor {
        let (pruned, next) = match rehearsing {
            true => app.db().read(|db| pruning::rehearse(db, at, &terms))?,
            false => app.db().write(|tx| pruning::slice(tx, at, &terms))?,
        };
        total += pruned;
        cursor = next;
        if at.stage == Stage::Posts {
            let done = (at.after - first).max(0);
            progress.at(done as u64, (last - first).max(1) as u64);
        }
        if !rehearsing {
            std::thread::sleep(PAUSE);
        }
    }
    progress.end();
    Ok(total)
}

fn tell(rehearsing: bool, pruned: &Pruned, cache: &str) -> Outcome {
    let what = if rehearsing {
        "would be dropped"
    } else {
        "dropped"
    };
    say(format_args!("posts      {} {what}", pruned.posts))?;
    say(format_args!("accounts   {} {what}", pruned.accounts))?;
    say(format_args!("cache      {cache} {what}"))?;
    if rehearsing {
        return Ok(());
    }
    say(format_args!("traffic    {} records {what}", pruned.records))?;
    say(format_args!(
        "kenoma.db  {} given back to the disk",
        size(pruned.bytes)
    ))
}
