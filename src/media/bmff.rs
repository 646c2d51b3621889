//! Metadata and sizes in ISO media files: AVIF, MP4, MOV, M4A.
//!
//! These files point into themselves by byte offsets, so nothing is cut out: what has
//! to go is overwritten with zeros where it lies, and its box becomes a `free` one.
//! Where cameras put a place: user data and metadata boxes of a movie and its tracks,
//! the EXIF and XMP items of an AVIF, and `uuid` boxes.
use std::ops::Range;

use super::sniff::Format;

/// The deepest nesting followed.
const MAX_DEPTH: usize = 4;
/// The most boxes side by side and the most pieces of items that are looked at: their
/// records can be so small that a hostile file would hold millions.
const MAX_PARTS: usize = 10_000;
/// The most pieces of items that are overwritten; a picture has one of EXIF, one of XMP.
const MAX_SECRETS: usize = 64;
/// EXIF with an empty directory, so that a strict reader finds nothing instead of an error.
const EMPTY_EXIF: &[u8] = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0";

/// A box: its type, where it begins and where its payload lies.
#[derive(Debug, Clone)]
struct Part {
    kind: [u8; 4],
    start: usize,
    payload: Range<usize>,
}

/// Blanks metadata in place. Other formats, and what cannot be walked, stay as they are.
pub fn clean(bytes: &mut [u8], format: Format) {
    if is_boxed(format) {
        clean_parts(bytes, 0..bytes.len(), 0);
    }
}

/// The size of an AVIF as shown, from the properties of its items; `None` for the others.
pub fn dimensions(bytes: &[u8], format: Format) -> Option<(u32, u32)> {
    if format != Format::Avif {
        return None;
    }
    let meta = child(bytes, 0..bytes.len(), b"meta")?;
    let items = child(bytes, after_version(meta.payload), b"iprp")?;
    let properties = parts(bytes, child(bytes, items.payload, b"ipco")?.payload);
    // The picture is the largest of the items; the rest are tiles, alpha and previews.
    let sizes = properties
        .iter()
        .filter(|p| &p.kind == b"ispe")
        .filter_map(|p| extent(bytes, p));
    let (width, height) = sizes.max_by_key(|(w, h)| u64::from(*w) * u64::from(*h))?;
    let turn = properties
        .iter()
        .find(|p| &p.kind == b"irot")
        .and_then(|p| bytes.get(p.payload.start));
    let is_on_its_side = turn.is_some_and(|turn| turn % 2 == 1);
    Some(if is_on_its_side {
        (height, width)
    } else {
        (width, height)
    })
}

fn is_boxed(format: Format) -> bool {
    matches!(
        format,
        Format::Avif | Format::Mp4 | Format::Mov | Format::M4a
    )
}

fn extent(bytes: &[u8], part: &Part) -> Option<(u32, u32)> {
    let mut at = part.payload.start + 4;
    Some((
        number(bytes, &mut at, 4)? as u32,
        number(bytes, &mut at, 4)? as u32,
    ))
}

fn clean_parts(bytes: &mut [u8], range: Range<usize>, depth: usize) {
    for part in parts(bytes, range) {
        match &part.kind {
            b"moov" | b"trak" | b"moof" | b"traf" if depth < MAX_DEPTH => {
                clean_parts(bytes, part.payload, depth + 1)
            }
            // At the top of a file this box lists an AVIF's items; in a movie it is metadata.
            b"meta" if depth == 0 => clean_items(bytes, after_version(part.payload)),
            b"udta" | b"uuid" | b"meta" => blank(bytes, &part),
            _ => {}
        }
    }
}

fn blank(bytes: &mut [u8], part: &Part) {
    bytes[part.start + 4..part.start + 8].copy_from_slice(b"free");
    bytes[part.payload.clone()].fill(0);
}

