//! Zip archives. Everything that the central directory declares is judged before a byte is unpacked.
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use ::zip::ZipArchive;
use ::zip::read::ZipReadOptions;

use super::{Budget, Entry, Limits, MAX_RATIO, Named, Refused, Visit, named, refuse_nested};

/// The end record: signature, disks, two counts, size and offset of the directory, length of a comment.
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const LONGEST_COMMENT: u64 = 65_535;
/// What stands before the end record of archives of more than 4 GiB or 65,535 entries.
const LOCATOR_64: &[u8] = b"PK\x06\x07";

/// Kinds of files in a Unix mode.
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;

/// An archive that keeps to the limits by its own account.
pub struct Zip {
    archive: ZipArchive<BufReader<File>>,
    limits: &'static Limits,
}

impl Zip {
    /// Reads the central directory.
    pub(in crate::media) fn open(mut file: File, limits: &'static Limits) -> Result<Zip, Refused> {
        check_end(&mut file, limits)?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|_| Refused::Unreadable)?;
        if archive.has_duplicate_names() {
            return Err(Refused::List("It holds a name twice".into()));
        }
        Ok(Zip { archive, limits })
    }

    /// Visits every regular file, after judging all.
    pub(in crate::media) fn walk(&mut self, visit: &mut Visit) -> Result<(), Refused> {
        let mut budget = Budget::new(self.limits);
        let mut files = Vec::new();
        for index in 0..self.archive.len() {
            let entry = self.archive.by_index_data(index);
            let entry = entry.map_err(|_| Refused::Unreadable)?;
            let name = named(entry.name_raw())?;
            let shown = || String::from_utf8_lossy(entry.name_raw()).into_owned();
            let kind = entry.unix_mode().unwrap_or_default() & KIND;
            if !matches!(kind, 0 | REGULAR | DIRECTORY) {
                return Err(Refused::Kind(shown(), "neither a file nor a directory"));
            }
            if entry.encrypted() {
                return Err(Refused::Kind(shown(), "encrypted"));
            }
            if entry.size() > entry.compressed_size().saturating_mul(MAX_RATIO) {
                return Err(Refused::TooLarge(
                    "something in it unpacks to over a hundred times its size",
                ));
            }
            budget.take(entry.size())?;
            if let Named::File(path) = name {
                if !self.limits.nested {
                    refuse_nested(&path)?;
                }
                files.push((index, path, entry.size()));
            }
        }
        for (index, path, size) in files {
            // Data that does not begin where the directory says, or an unknown method.
            let options = ZipReadOptions::new();
            let content = self.archive.by_index_with_options(index, options);
            let mut content = content.map_err(|_| Refused::Unreadable)?;
            visit(Entry {
                path,
                size,
                content: &mut content,
            })?;
        }
        Ok(())
    }
}

/// Looks at the end record by itself: the library makes room for as many entries as it declares.
fn check_end(file: &mut File, limits: &Limits) -> Result<(), Refused> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(LONGEST_COMMENT + END_BYTES as u64);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let mut ends = find(&tail, END);
    // Two readers could take two records for the true one.
    let (Some(at), None) = (ends.next(), ends.next()) else {
        return Err(Refused::Unreadable);
    };
    let record = tail.get(at..at + END_BYTES).ok_or(Refused::Unreadable)?;
    let number = |from: usize| u16::from_le_bytes([record[from], record[from + 1]]);
    let long = |from: usize| u64::from(number(from)) | u64::from(number(from + 2)) << 16;
    let (disk, entries, comment) = (number(4), number(10), number(20));
    if disk != 0 || at + END_BYTES + usize::from(comment) != tail.len() {
        return Err(Refused::Unreadable);
    }
    if usize::from(entries) > limits.entries || find(&tail[..at], LOCATOR_64).next().is_some() {
        return Err(Refused::TooLarge(limits.too_many));
    }
    if long(16) + long(12) != start + at as u64 {
        return Err(Refused::Unreadable);
    }
    Ok(())
}

fn find<'a>(bytes: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes.windows(what.len()).enumerate();
    windows
        .filter(move |(_, window)| *window == what)
        .map(|(at, _)| at)
}
