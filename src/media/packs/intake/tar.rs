//! Tar archives under gzip: POSIX ustar, with GNU's and pax's long names. Sparse files and other rarities are refused.
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

use super::{
    Budget, Entry, MAX_RATIO, MAX_UNPACKED, Named, PACK, Refused, Visit, is_content, named,
    refuse_nested,
};

const BLOCK: usize = 512;
/// The most bytes of an extended header; a name takes a fraction of it.
const LONGEST_HEADER: u64 = 16 << 10;
/// What a name may take in such a header.
const LONGEST_NAME: u64 = 1 << 10;
/// What little archives may blow up to: a block is mostly zeroes.
const ALWAYS_ALLOWED: u64 = 1 << 20;

/// Visits every regular file, in the archive's order.
pub(super) fn walk(file: &mut File, visit: &mut Visit) -> Result<(), Refused> {
    file.seek(SeekFrom::Start(0))?;
    let packed = file.metadata()?.len();
    let most = (packed.saturating_mul(MAX_RATIO)).max(ALWAYS_ALLOWED);
    let overhead = super::MAX_ENTRIES as u64 * (4 * BLOCK as u64 + 2 * LONGEST_NAME);
    let unpacked = MultiGzDecoder::new(BufReader::new(file));
    let mut tar = unpacked.take(most.min(MAX_UNPACKED + overhead));
    walk_plain(&mut tar, visit)?;
    // The checksum is at the very end.
    std::io::copy(&mut tar, &mut std::io::sink()).map_err(broken)?;
    Ok(())
}

/// Visits every regular file of an archive that is not compressed.
pub(super) fn walk_plain(tar: &mut dyn Read, visit: &mut Visit) -> Result<(), Refused> {
    let mut budget = Budget::new(&PACK);
    let mut long_name: Option<Vec<u8>> = None;
    loop {
        let mut block = [0; BLOCK];
        fill(tar, &mut block)?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        check_sum(&block)?;
        let size = octal(&block[124..136]).ok_or(Refused::Unreadable)?;
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        match block[156] {
            b'L' => {
                let name = header(tar, size, padding)?;
                long_name = Some(until_nul(&name).to_owned());
            }
            b'x' => long_name = pax_path(&header(tar, size, padding)?)?.or(long_name),
            // Comments about the whole archive.
            b'g' => drop(header(tar, size, padding)?),
            kind => {
                // What only describes the next entry is none itself: some programs write one for every file.
                budget.take(size)?;
                let raw = long_name.take().unwrap_or_else(|| name_of(&block));
                file(tar, &raw, kind, size, visit)?;
                skip(tar, padding)?;
            }
        }
    }
}

/// One entry that is no header of another.
fn file(
    tar: &mut dyn Read,
    raw: &[u8],
    kind: u8,
    size: u64,
    visit: &mut Visit,
) -> Result<(), Refused> {
    let name = named(raw)?;
    let mut content = tar.take(size);
    match (kind, name) {
        (b'0' | 0 | b'7', Named::File(path)) => {
            refuse_nested(&path)?;
            visit(Entry {
                path,
                size,
                content: &mut content,
            })?;
        }
        (b'0' | 0 | b'7', _) | (b'5', _) => {}
        _ => {
            let shown = String::from_utf8_lossy(raw).into_owned();
            return Err(Refused::Kind(shown, "neither a file nor a directory"));
        }
    }
    // What the visitor left.
    let left = content.limit();
    skip(tar, left)
}

/// An extended header's content.
fn header(tar: &mut dyn Read, size: u64, padding: u64) -> Result<Vec<u8>, Refused> {
    if size > LONGEST_HEADER {
        return Err(Refused::Unreadable);
    }
    let mut content = vec![0; size as usize];
    fill(tar, &mut content)?;
    skip(tar, padding)?;
    Ok(content)
}

/// The `path` of a pax header: lines of `LENGTH KEY=VALUE`.
fn pax_path(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
    let mut path = None;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ');
        let space = space.ok_or(Refused::Unreadable)?;
        let digits = std::str::from_utf8(&rest[..space]).ok();
        let length: usize = digits
            .and_then(|digits| digits.parse().ok())
            .filter(|length| (space + 2..=rest.len()).contains(length))
            .ok_or(Refused::Unreadable)?;
        let line = &rest[space + 1..length - 1];
        if let Some(value) = line.strip_prefix(b"path=") {
            path = Some(value.to_owned());
        } else if line.starts_with(b"size=") || line.starts_with(b"GNU.sparse") {
            // The block's own size would then lie.
            return Err(Refused::Unreadable);
        }
        rest = &rest[length..];
    }
    Ok(path)
}

/// Name and, in the newer form, what comes before it.
fn name_of(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(&block[..100]);
    let prefix = match &block[257..263] {
        b"ustar\0" => until_nul(&block[345..500]),
        _ => b"",
    };
    match prefix {
        b"" => name.to_owned(),
        prefix => [prefix, b"/", name].concat(),
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

/// An octal number in ASCII, with blanks around it. Larger ones have another form, which nothing here needs.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(until_nul(field)).ok()?.trim();
    match text {
        "" => Some(0),
        text => u64::from_str_radix(text, 8).ok(),
    }
}

/// The sum of all bytes of the block, its own field taken for blanks.
fn check_sum(block: &[u8; BLOCK]) -> Result<(), Refused> {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    let expected = sum(&block[..148]) + 8 * u64::from(b' ') + sum(&block[156..]);
    if octal(&block[148..156]) == Some(expected) {
        Ok(())
    } else {
        Err(Refused::Unreadable)
    }
}

fn fill(tar: &mut dyn Read, buffer: &mut [u8]) -> Result<(), Refused> {
    tar.read_exact(buffer).map_err(broken)
}

fn skip(tar: &mut dyn Read, bytes: u64) -> Result<(), Refused> {
    let skipped = std::io::copy(&mut tar.take(bytes), &mut std::io::sink()).map_err(broken)?;
    if skipped == bytes {
        Ok(())
    } else {
        Err(Refused::Unreadable)
    }
}

fn broken(error: std::io::Error) -> Refused {
    if is_content(&error) {
        Refused::Unreadable
    } else {
        error.into()
    }
}