/// Overwrites the EXIF and XMP items that a `meta` box lists, and its own user data.
fn clean_items(bytes: &mut [u8], meta: Range<usize>) {
    for part in parts(bytes, meta.clone()) {
        if matches!(&part.kind, b"uuid" | b"udta" | b"ilst" | b"keys") {
            blank(bytes, &part);
        }
    }
    let secret =
        child(bytes, meta.clone(), b"iinf").and_then(|iinf| secret_items(bytes, iinf.payload));
    let secret = secret.unwrap_or_default();
    let stored = child(bytes, meta.clone(), b"idat").map(|idat| idat.payload);
    let found = child(bytes, meta, b"iloc").and_then(|iloc| locations(bytes, iloc.payload));
    let found = found.unwrap_or_default().into_iter();
    for location in found.filter(|l| secret.contains(&l.item)).take(MAX_SECRETS) {
        let within = if location.method == 0 {
            Some(0..bytes.len())
        } else {
            stored.clone()
        };
        let range = within.and_then(|within| place(within, location.offset, location.length));
        if let Some(place) = range.and_then(|range| bytes.get_mut(range)) {
            overwrite(place);
        }
    }
}

fn overwrite(place: &mut [u8]) {
    place.fill(0);
    if let Some(head) = place.get_mut(..EMPTY_EXIF.len()) {
        head.copy_from_slice(EMPTY_EXIF);
    }
}

/// The ids of the items that hold EXIF or, as a MIME type, XMP.
fn secret_items(bytes: &[u8], iinf: Range<usize>) -> Option<Vec<u64>> {
    let mut at = iinf.start;
    let version = number(bytes, &mut at, 4)? >> 24;
    number(bytes, &mut at, if version == 0 { 2 } else { 4 })?;
    let entries = parts(bytes, at..iinf.end);
    let ids = entries.iter().filter_map(|entry| {
        let mut at = entry.payload.start;
        let version = number(bytes, &mut at, 4)? >> 24;
        let id = number(bytes, &mut at, if version < 3 { 2 } else { 4 })?;
        let kind = bytes.get(at + 2..at + 6)?;
        matches!(kind, b"Exif" | b"mime").then_some(id)
    });
    Some(ids.take(MAX_SECRETS).collect())
}

/// Where a piece of an item lies.
struct Location {
    item: u64,
    /// 0: in the file, 1: in the `idat` box.
    method: u64,
    offset: u64,
    length: u64,
}

/// Reads an `iloc` box (ISO 14496-12, 8.11.3).
fn locations(bytes: &[u8], iloc: Range<usize>) -> Option<Vec<Location>> {
    let bytes = &bytes[..iloc.end];
    let mut at = iloc.start;
    let version = number(bytes, &mut at, 4)? >> 24;
    let sizes = number(bytes, &mut at, 2)? as usize;
    let [offset_size, length_size, base_size, index_size] =
        [12, 8, 4, 0].map(|shift| sizes >> shift & 15);
    let id_size = if version < 2 { 2 } else { 4 };
    let (method_size, index_size) = if version == 0 {
        (0, 0)
    } else {
        (2, index_size)
    };
    let mut found = Vec::new();
    for _ in 0..number(bytes, &mut at, id_size)? {
        let item = number(bytes, &mut at, id_size)?;
        let method = number(bytes, &mut at, method_size)? & 15;
        at += 2;
        let base = number(bytes, &mut at, base_size)?;
        for _ in 0..number(bytes, &mut at, 2)? {
            at += index_size;
            let offset = number(bytes, &mut at, offset_size)?.checked_add(base)?;
            let length = number(bytes, &mut at, length_size)?;
            found.push(Location {
                item,
                method,
                offset,
                length,
            });
            if found.len() > MAX_PARTS {
                return None;
            }
        }
    }
    Some(found)
}

/// A stretch of `within`; a length of zero means all the rest.
fn place(within: Range<usize>, offset: u64, length: u64) -> Option<Range<usize>> {
    let start = within.start.checked_add(usize::try_from(offset).ok()?)?;
    let length = usize::try_from(length).ok()?;
    let end = if length == 0 {
        within.end
    } else {
        start.checked_add(length)?
    };
    (start <= end && end <= within.end).then_some(start..end)
}

