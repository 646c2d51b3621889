//! Single files of packs, and the contents of an archive put into a pack that stays (pleroma-contract 18.8).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};

use super::{Generation, failed, name, refused, room};
use crate::error::{Error, Result};
use crate::media::name::{PackName, PackPath, Shortcode};
use crate::media::packs::intake::{self, MAX_ADDED, MAX_EMOJI, Plan, Refused, Source};
use crate::media::packs::{Edit, Packs, is_picture};
use crate::media::sniff::sniff;

/// The files of a pack by shortcode, as all of these answer.
pub type Files = BTreeMap<String, String>;

/// A file that may be added once its bytes are there.
#[derive(Debug)]
pub struct NewFile {
    pack: PackName,
    shortcode: Shortcode,
    path: PackPath,
    /// The name of the file was chosen, so it must do as it is.
    chosen: bool,
}

/// What becomes of a file.
#[derive(Debug)]
pub struct Renaming<'a> {
    /// Its shortcode.
    pub shortcode: &'a str,
    /// The one it gets.
    pub new_shortcode: &'a str,
    /// The path that it gets in the pack.
    pub new_filename: &'a str,
    /// Whether it may take a shortcode that is used.
    pub force: bool,
}

/// Checks the names of a file that somebody wants to add. `given` is the name that it came with, the default for both;
/// `is_taken` knows the emoji of all packs.
pub fn announce_file(
    packs: &Packs,
    generation: Generation,
    pack: &str,
    (shortcode, filename): (Option<&str>, Option<&str>),
    given: &str,
    is_taken: impl Fn(&str) -> bool,
) -> Result<NewFile> {
    let is_blank = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
    if pack.trim().is_empty() || is_blank(shortcode) || is_blank(filename) || given.is_empty() {
        let text = "pack name, shortcode or filename cannot be empty";
        return Err(empty(generation, text));
    }
    let pack = known(packs, generation, pack)?;
    let bad_name = |_| Error::BadRequest("invalid filename".into());
    let path = PackPath::parse(filename.unwrap_or(given).trim()).map_err(bad_name)?;
    let shortcode = new_shortcode(shortcode.map_or(path.stem(), str::trim))?;
    if is_taken(shortcode.as_str()) {
        return Err(taken(&shortcode));
    }
    if filename.is_some() && !is_picture(&path) {
        return Err(Error::BadRequest("invalid filename".into()));
    }
    Ok(NewFile {
        pack,
        shortcode,
        path,
        chosen: filename.is_some(),
    })
}

/// Adds a file that was announced.
pub fn add_file(
    packs: &Packs,
    generation: Generation,
    new: NewFile,
    bytes: &[u8],
) -> Result<Files> {
    room(packs)?;
    if bytes.len() as u64 > MAX_ADDED {
        return Err(refused(Refused::Heavy(
            new.path.to_string(),
            MAX_ADDED >> 10,
        )));
    }
    let bytes = intake::clean(&new.path, bytes).map_err(refused)?;
    let path = with_ending(&new, &bytes)?;
    let failure = |error| {
        failed(
            error,
            "Unexpected error occurred while adding file to pack.",
        )
    };
    let draft = packs.draft().map_err(failure)?;
    let brought = at("brought")?;
    draft
        .write_durably(&brought, &mut bytes.as_slice())
        .map_err(failure)?;
    let mut edit = opened(packs.edit(&new.pack, draft), generation, &new.pack, failure)?;
    let code = new.shortcode.as_str();
    if edit.manifest.files.contains_key(code) {
        return Err(taken(&new.shortcode));
    }
    if let Some(other) = edit.manifest.other_user_of(path.as_str(), &[]) {
        return Err(used(&path, other));
    }
    has_room_for(&edit, 1)?;
    let entry = (code.to_owned(), path.to_string());
    edit.put(&brought, &path).map_err(failure)?;
    edit.manifest.files.extend([entry]);
    edit.save().map_err(failure)?;
    Ok(edit.manifest.files.clone())
}

