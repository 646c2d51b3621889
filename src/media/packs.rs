//! Emoji packs as they lie on disk, in Pleroma's format.
//!
//! A directory under `emoji/` with a `pack.json` is a pack; one without is read by
//! its `emoji.txt`, else by the pictures in it. A folder copied in by hand thus works
//! at once: callers compare [`fingerprint`] to notice. What cannot be read is skipped
//! with a warning, so that one broken pack costs one pack. Links are not followed.
//!
//! [`Packs`] changes them: through a [`Draft`] that is renamed into place, so that a pack is
//! whole at every moment. What may come in, from an archive or a folder, is [`intake`]'s trade.
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, DirEntry, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::dir;
use super::name::{PackName, PackPath};

mod archive;
mod draft;
mod edit;
pub mod intake;
mod manifest;
#[cfg(test)]
mod tests;
mod unlisted;

pub use archive::Archive;
use archive::Archives;
pub use archive::sha256_of;
pub use draft::Draft;
pub(super) use draft::Lock;
pub use edit::Edit;
pub use manifest::{Manifest, Metadata};
pub use unlisted::unlisted;

/// The list of a pack, in its directory.
const MANIFEST: &str = "pack.json";
/// The older form of it.
const TEXT_LIST: &str = "emoji.txt";

/// Extensions of files that can be emoji.
const EXTENSIONS: [&str; 7] = ["png", "gif", "webp", "jpg", "jpeg", "apng", "avif"];
/// The largest `pack.json` or `emoji.txt` that is read.
const MAX_LIST_BYTES: u64 = 4 * 1024 * 1024;

/// A custom emoji of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    /// The name written between colons.
    pub shortcode: String,
    /// The directory it lies in.
    pub pack: PackName,
    /// Its file in that directory.
    pub file: PackPath,
    /// `pack:NAME` for a pack, else the tags of `emoji.txt`.
    pub tags: Vec<String>,
}

/// The packs of a server: the directory `emoji/`, and their archives under `cache/`.
pub struct Packs {
    root: PathBuf,
    archives: Archives,
}

impl Packs {
    /// The packs of a data directory. What a crash left half-made goes.
    pub fn new(data: &Path) -> io::Result<Packs> {
        let packs = Packs {
            root: data.join("emoji"),
            archives: Archives::new(&data.join("cache")),
        };
        let archives = packs.archives.folder();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(archives)?;
        let _lock = Lock::take(&packs.root)?;
        draft::sweep(&packs.root)?;
        packs.archives.sweep(&names(&packs.root));
        Ok(packs)
    }

    /// The directory that they lie in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `pack.json` of a pack; `None` when there is none.
    pub fn manifest(&self, pack: &PackName) -> io::Result<Option<Manifest>> {
        match manifest(&self.root, pack) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether there is a directory of that name, be it with or without a `pack.json`.
    pub fn exists(&self, pack: &PackName) -> bool {
        fs::symlink_metadata(pack.below(&self.root)).is_ok()
    }

    /// An empty place for new files.
    pub fn draft(&self) -> io::Result<Draft> {
        Draft::new(&self.root)
    }

    /// Opens a pack for changes; "not found" when it has no `pack.json`. `draft` holds the files that are to go in.
    pub fn edit(&self, pack: &PackName, draft: Draft) -> io::Result<Edit<'_>> {
        Edit::open(&self.root, pack, draft)
    }

    /// Gives a directory a `pack.json`; `false` when it has one already.
    pub fn adopt(&self, pack: &PackName) -> io::Result<bool> {
        // Looked at first without the lock: nearly all are packs already.
        if self.manifest(pack).is_ok_and(|manifest| manifest.is_some()) {
            return Ok(false);
        }
        match Edit::adopt(&self.root, pack, self.draft()?)? {
            None => Ok(false),
            Some(edit) => edit.save().map(|()| true),
        }
    }

    /// Files lying in `emoji/` that may be archives of packs, with the names that the packs would have.
    pub fn loose_archives(&self) -> Vec<(PackName, PathBuf)> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let is_file = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
        let mut found: Vec<_> = entries
            .filter(is_file)
            .filter_map(|entry| {
                let name = entry.file_name();
                let stem = archive_stem(name.to_str()?)?;
                Some((PackName::parse(stem).ok()?, entry.path()))
            })
            .collect();
        found.sort();
        found
    }

    /// Removes a pack; "not found" when there is none.
    pub fn delete(&self, pack: &PackName) -> io::Result<()> {
        let lock = Lock::take(&self.root)?;
        let claimed = Draft::claim(&self.root, &lock, pack)?;
        drop((lock, claimed));
        self.archives.forget(pack);
        Ok(())
    }

    /// The archive of a pack, made if there is none of its present state. `None` when the pack has no `pack.json` or some
    /// of its files are missing.
    pub fn archive(&self, pack: &PackName) -> io::Result<Option<Archive>> {
        self.archives.get(&self.root, pack)
    }

    /// A file for what is on its way in. It has no name: it is gone when it is closed.
    pub fn unnamed_file(&self) -> io::Result<File> {
        let name = format!(".tmp-{}", dir::random_stem()?);
        let path = self.archives.folder().join(name);
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        fs::remove_file(path)?;
        Ok(file)
    }

    /// The bytes that may still be written.
    pub fn free_space(&self) -> io::Result<u64> {
        // `emoji/` itself may be missing; it is made when something is put into it.
        dir::free_space(self.root.parent().unwrap_or(&self.root))
    }
}