/// A big-endian number of `size` bytes (0 to 8); `at` moves past it.
fn number(bytes: &[u8], at: &mut usize, size: usize) -> Option<u64> {
    let digits = bytes
        .get(*at..at.checked_add(size)?)
        .filter(|_| size <= 8)?;
    *at += size;
    Some(
        digits
            .iter()
            .fold(0, |value, digit| value << 8 | u64::from(*digit)),
    )
}

/// A payload without the version and flags it begins with.
fn after_version(payload: Range<usize>) -> Range<usize> {
    payload.end.min(payload.start + 4)..payload.end
}

fn child(bytes: &[u8], range: Range<usize>, kind: &[u8; 4]) -> Option<Part> {
    parts(bytes, range)
        .into_iter()
        .find(|part| &part.kind == kind)
}

/// The boxes that lie side by side in a range, up to the first that cannot be.
fn parts(bytes: &[u8], range: Range<usize>) -> Vec<Part> {
    let mut found = Vec::new();
    let mut start = range.start;
    while let Some(part) = part(bytes, start, range.end).filter(|_| found.len() < MAX_PARTS) {
        start = part.payload.end;
        found.push(part);
    }
    found
}

fn part(bytes: &[u8], start: usize, end: usize) -> Option<Part> {
    let mut at = start;
    let size = number(bytes, &mut at, 4)?;
    let kind = *bytes.get(at..end)?.first_chunk()?;
    at += 4;
    let size = match size {
        0 => end - start,
        1 => usize::try_from(number(bytes, &mut at, 8)?).ok()?,
        size => size as usize,
    };
    let stop = start.checked_add(size)?;
    (at <= stop && stop <= end).then_some(Part {
        kind,
        start,
        payload: at..stop,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let payload = parts.concat();
        [
            &(payload.len() as u32 + 8).to_be_bytes()[..],
            kind,
            &payload,
        ]
        .concat()
    }

    fn contains(bytes: &[u8], needle: &[u8]) -> bool {
        bytes.windows(needle.len()).any(|w| w == needle)
    }

    /// A movie with a place in each of its corners.
    fn movie() -> Vec<u8> {
        let place = boxed(
            b"udta",
            &[&boxed(b"\xA9xyz", &[b"\0\x12\x15\xC7+51.5-000.1/"])],
        );
        let keys = boxed(b"meta", &[&boxed(b"hdlr", &[b"mdta+51.5"])]);
        let track = boxed(b"trak", &[&boxed(b"tkhd", &[b"track header"]), &place]);
        let movie = boxed(
            b"moov",
            &[&boxed(b"mvhd", &[b"movie header"]), &track, &place, &keys],
        );
        let head = boxed(b"ftyp", &[b"mp42\0\0\0\0isom"]);
        [
            head,
            boxed(b"uuid", &[b"0123456789abcdef+51.5"]),
            boxed(b"mdat", &[b"samples"]),
            movie,
        ]
        .concat()
    }

    /// An AVIF with EXIF in the media data and XMP in the box of its own, `version` of `iloc`.
    fn avif(version: u8) -> Vec<u8> {
        let item =
            |id: u8, kind: &[u8; 4]| boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, b"\0"]);
        let build = |base: u32| {
            let entry = |id: u8, method: u8, offset: u32, length: u8| {
                let method = if version == 0 {
                    vec![]
                } else {
                    vec![0, method]
                };
                [
                    &[0, id][..],
                    &method,
                    &[0, 0, 0, 1],
                    &offset.to_be_bytes(),
                    &[0, 0, 0, length],
                ]
                .concat()
            };
            let iloc = [
                entry(1, 0, base, 7),
                entry(2, 0, base + 7, 24),
                entry(
                    3,
                    u8::from(version > 0),
                    if version > 0 { 0 } else { base + 31 },
                    9,
                ),
            ]
            .concat();
            let sizes = boxed(b"ispe", &[&[0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0]]);
            let small = boxed(b"ispe", &[&[0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9]]);
            let meta = boxed(
                b"meta",
                &[
                    &[0; 4],
                    &boxed(
                        b"iinf",
                        &[
                            &[0, 0, 0, 0, 0, 3],
                            &item(1, b"av01"),
                            &item(2, b"Exif"),
                            &item(3, b"mime"),
                        ],
                    ),
                    &boxed(b"iloc", &[&[version, 0, 0, 0, 0x44, 0, 0, 3], &iloc]),
                    &boxed(
                        b"iprp",
                        &[&boxed(b"ipco", &[&small, &sizes, &boxed(b"irot", &[&[1]])])],
                    ),
                    &boxed(b"idat", &[b"xmp+51.5 "]),
                ],
            );
            let head = [boxed(b"ftyp", &[b"avif\0\0\0\0avif"]), meta].concat();
            let length = head.len() as u32 + 8;
            let data = boxed(
                b"mdat",
                &[b"picture", b"\0\0\0\0MM\0*GPS at 51.5 north", b"xmp+51.5 "],
            );
            ([head, data].concat(), length)
        };
        build(build(0).1).0
    }

    #[test]
    fn sec_f6_a_movie_loses_its_places_and_keeps_its_layout() {
        let sent = movie();
        let mut kept = sent.clone();
        clean(&mut kept, Format::Mp4);
        assert!(contains(&sent, b"51.5") && !contains(&kept, b"51.5"));
        assert_eq!(kept.len(), sent.len());
        for stays in [
            &b"ftypmp42"[..],
            b"samples",
            b"track header",
            b"movie header",
        ] {
            assert_eq!(find(&kept, stays), find(&sent, stays));
        }
    }

    fn find(bytes: &[u8], needle: &[u8]) -> usize {
        bytes
            .windows(needle.len())
            .position(|w| w == needle)
            .unwrap()
    }

    #[test]
    fn sec_f6_an_avif_loses_exif_and_xmp_but_not_its_picture() {
        for version in [0, 1] {
            let sent = avif(version);
            let mut kept = sent.clone();
            clean(&mut kept, Format::Avif);
            assert!(contains(&sent, b"GPS") && !contains(&kept, b"GPS"));
            let left = kept.windows(4).filter(|w| w == b"51.5").count();
            // One of the two XMP texts belongs to no item and is there to prove the aim.
            assert_eq!(left, 1, "version {version}");
            assert_eq!(find(&kept, b"picture"), find(&sent, b"picture"));
        }
    }

    #[test]
    fn an_avif_is_as_large_as_its_largest_item_turned() {
        assert_eq!(dimensions(&avif(0), Format::Avif), Some((256, 512)));
        assert_eq!(dimensions(&movie(), Format::Mp4), None);
    }

    #[test]
    fn sec_f6_endless_item_lists_are_given_up_quickly() {
        let empty = [0, 1, 0, 0, 0xFF, 0xFF].repeat(60_000);
        let iloc = boxed(b"iloc", &[&[0, 0, 0, 0, 0, 0, 0xFF, 0xFF], &empty]);
        let kinds = boxed(b"infe", &[b"\x02\0\0\0\0\x01\0\0Exif\0"]);
        let meta = boxed(
            b"meta",
            &[
                &[0; 4],
                &boxed(b"iinf", &[&[0, 0, 0, 0, 0, 1], &kinds]),
                &iloc,
            ],
        );
        let start = std::time::Instant::now();
        clean(
            &mut [boxed(b"ftyp", &[b"avif"]), meta].concat(),
            Format::Avif,
        );
        assert!(start.elapsed().as_secs() < 5);
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic_nor_change_length(at in 0usize..600, value: u8, cut in 0usize..600) {
            for mut file in [movie(), avif(0), avif(1)] {
                let (at, cut) = (at % file.len(), cut % file.len());
                file[at] = value;
                file.truncate(file.len() - cut);
                let length = file.len();
                dimensions(&file, Format::Avif);
                clean(&mut file, Format::Avif);
                prop_assert_eq!(file.len(), length);
            }
        }
    }
}
