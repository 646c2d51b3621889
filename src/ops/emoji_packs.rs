//! Emoji packs: what an admin does with them (pleroma-contract 18). The packs are files, so there is no transaction:
//! [`Packs`] sees to it that a change happens whole or not at all.

mod files;
mod imports;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

use super::media::SPACE_FLOOR;
use crate::error::{Error, Result};
use crate::media::name::{PackName, PackPath};
use crate::media::packs::intake::Refused;
use crate::media::packs::{Edit, Metadata, Packs};

pub use files::{
    NewFile, Renaming, add_archive, add_file, announce_file, delete_file, update_file,
};
pub use imports::{Imported, import, import_all, install};

/// The two generations of routes; they answer some errors with different statuses (pleroma-contract 18.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// The name of the pack is in the path.
    Seed,
    /// The name of the pack is a parameter.
    Present,
}

/// What was found at a `fallback-src`.
#[derive(Debug)]
pub struct Fallback {
    /// Of the archive, in upper-case hex.
    pub sha256: String,
    /// The pictures in it.
    pub files: BTreeSet<PackPath>,
}

/// The name of a pack, as a parameter says it.
pub fn name(text: &str) -> Result<PackName> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::BadRequest("pack name cannot be empty".into()));
    }
    PackName::parse(text).map_err(|_| Error::BadRequest("invalid pack name".into()))
}

/// The name of a pack that is to be made: none that a route has.
pub fn new_name(text: &str) -> Result<PackName> {
    let name = name(text)?;
    if name.is_reserved() {
        return Err(Error::BadRequest("invalid pack name".into()));
    }
    Ok(name)
}

/// Looks whether packs can be listed, and makes their directory where it is missing (pleroma-contract 18.4).
pub fn reach(packs: &Packs) -> Result<()> {
    match std::fs::read_dir(packs.root()) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = "Failed to create the emoji pack directory";
            packs.draft().map(drop).map_err(|error| failed(error, text))
        }
        Err(error) => {
            let text = "Failed to get the contents of the emoji pack directory";
            Err(failed(error, text))
        }
    }
}

/// Makes an empty pack. 409 when there is a directory of that name, be it with or without a `pack.json`.
pub fn create(packs: &Packs, name: &PackName) -> Result<()> {
    room(packs)?;
    let made = packs.draft().and_then(|draft| {
        draft.write_manifest(&Default::default())?;
        draft.place(name)
    });
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(name),
        _ => failed(error, "Unexpected error occurred while creating pack."),
    })
}

/// Removes a pack with all its files.
pub fn delete(packs: &Packs, name: &PackName) -> Result<()> {
    packs.delete(name).map_err(|error| match error.kind() {
        ErrorKind::NotFound => absent(name),
        _ => failed(error, &format!("Couldn't delete the pack {name}")),
    })
}

/// The address that has to be asked before this becomes the metadata of a pack: a `fallback-src` that is new.
pub fn fallback_to_check(
    packs: &Packs,
    name: &PackName,
    metadata: &Metadata,
) -> Result<Option<String>> {
    let known = packs.manifest(name)?.ok_or_else(|| absent(name))?.pack;
    let wanted = metadata.text("fallback-src");
    Ok(wanted
        .filter(|url| known.text("fallback-src") != Some(url))
        .map(str::to_owned))
}

/// Replaces the metadata of a pack; answers it as stored. `fallback` is what was found at a new `fallback-src`: it must
/// hold every file of the pack.
pub fn set_metadata(
    packs: &Packs,
    name: &PackName,
    mut metadata: Metadata,
    fallback: Option<&Fallback>,
) -> Result<Metadata> {
    room(packs)?;
    let failure = |error| {
        failed(
            error,
            "Unexpected error occurred while updating pack metadata.",
        )
    };
    let draft = packs.draft().map_err(failure)?;
    let edit = packs.edit(name, draft).map_err(|error| match error.kind() {
        ErrorKind::NotFound => absent(name),
        _ => failure(error),
    });
    let mut edit: Edit = edit?;
    if let Some(fallback) = fallback {
        let holds =
            |file: &String| PackPath::parse(file).is_ok_and(|path| fallback.files.contains(&path));
        if !edit.manifest.files.values().all(holds) {
            return Err(Error::BadRequest(
                "The fallback archive does not have all files specified in pack.json".into(),
            ));
        }
        metadata.set("fallback-src-sha256", fallback.sha256.as_str());
    }
    edit.manifest.pack = metadata.clone();
    edit.save().map_err(failure)?;
    Ok(metadata)
}

/// 404 for a pack that is not there.
pub fn absent(name: &PackName) -> Error {
    Error::Status(404, format!("Pack {name} does not exist"))
}

/// 409 for a name that is taken.
fn exists(name: &PackName) -> Error {
    Error::Status(409, format!("A pack named \"{name}\" already exists"))
}

/// What a person who brought something hears.
pub fn refused(reason: Refused) -> Error {
    match reason {
        Refused::Io(error) => error.into(),
        reason => Error::BadRequest(reason.to_string()),
    }
}

/// 507 when the disk is nearly full.
pub fn room(packs: &Packs) -> Result<()> {
    if packs.free_space()? < SPACE_FLOOR {
        return Err(Error::NoSpace);
    }
    Ok(())
}

/// Our own failure, under the text that is documented for it; the cause goes to the log.
fn failed(error: io::Error, text: &str) -> Error {
    if error.kind() == ErrorKind::StorageFull {
        return Error::NoSpace;
    }
    log::error!("{text} {error}");
    Error::Status(500, text.to_owned())
}
