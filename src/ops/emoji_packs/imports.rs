//! Whole packs from elsewhere: directories and archives.

use std::io::ErrorKind;

use super::{exists, failed, refused, room};
use crate::error::{Error, Result};
use crate::media::name::PackName;
use crate::media::packs::intake::{Plan, Refused, Source, draft_of};
use crate::media::packs::{self, Packs};

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// How many emoji the pack has.
    pub emoji: usize,
    /// What did not come along, each with its reason.
    pub left_out: Vec<String>,
}

/// Makes packs of all that lies in `emoji/` and is none: directories get a `pack.json`, archives a directory of their
/// name. Answers the names (pleroma-contract 18.10).
pub fn import_all(packs: &Packs) -> Result<Vec<PackName>> {
    if let Err(error) = std::fs::read_dir(packs.root()) {
        return Err(failed(error, "Error accessing emoji pack directory"));
    }
    let mut imported = Vec::new();
    for name in packs::names(packs.root()) {
        match packs.adopt(&name) {
            Ok(true) => imported.push(name),
            Ok(false) => {}
            // Somebody's broken list costs that pack only.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                log::warn!("emoji pack {name} not imported: {error}");
            }
            Err(error) => {
                let text = "Error: emoji pack directory must be writable";
                return Err(failed(error, text));
            }
        }
    }
    for (name, path) in packs.loose_archives() {
        if packs.exists(&name) || name.is_reserved() {
            continue;
        }
        let made = Source::open(&path)
            .map_err(refused)
            .and_then(|source| import(packs, &name, source));
        match made {
            Ok(_) => imported.push(name),
            Err(Error::NoSpace) => return Err(Error::NoSpace),
            Err(error) => log::warn!("{} not imported: {error}", path.display()),
        }
    }
    imported.sort();
    Ok(imported)
}

/// Makes a pack of a source that says itself what is in it. 409 when there is a pack of that name.
pub fn import(packs: &Packs, name: &PackName, mut source: Source) -> Result<Imported> {
    room(packs)?;
    if packs.exists(name) {
        return Err(exists(name));
    }
    let plan = source
        .listing()
        .and_then(|listing| Plan::new(&listing))
        .map_err(refused)?;
    let draft = packs.draft()?;
    draft_of(&mut source, &plan, &draft).map_err(refused)?;
    draft.place(name).map_err(|error| match error.kind() {
        // Somebody was faster.
        ErrorKind::AlreadyExists => exists(name),
        _ => error.into(),
    })?;
    Ok(Imported {
        emoji: plan.manifest.files.len(),
        left_out: plan.left_out,
    })
}

/// Makes a pack of what another server sent, in the place of one of that name if there is one.
pub fn install(
    packs: &Packs,
    name: &PackName,
    source: &mut Source,
    plan: &Plan,
) -> Result<(), Refused> {
    let draft = packs.draft()?;
    draft_of(source, plan, &draft)?;
    Ok(draft.replace(name)?)
}