/// Adds every picture of an archive under its own path and name; names that are taken or cannot be shortcodes are left
/// out.
pub fn add_archive(
    packs: &Packs,
    generation: Generation,
    pack: &str,
    archive: File,
    is_taken: impl Fn(&str) -> bool,
) -> Result<Files> {
    room(packs)?;
    if pack.trim().is_empty() {
        let text = "pack name, shortcode or filename cannot be empty";
        return Err(empty(generation, text));
    }
    let pack = known(packs, generation, pack)?;
    let failure = |error| {
        failed(
            error,
            "Unexpected error occurred while adding file to pack.",
        )
    };
    let mut source = Source::of_file(archive).map_err(refused)?;
    let listing = source.listing().map_err(refused)?;
    let known = packs.manifest(&pack).map_err(failure)?.unwrap_or_default();
    let is_new = |path: &PackPath| {
        let code = path.stem();
        Shortcode::parse(code).is_ok()
            && !is_taken(code)
            && !known.files.contains_key(code)
            && known.other_user_of(path.as_str(), &[]).is_none()
    };
    let plan = Plan::pictures(&listing, is_new);
    let draft = packs.draft().map_err(failure)?;
    source.extract(&plan, &draft).map_err(refused)?;
    draft.sync().map_err(failure)?;
    let mut edit = opened(packs.edit(&pack, draft), generation, &pack, failure)?;
    has_room_for(&edit, plan.manifest.files.len())?;
    for (code, file) in &plan.manifest.files {
        // Somebody may have been faster.
        if !edit.manifest.files.contains_key(code)
            && edit.manifest.other_user_of(file, &[]).is_none()
        {
            let path = at(file)?;
            edit.put(&path, &path).map_err(failure)?;
            edit.manifest.files.insert(code.clone(), file.clone());
        }
    }
    edit.save().map_err(failure)?;
    Ok(edit.manifest.files.clone())
}

/// Gives a file another shortcode, another name, or both.
pub fn update_file(
    packs: &Packs,
    generation: Generation,
    pack: &str,
    renaming: &Renaming,
    is_taken: impl Fn(&str) -> bool,
) -> Result<Files> {
    let Renaming {
        shortcode,
        new_shortcode,
        new_filename,
        ..
    } = *renaming;
    if new_shortcode.trim().is_empty() || new_filename.trim().is_empty() {
        let text = "new_shortcode or new_filename cannot be empty";
        return Err(empty(generation, text));
    }
    refuse_empty(generation, &[pack, shortcode])?;
    let pack = known(packs, generation, pack)?;
    let failure = |error| {
        let text = "Unexpected error occurred while updating file in pack.";
        failed(error, text)
    };
    let draft = packs.draft().map_err(failure)?;
    let mut edit = opened(packs.edit(&pack, draft), generation, &pack, failure)?;
    let file = edit.manifest.files.get(shortcode);
    let from = file.and_then(|file| PackPath::parse(file).ok());
    let from = from
        .filter(|path| edit.has(path))
        .ok_or_else(|| no_emoji(shortcode))?;
    let (code, to) = target(&edit, renaming, &from, is_taken)?;
    rename(&mut edit, (shortcode, &from), (&code, &to)).map_err(failure)?;
    Ok(edit.manifest.files.clone())
}

/// The new names, if the emoji may have them.
fn target(
    edit: &Edit,
    renaming: &Renaming,
    from: &PackPath,
    is_taken: impl Fn(&str) -> bool,
) -> Result<(String, PackPath)> {
    let code = renaming.new_shortcode.trim();
    if code != renaming.shortcode {
        new_shortcode(code)?;
        let is_used = is_taken(code) || edit.manifest.files.contains_key(code);
        if is_used && !renaming.force {
            let text = format!(
                "New shortcode \"{code}\" is already used. If you want to override emoji use 'force' option"
            );
            return Err(Error::Status(409, text));
        }
    }
    let to = PackPath::parse(renaming.new_filename.trim()).ok();
    let to = to
        .filter(is_picture)
        .ok_or_else(|| Error::BadRequest("invalid filename".into()))?;
    let codes = [renaming.shortcode, code];
    match edit.manifest.other_user_of(to.as_str(), &codes) {
        Some(other) if to != *from => Err(used(&to, other)),
        _ => Ok((code.to_owned(), to)),
    }
}

