//! What comes in from outside: a zip, a tar.gz or a folder, judged before anything is written.
//!
//! A [`Source`] is walked twice. The first walk reads names and sizes of everything, refuses what is hostile
//! (security.md F1, F2) and reads the lists; a [`Plan`] says from them which pictures make the pack. The second walk takes
//! out exactly those, into a draft.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::image::{self, clean_small};
use super::super::name::InvalidName;
use super::{Draft, PackPath, is_picture};

mod folder;
mod plan;
mod tar;
#[cfg(test)]
mod tests;
pub(in crate::media) mod zip;

pub use plan::Plan;

/// The most bytes of an archive.
pub const MAX_PACKED: u64 = 20 << 20;
/// The most bytes that come out of one.
pub const MAX_UNPACKED: u64 = 64 << 20;
/// How many times larger than its packed form something may be.
pub const MAX_RATIO: u64 = 100;
/// The most emoji of a pack.
pub const MAX_EMOJI: usize = 1_000;
/// The most entries of an archive: a full pack, its lists, a licence and some directories.
pub const MAX_ENTRIES: usize = MAX_EMOJI + 24;
/// The most bytes of a picture that comes with a pack.
pub const MAX_IMPORTED: u64 = 512 << 10;
/// The most bytes of a picture that is added by itself.
pub const MAX_ADDED: u64 = 256 << 10;
/// The longer side of an emoji.
pub const MAX_SIDE: u32 = 512;

/// What an archive may hold, by what it is for.
pub struct Limits {
    /// Entries, directories included.
    pub(in crate::media) entries: usize,
    /// Bytes that come out.
    pub(in crate::media) unpacked: u64,
    /// Archives in the archive.
    pub(in crate::media) nested: bool,
    /// What is said to somebody who brings more entries …
    pub(in crate::media) too_many: &'static str,
    /// … or more bytes.
    pub(in crate::media) too_large: &'static str,
}

/// An emoji pack.
const PACK: Limits = Limits {
    entries: MAX_ENTRIES,
    unpacked: MAX_UNPACKED,
    nested: false,
    too_many: "a pack may have 1,000 emoji",
    too_large: "unpacked, an archive may have 64 MiB",
};

