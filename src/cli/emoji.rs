//! `kenoma emoji`: packs of custom emoji. They are files, so a server that runs meanwhile needs no telling.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::{Outcome, check_data, failure, print_json, say};
use crate::error::Error;
use crate::media::name::PackName;
use crate::media::packs::intake::Source;
use crate::media::packs::{self, Metadata, Packs};
use crate::ops::emoji_packs as ops;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Make a pack of a folder, a zip or a tar.gz: Pleroma's pack.json, Misskey's meta.json, an emoji.txt, or just pictures
    Import {
        /// The folder or archive
        #[arg(value_name = "PATH-OR-ZIP")]
        path: PathBuf,
        /// The name of the pack; without it, that of the folder or archive
        #[arg(long = "as", value_name = "NAME", value_parser = new_pack_name)]
        name: Option<PackName>,
    },
    /// List all packs
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a pack into a zip archive, which other servers can import
    Export {
        /// Which
        #[arg(value_parser = pack_name)]
        name: PackName,
        /// The archive; one that is there is replaced
        file: PathBuf,
    },
    /// Delete a pack with all its pictures
    Delete {
        /// Which
        #[arg(value_parser = pack_name)]
        name: PackName,
    },
}

#[derive(Serialize)]
struct Listed {
    name: String,
    files_count: usize,
    pack: Metadata,
}

fn pack_name(text: &str) -> std::result::Result<PackName, String> {
    ops::name(text).map_err(|error| error.to_string())
}

fn new_pack_name(text: &str) -> std::result::Result<PackName, String> {
    ops::new_name(text).map_err(|error| error.to_string())
}

/// Runs `kenoma emoji …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    check_data(data)?;
    let packs = Packs::new(data).map_err(|error| failure(data, error.into()))?;
    match command {
        Command::Import { path, name } => import(&packs, data, &path, name),
        Command::List { json } => list(&packs, json),
        Command::Export { name, file } => export(&packs, data, &name, &file),
        Command::Delete { name } => ops::delete(&packs, &name)
            .map_err(|error| there(&name, error))
            .map_err(|error| failure(data, error)),
    }
}

fn import(packs: &Packs, data: &Path, path: &Path, name: Option<PackName>) -> Outcome {
    let cannot = |reason: String| format!("cannot import {}: {reason}", path.display());
    let name = match name {
        Some(name) => name,
        None => named_after(path).ok_or_else(|| {
            cannot("its name cannot be the name of a pack: give one with --as".into())
        })?,
    };
    let source = Source::open(path).map_err(|reason| cannot(reason.to_string()))?;
    let imported = ops::import(packs, &name, source).map_err(|error| match error {
        Error::Status(409, _) => cannot(format!(
            "there is a pack {name} already: delete it, or give another name with --as"
        )),
        Error::BadRequest(reason) => cannot(reason),
        other => failure(data, other),
    })?;
    for reason in &imported.left_out {
        eprintln!("left out: {reason}");
    }
    say(format_args!("imported {} emoji as {name}", imported.emoji))
}

/// The name of a folder, or of an archive without its ending.
fn named_after(path: &Path) -> Option<PackName> {
    // `.` and the like say their name only when they are resolved.
    let whole = path.canonicalize().ok()?;
    let name = whole.file_name()?.to_str()?;
    ops::new_name(packs::archive_stem(name).unwrap_or(name)).ok()
}

fn list(packs: &Packs, json: bool) -> Outcome {
    let mut listed = Vec::new();
    for name in packs::names(packs.root()) {
        match packs.manifest(&name) {
            Ok(Some(manifest)) => listed.push(Listed {
                name: name.to_string(),
                files_count: manifest.files.len(),
                pack: manifest.pack,
            }),
            Ok(None) => {}
            Err(error) => eprintln!("{name}: its pack.json cannot be read: {error}"),
        }
    }
    if json {
        return print_json(&listed);
    }
    listed.iter().try_for_each(|pack| {
        let shared = if pack.pack.is_shared() { "shared" } else { "" };
        say(
            format_args!("{:<30} {:>5} emoji  {shared}", pack.name, pack.files_count)
                .to_string()
                .trim_end(),
        )
    })
}

fn export(packs: &Packs, data: &Path, name: &PackName, file: &Path) -> Outcome {
    let archive = packs.manifest(name).and_then(|manifest| match manifest {
        None => Ok(None),
        Some(_) => packs.archive(name).map(Some),
    });
    let archive = archive.map_err(|error| failure(data, error.into()))?;
    let archive = archive.ok_or_else(|| there(name, ops::absent(name)).to_string())?;
    let mut archive = archive.ok_or_else(|| {
        format!("cannot export {name}: its pack.json names files that are not there")
    })?;
    put(&mut archive.file, file)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Copies into a file that is whole or not there, at every moment.
fn put(content: &mut File, path: &Path) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let copied = File::create_new(&temporary).and_then(|mut copy| {
        io::copy(content, &mut copy)?;
        copy.sync_all()?;
        fs::rename(&temporary, path)
    });
    if copied.is_err() {
        // Best effort: the reason is what the caller needs to hear.
        let _ = fs::remove_file(&temporary);
    }
    copied
}

/// What is not there, in words that tell what to do.
fn there(name: &PackName, error: Error) -> Error {
    match error {
        Error::Status(404, _) => Error::BadRequest(format!(
            "there is no pack {name}: `kenoma emoji list` shows what there is"
        )),
        other => other,
    }
}
