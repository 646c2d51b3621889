//! `kenoma backup`: everything in one zip, while the server runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::Args;
use rustix::fs::{FlockOperation, flock};

use super::progress::{Progress, size};
use super::{Outcome, check_data, failure, say};
use crate::app::make_private_dir;
use crate::clock::Timestamp;
use crate::db::{integrity, snapshot};
use crate::error::{Error, Result};
use crate::media::backup::{DATABASE, Writer};

/// What `backup` takes.
#[derive(Args)]
pub struct Arguments {
    /// The archive; one that is there is replaced once the new one is whole
    file: PathBuf,
}

/// So often the database is copied anew because files that it names were deleted meanwhile.
const ROUNDS: usize = 10;

/// A copy of the database in `cache/`, removed when dropped. Two backups at once would take each other's.
struct Copy {
    path: PathBuf,
    _lock: File,
}

impl Copy {
    fn place(data: &Path) -> Result<Copy> {
        let cache = data.join("cache");
        make_private_dir(&cache)?;
        let lock = File::create(cache.join("backup.lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| Error::BadRequest("another backup is being made".into()))?;
        Ok(Copy {
            path: cache.join("backup.db"),
            _lock: lock,
        })
    }

    fn take(&self, data: &Path) -> Result<()> {
        self.remove();
        let mut progress = Progress::of("database");
        snapshot::copy(&data.join(DATABASE), &self.path, &mut |done, all| {
            progress.at(done, all);
        })?;
        let outcome = size(fs::metadata(&self.path)?.len());
        progress.done(&outcome).map_err(Error::internal)
    }

    fn remove(&self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(ending);
            // One that a killed backup left, or none.
            let _ = fs::remove_file(name);
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Runs `kenoma backup`.
pub fn run(data: &Path, arguments: &Arguments) -> Outcome {
    check_data(data)?;
    let file = &arguments.file;
    let writer = Writer::create(file)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    let about = backup(data, writer).map_err(|error| failure(data, error))?;
    say(format_args!(
        "{}: {} in {} files",
        file.display(),
        size(about.bytes),
        about.files
    ))
}

fn backup(data: &Path, mut writer: Writer) -> Result<crate::media::backup::About> {
    let copy = Copy::place(data)?;
    add_files(&mut writer, data)?;
    let lost = complete(&mut writer, data, &copy)?;
    for name in &lost {
        eprintln!("not there, though the database names it: uploads/{name}");
    }
    for name in writer.left_out() {
        eprintln!("left out, as it is no regular file: {name}");
    }
    let mut database = File::open(&copy.path)?;
    Ok(writer.finish(&mut database, Timestamp::now().to_string(), lost)?)
}

/// Copies the database, and what it names beside the files that were taken before. Returns the names of those that are lost.
fn complete(writer: &mut Writer, data: &Path, copy: &Copy) -> Result<Vec<String>> {
    let mut before = Vec::new();
    for _ in 0..ROUNDS {
        copy.take(data)?;
        if missing(writer, copy)?.is_empty() {
            return Ok(Vec::new());
        }
        // Uploaded since the files were copied …
        add_files(writer, data)?;
        let gone = missing(writer, copy)?;
        // … or removed since: then a newer copy of the database does not name them. What even that one names was lost before.
        if gone.is_empty() || gone == before {
            return Ok(gone);
        }
        before = gone;
    }
    let text = "files vanish faster than they are copied: try again when less is being deleted";
    Err(Error::BadRequest(text.into()))
}

fn add_files(writer: &mut Writer, data: &Path) -> Result<()> {
    let mut progress = Progress::of("files");
    let mut bytes = 0;
    writer.add_files(data, &mut |done, all| {
        bytes = all;
        progress.at(done, all);
    })?;
    progress.done(&size(bytes)).map_err(Error::internal)
}

/// Files that the copied database names and the backup does not hold.
fn missing(writer: &Writer, copy: &Copy) -> Result<Vec<String>> {
    let mut names = integrity::named_files(&integrity::open(&copy.path)?)?;
    names.retain(|name| !writer.has(&format!("uploads/{name}")));
    Ok(names)
}