/// Puts an emoji under another shortcode and its file under another name.
fn rename(
    edit: &mut Edit,
    (old_code, from): (&str, &PackPath),
    (code, to): (&str, &PackPath),
) -> io::Result<()> {
    if to != from {
        edit.copy(from, to)?;
    }
    edit.manifest.files.remove(old_code);
    let replaced = edit.manifest.files.insert(code.to_owned(), to.to_string());
    edit.save()?;
    edit.remove_unused(from)?;
    match replaced.and_then(|file| PackPath::parse(&file).ok()) {
        Some(path) => edit.remove_unused(&path),
        None => Ok(()),
    }
}

/// Removes an emoji from a pack, and its file unless another emoji uses it.
pub fn delete_file(
    packs: &Packs,
    generation: Generation,
    pack: &str,
    shortcode: &str,
) -> Result<Files> {
    refuse_empty(generation, &[pack, shortcode])?;
    let pack = known(packs, generation, pack)?;
    let failure = |error| {
        failed(
            error,
            "Unexpected error occurred while deleting file from pack.",
        )
    };
    let draft = packs.draft().map_err(failure)?;
    let mut edit = opened(packs.edit(&pack, draft), generation, &pack, failure)?;
    let file = edit.manifest.files.remove(shortcode);
    let file = file.ok_or_else(|| no_emoji(shortcode))?;
    edit.save().map_err(failure)?;
    if let Ok(path) = PackPath::parse(&file) {
        edit.remove_unused(&path).map_err(failure)?;
    }
    Ok(edit.manifest.files.clone())
}

/// The name of a pack that exists.
fn known(packs: &Packs, generation: Generation, text: &str) -> Result<PackName> {
    let pack = name(text)?;
    match packs.manifest(&pack)? {
        Some(_) => Ok(pack),
        None => Err(not_found(generation, &pack)),
    }
}

/// A pack that may have been deleted since.
fn opened<'a>(
    edit: io::Result<Edit<'a>>,
    generation: Generation,
    pack: &PackName,
    failure: impl FnOnce(io::Error) -> Error,
) -> Result<Edit<'a>> {
    edit.map_err(|error| match error.kind() {
        ErrorKind::NotFound => not_found(generation, pack),
        _ => failure(error),
    })
}

/// The path with the ending of what the file is, where nobody chose its name.
fn with_ending(new: &NewFile, bytes: &[u8]) -> Result<PackPath> {
    if new.chosen || is_picture(&new.path) {
        return Ok(new.path.clone());
    }
    let ending = sniff(bytes).map_or("png", |kind| kind.extension);
    at(&format!("{}.{ending}", new.path))
}

fn at(path: &str) -> Result<PackPath> {
    PackPath::parse(path).map_err(|_| Error::BadRequest("invalid filename".into()))
}

fn new_shortcode(text: &str) -> Result<Shortcode> {
    Shortcode::parse(text).map_err(|_| Error::BadRequest("invalid shortcode".into()))
}

fn has_room_for(edit: &Edit, more: usize) -> Result<()> {
    if edit.manifest.files.len() + more > MAX_EMOJI {
        return Err(refused(Refused::TooLarge("a pack may have 1,000 emoji")));
    }
    Ok(())
}

fn refuse_empty(generation: Generation, texts: &[&str]) -> Result<()> {
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(empty(generation, "pack name or shortcode cannot be empty"));
    }
    Ok(())
}

fn empty(generation: Generation, text: &str) -> Error {
    let status = if generation == Generation::Seed {
        400
    } else {
        422
    };
    Error::Status(status, text.to_owned())
}

fn not_found(generation: Generation, pack: &PackName) -> Error {
    let status = if generation == Generation::Seed {
        400
    } else {
        404
    };
    Error::Status(status, format!("pack \"{pack}\" is not found"))
}

fn no_emoji(shortcode: &str) -> Error {
    Error::BadRequest(format!("Emoji \"{shortcode}\" does not exist"))
}

fn taken(shortcode: &Shortcode) -> Error {
    let text = format!("An emoji with the \"{shortcode}\" shortcode already exists");
    Error::Status(409, text)
}

fn used(path: &PackPath, other: &str) -> Error {
    let text = format!("The file \"{path}\" is already used by the emoji \"{other}\"");
    Error::Status(409, text)
}