/// Why something cannot come in; the text is for the person who brought it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Neither zip nor tar.gz, or broken.
    #[error("This is not a zip or tar.gz archive, or it is damaged")]
    Unreadable,
    /// A name that leads out of the pack, or is no text.
    #[error("It holds a name that is not allowed: {0:?}")]
    Name(String),
    /// One name twice.
    #[error("It holds {0:?} twice")]
    Twice(String),
    /// A link, a device, something encrypted, an archive in the archive.
    #[error("It holds {0:?}, which is {1}")]
    Kind(String, &'static str),
    /// Over a limit.
    #[error("It is too large: {0}")]
    TooLarge(&'static str),
    /// A picture that cannot be an emoji.
    #[error("{0}: {1}")]
    Picture(String, image::Error),
    /// A picture of too many bytes.
    #[error("{0} is larger than {1} KiB")]
    Heavy(String, u64),
    /// A list that cannot be read, or names what is not there.
    #[error("{0}")]
    List(String),
    /// No emoji at all.
    #[error("There are no emoji in it")]
    Empty,
    /// Our own disk.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a pack can be made of.
pub enum Source {
    /// A zip archive.
    Zip(zip::Zip),
    /// A tar archive, compressed with gzip.
    TarGz(File),
    /// A directory.
    Folder(std::path::PathBuf),
}

/// Something in a source: a regular file. Directories and hidden files are passed over.
pub(in crate::media) struct Entry<'a> {
    pub(in crate::media) path: PackPath,
    /// As declared; what is read may be more or less.
    pub(in crate::media) size: u64,
    pub(in crate::media) content: &'a mut dyn Read,
}

/// What is in a source.
#[derive(Debug, Default)]
pub struct Listing {
    /// Files whose names say that they are pictures.
    pub pictures: BTreeSet<PackPath>,
    /// `pack.json`, `meta.json` and `emoji.txt`, at the top or one below it.
    lists: BTreeMap<PackPath, Vec<u8>>,
}

impl Listing {
    /// Whether there is a `pack.json` at the top.
    pub fn has_manifest(&self) -> bool {
        self.lists
            .keys()
            .any(|path| path.as_str() == super::MANIFEST)
    }
}

impl Source {
    /// Opens a file or a directory. Whoever names it may be trusted with the path, not with what is there.
    pub fn open(path: &Path) -> Result<Source, Refused> {
        if path.metadata()?.is_dir() {
            return Ok(Source::Folder(path.to_owned()));
        }
        Source::of_file(File::open(path)?)
    }

    /// What an open file holds, by its first bytes.
    pub fn of_file(mut file: File) -> Result<Source, Refused> {
        if file.metadata()?.len() > MAX_PACKED {
            return Err(Refused::TooLarge("an archive may have 20 MiB"));
        }
        let mut head = [0; 4];
        file.seek(SeekFrom::Start(0))?;
        let length = file.read(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        match &head[..length] {
            b"PK\x03\x04" | b"PK\x05\x06" => Ok(Source::Zip(zip::Zip::open(file, &PACK)?)),
            [0x1F, 0x8B, ..] => Ok(Source::TarGz(file)),
            _ => Err(Refused::Unreadable),
        }
    }

    /// The names of all that is in it, and its lists.
    pub fn listing(&mut self) -> Result<Listing, Refused> {
        let mut listing = Listing::default();
        let mut seen = BTreeSet::new();
        self.walk(&mut |entry| {
            if !seen.insert(entry.path.clone()) {
                return Err(Refused::Twice(entry.path.to_string()));
            }
            if is_picture(&entry.path) {
                listing.pictures.insert(entry.path);
            } else if plan::is_list(&entry.path) {
                let text = read(&entry.path, entry.content, entry.size, MAX_IMPORTED)?;
                listing.lists.insert(entry.path, text);
            }
            Ok(())
        })?;
        Ok(listing)
    }

    /// Takes pictures out into a draft, under the names that the plan gives them.
    pub fn extract(&mut self, plan: &Plan, draft: &Draft) -> Result<(), Refused> {
        let mut missing: BTreeSet<&PackPath> = plan.wanted.keys().collect();
        self.walk(&mut |entry| {
            let Some(target) = plan.wanted.get(&entry.path) else {
                return Ok(());
            };
            let bytes = read(&entry.path, entry.content, entry.size, MAX_IMPORTED)?;
            let cleaned = clean(&entry.path, &bytes)?;
            draft.write(target, &mut cleaned.as_slice())?;
            missing.remove(&entry.path);
            Ok(())
        })?;
        // The file was changed between the two walks.
        missing.first().map_or(Ok(()), |path| {
            Err(Refused::List(format!("{path} is not there")))
        })
    }

    fn walk(&mut self, visit: &mut Visit) -> Result<(), Refused> {
        match self {
            Source::Zip(zip) => zip.walk(visit),
            Source::TarGz(file) => tar::walk(file, visit),
            Source::Folder(path) => folder::walk(path, visit),
        }
    }
}

/// What is done with each file of a source.
pub(in crate::media) type Visit<'a> = dyn FnMut(Entry) -> Result<(), Refused> + 'a;

/// A pack that is ready to be placed: plan and pictures, on the disk.
pub fn draft_of(source: &mut Source, plan: &Plan, draft: &Draft) -> Result<(), Refused> {
    source.extract(plan, draft)?;
    draft.write_manifest(&plan.manifest)?;
    Ok(draft.sync()?)
}

/// A picture made safe to keep.
pub fn clean(path: &PackPath, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let cleaned = clean_small(bytes, MAX_SIDE);
    let (bytes, _) = cleaned.map_err(|reason| Refused::Picture(path.to_string(), reason))?;
    Ok(bytes)
}

/// Reads a file whole. The declared size may lie: not a byte more than it says, nor than the limit, is taken.
fn read(
    path: &PackPath,
    content: &mut dyn Read,
    declared: u64,
    limit: u64,
) -> Result<Vec<u8>, Refused> {
    if declared > limit {
        return Err(Refused::Heavy(path.to_string(), limit >> 10));
    }
    let mut bytes = Vec::with_capacity(declared as usize);
    match content.take(declared + 1).read_to_end(&mut bytes) {
        Ok(length) if length as u64 == declared => Ok(bytes),
        Ok(_) => Err(Refused::Unreadable),
        Err(error) if is_content(&error) => Err(Refused::Unreadable),
        Err(error) => Err(error.into()),
    }
}

/// Whether a reading error is the archive's fault and not the disk's.
fn is_content(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    matches!(
        error.kind(),
        InvalidData | InvalidInput | Other | UnexpectedEof
    )
}

/// What a name in an archive says.
enum Named {
    File(PackPath),
    Folder,
    /// What systems put beside the files of people: `__MACOSX/`, `.DS_Store`.
    Hidden,
}

/// Reads a name. Hostile ones are refused, also those of files that nobody wants.
fn named(raw: &[u8]) -> Result<Named, Refused> {
    let refused = || Refused::Name(String::from_utf8_lossy(raw).into_owned());
    let text = std::str::from_utf8(raw).map_err(|_| refused())?;
    // tar begins its names with this.
    let text = text.strip_prefix("./").unwrap_or(text);
    let path = text.strip_suffix('/').unwrap_or(text);
    let mut components = path.split('/');
    let is_hostile = |part: &str| matches!(part, "." | "..") || part.contains(['\\', '\0']);
    if path.starts_with('/') || path.split('/').any(is_hostile) {
        return Err(refused());
    }
    if path.is_empty() {
        return Ok(Named::Folder);
    }
    if components.any(|part| part.starts_with('.') || part == "__MACOSX") {
        return Ok(Named::Hidden);
    }
    let path = PackPath::parse(path).map_err(|InvalidName| refused())?;
    if path.as_str().len() < text.len() {
        return Ok(Named::Folder);
    }
    Ok(Named::File(path))
}

/// Archives in an archive are refused whatever they hold.
fn refuse_nested(path: &PackPath) -> Result<(), Refused> {
    const ARCHIVES: [&str; 9] = ["zip", "tar", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar"];
    if ARCHIVES.contains(&path.extension().as_str()) {
        return Err(Refused::Kind(path.to_string(), "an archive itself"));
    }
    Ok(())
}

/// Counts entries and bytes against the limits.
struct Budget {
    entries: usize,
    bytes: u64,
    limits: &'static Limits,
}

impl Budget {
    fn new(limits: &'static Limits) -> Budget {
        Budget {
            entries: limits.entries,
            bytes: limits.unpacked,
            limits,
        }
    }

    fn take(&mut self, bytes: u64) -> Result<(), Refused> {
        self.entries = self
            .entries
            .checked_sub(1)
            .ok_or(Refused::TooLarge(self.limits.too_many))?;
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or(Refused::TooLarge(self.limits.too_large))?;
        Ok(())
    }
}