/// The name of an archive without its ending.
pub fn archive_stem(file_name: &str) -> Option<&str> {
    const ENDINGS: [&str; 3] = [".zip", ".tar.gz", ".tgz"];
    ENDINGS.iter().find_map(|ending| {
        let at = file_name.len().checked_sub(ending.len())?;
        let (stem, end) = file_name.split_at_checked(at)?;
        end.eq_ignore_ascii_case(ending).then_some(stem)
    })
}

/// All emoji, sorted by shortcode. Packs are read in the order of their names; where
/// two have the same shortcode, the later pack's counts.
pub fn load(root: &Path) -> Vec<Emoji> {
    let mut found = BTreeMap::new();
    for name in names(root) {
        match load_one(root, &name) {
            Ok(emoji) => found.extend(emoji.into_iter().map(|e| (e.shortcode.clone(), e))),
            Err(error) => log::warn!("emoji pack {name:?} skipped: {error}", name = name.as_str()),
        }
    }
    found.into_values().collect()
}

/// The directories under `emoji/` that can be packs, in byte order.
pub fn names(root: &Path) -> Vec<PackName> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<PackName> = entries
        .filter(is_directory)
        .filter_map(|entry| pack_name(&entry))
        .collect();
    names.sort();
    names
}

/// The `pack.json` of a pack; "not found" for a directory without one.
pub fn manifest(root: &Path, pack: &PackName) -> io::Result<Manifest> {
    Manifest::parse(&read_list(root, pack, MANIFEST)?)
}

/// Opens a file of a pack for serving; a link anywhere on the way is "not found".
pub fn open_file(root: &Path, pack: &PackName, path: &PackPath) -> io::Result<File> {
    dir::open_beneath(root, [pack.as_str()].into_iter().chain(path.components()))
}

/// A number that changes when packs come, go or change their list by hand. It looks at
/// time stamps and sizes only, never into a file.
pub fn fingerprint(root: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    stamp(root).hash(&mut hasher);
    for name in names(root) {
        pack_fingerprint(root, &name).hash(&mut hasher);
    }
    hasher.finish()
}

/// As [`fingerprint`], of one pack.
pub fn pack_fingerprint(root: &Path, pack: &PackName) -> u64 {
    let mut hasher = DefaultHasher::new();
    let dir = pack.below(root);
    pack.hash(&mut hasher);
    for path in [&dir, &dir.join(MANIFEST), &dir.join(TEXT_LIST)] {
        stamp(path).hash(&mut hasher);
    }
    hasher.finish()
}

/// When a path changed last, how long it is, and which file it is: one put in its place may be as long and as old.
fn stamp(path: &Path) -> Option<(std::time::SystemTime, u64, u64)> {
    let data = fs::symlink_metadata(path).ok()?;
    Some((data.modified().ok()?, data.len(), data.ino()))
}

fn is_directory(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn pack_name(entry: &DirEntry) -> Option<PackName> {
    let name = entry.file_name();
    let parsed = name.to_str().and_then(|name| PackName::parse(name).ok());
    if parsed.is_none() && !name.as_encoded_bytes().starts_with(b".") {
        log::warn!("emoji directory {name:?} skipped: not a usable pack name");
    }
    parsed
}

fn load_one(root: &Path, pack: &PackName) -> io::Result<Vec<Emoji>> {
    let manifest = match manifest(root, pack) {
        Err(error) if error.kind() == ErrorKind::NotFound => return unlisted(root, pack),
        other => other?,
    };
    let tag = format!("pack:{pack}");
    let listed = manifest.files.iter();
    Ok(listed
        .filter_map(|(code, file)| emoji(pack, code, file, vec![tag.clone()]))
        .collect())
}

/// A whole small text file of a pack.
fn read_list(root: &Path, pack: &PackName, name: &str) -> io::Result<String> {
    let file = dir::open_beneath(root, [pack.as_str(), name])?;
    if file.metadata()?.len() > MAX_LIST_BYTES {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("{name} is too large"),
        ));
    }
    let mut text = String::new();
    file.take(MAX_LIST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// An emoji whose names are usable, else a warning.
fn emoji(pack: &PackName, shortcode: &str, file: &str, tags: Vec<String>) -> Option<Emoji> {
    let path = PackPath::parse(file).ok().filter(is_picture);
    let (Some(file), true) = (path, is_shortcode(shortcode)) else {
        log::warn!(
            "emoji {shortcode:?} of pack {pack:?} skipped: bad name or file",
            pack = pack.as_str()
        );
        return None;
    };
    Some(Emoji {
        shortcode: shortcode.to_owned(),
        pack: pack.clone(),
        file,
        tags,
    })
}

/// Whether a file's name says that it can be an emoji.
pub fn is_picture(path: &PackPath) -> bool {
    EXTENSIONS.contains(&path.extension().as_str())
}

/// Names that can stand between colons in a text without breaking it or its HTML. New
/// emoji are held to a narrower alphabet; this is for what packs already have.
fn is_shortcode(name: &str) -> bool {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || ":/<>\"'&@".contains(c);
    (1..=64).contains(&name.chars().count()) && !name.contains(breaks)
}
