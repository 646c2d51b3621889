//! `kenoma restore`: a backup becomes a data directory, whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::{Progress, size};
use super::{Outcome, say};
use crate::app::make_private_dir;
use crate::db::integrity;
use crate::error::Error;
use crate::media::backup::{Backup, Broken, DATABASE};

/// What `restore` takes.
#[derive(Args)]
pub struct Arguments {
    /// The archive that `kenoma backup` made
    file: PathBuf,
}

/// Where everything lies until it is found to be whole.
const DRAFT: &str = ".restore";

/// What a file system puts into an empty directory by itself.
const NOBODYS: [&str; 2] = ["lost+found", DRAFT];

/// Runs `kenoma restore`.
pub fn run(data: &Path, arguments: &Arguments) -> Outcome {
    refuse_full(data)?;
    let file = arguments.file.display().to_string();
    let mut backup = Backup::open(&arguments.file)
        .map_err(|reason| format!("cannot restore {file}: {reason}"))?;
    let was_there = data.exists();
    let draft = data.join(DRAFT);
    let restored = restore(data, &draft, &mut backup);
    if restored.is_err() {
        // Best effort: the reason is what the caller needs to hear.
        let _ = fs::remove_dir_all(&draft);
        if !was_there {
            let _ = fs::remove_dir(data);
        }
    }
    restored.map_err(|reason| format!("cannot restore {file}: {reason}"))?;
    let about = backup.about();
    say(format_args!(
        "{} is as it was at {}: {} in {} files",
        data.display(),
        about.made_at,
        size(about.bytes),
        about.files
    ))
}

/// A data directory that is in use must not be written over.
fn refuse_full(data: &Path) -> Outcome {
    let entries = match fs::read_dir(data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(|error| format!("{}: {error}", data.display()))?,
    };
    for entry in entries.flatten() {
        if !NOBODYS.iter().any(|name| entry.file_name() == *name) {
            return Err(format!(
                "{} is not empty: name an empty or new directory with --data",
                data.display()
            ));
        }
    }
    Ok(())
}

fn restore(data: &Path, draft: &Path, backup: &mut Backup) -> Result<(), Broken> {
    // One that a killed restore left.
    match fs::remove_dir_all(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    make_private_dir(data).map_err(io::Error::other)?;
    make_private_dir(draft).map_err(io::Error::other)?;
    let mut progress = Progress::of("files");
    backup.unpack(draft, &mut |done, all| progress.at(done, all))?;
    let outcome = size(backup.about().bytes);
    progress.done(&outcome).map_err(io::Error::other)?;
    verify(draft, backup)?;
    place(data, draft)?;
    Ok(())
}

/// Everything is there and sound, or nothing is restored.
fn verify(draft: &Path, backup: &Backup) -> Result<(), Broken> {
    let progress = Progress::of("check");
    let database = draft.join(DATABASE);
    let unsound = |error: Error| match error {
        Error::Internal(cause) => Broken::Damaged(format!("{DATABASE}: {cause}")),
        other => Broken::Damaged(format!("{DATABASE}: {other}")),
    };
    integrity::verify(&database).map_err(unsound)?;
    let names = integrity::open(&database)
        .and_then(|db| integrity::named_files(&db))
        .map_err(unsound)?;
    let lost: BTreeSet<&String> = backup.about().lost.iter().collect();
    for name in &names {
        if !lost.contains(name) && !draft.join("uploads").join(name).is_file() {
            return Err(Broken::Damaged(format!("uploads/{name} is not in it")));
        }
    }
    for name in lost {
        eprintln!("was lost before the backup was made: uploads/{name}");
    }
    let outcome = progress.done("everything is there");
    Ok(outcome.map_err(io::Error::other)?)
}

/// Moves all into place, the database last: without it, the directory is none that a server would run on unasked.
fn place(data: &Path, draft: &Path) -> io::Result<()> {
    let mut names = fs::read_dir(draft)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort_by_key(|name| name == DATABASE);
    for name in names {
        fs::rename(draft.join(&name), data.join(&name))?;
    }
    fs::remove_dir(draft)?;
    File::open(data)?.sync_all()
}
