//! `kenoma stats`: counts and sizes by table and folder.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::{Outcome, failure, open, print_json, say};
use crate::db;

/// What `stats` takes.
#[derive(Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Stats {
    tables: BTreeMap<String, i64>,
    folders: BTreeMap<String, Folder>,
    jobs: BTreeMap<String, Jobs>,
    database_bytes: u64,
}

#[derive(Serialize, Default)]
struct Folder {
    files: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Jobs {
    waiting: i64,
    dead: i64,
}

/// Runs `kenoma stats`.
pub fn run(data: &Path, arguments: Arguments) -> Outcome {
    let app = open(data)?;
    let stats = app.db().read(|conn| {
        let jobs = db::jobs::counts(conn)?
            .into_iter()
            .map(|(kind, waiting, dead)| (kind, Jobs { waiting, dead }));
        Ok(Stats {
            tables: db::stats::row_counts(conn)?,
            folders: ["uploads", "emoji", "cache", "mail"]
                .iter()
                .map(|name| ((*name).into(), measure(&data.join(name))))
                .collect(),
            jobs: jobs.collect(),
            database_bytes: std::fs::metadata(data.join("kenoma.db")).map_or(0, |file| file.len()),
        })
    });
    let stats = stats.map_err(|error| failure(data, error))?;
    if arguments.json {
        return print_json(&stats);
    }
    print(&stats)
}

fn print(stats: &Stats) -> Outcome {
    say(format_args!(
        "{:<28}{:>12} bytes",
        "kenoma.db", stats.database_bytes
    ))?;
    for (name, Folder { files, bytes }) in &stats.folders {
        let name = format!("{name}/");
        say(format_args!("{name:<28}{bytes:>12} bytes in {files} files"))?;
    }
    for (table, rows) in &stats.tables {
        say(format_args!("{table:<28}{rows:>12}"))?;
    }
    for (kind, Jobs { waiting, dead }) in &stats.jobs {
        let kind = format!("job {kind}");
        say(format_args!("{kind:<28}{waiting:>12} waiting, {dead} dead"))?;
    }
    Ok(())
}

/// Files below a folder; links are counted, not followed.
fn measure(folder: &Path) -> Folder {
    let mut total = Folder::default();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(found) if found.is_dir() => waiting.push(entry.path()),
                Ok(found) => {
                    total.files += 1;
                    total.bytes += found.len();
                }
                Err(_) => {}
            }
        }
    }
    total
}
