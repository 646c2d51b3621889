//! Metadata removal without touching pixels.
//!
//! Each format has a list of the parts that carry the picture; whatever is not on
//! it goes: EXIF, XMP, IPTC, comments, embedded previews, time stamps, vendor
//! extras and everything after the end of the image (where phones put a video).
//! Colour profiles stay. Every function answers `None` for a file it cannot walk.
use super::sniff::PNG_SIGNATURE;

/// PNG chunks that make up the picture, moving or not.
const PNG_CHUNKS: [&[u8; 4]; 20] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];
/// WebP chunks that make up the picture, moving or not.
const WEBP_CHUNKS: [&[u8; 4]; 7] = [
    b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP",
];
/// The bits of a `VP8X` header that announce EXIF and XMP chunks.
const WEBP_METADATA_FLAGS: u8 = 0x0C;
/// GIF application extensions that set the number of loops.
const GIF_LOOPS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// Reads a JPEG's markers, segments and scans in order.
struct JpegReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> JpegReader<'a> {
    /// The next marker, past fill bytes and stray data.
    fn marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|&b| b == 0xFF)?;
            let code = *self.bytes.get(self.at + 1)?;
            self.at += if code == 0xFF { 1 } else { 2 };
            if !matches!(code, 0 | 1 | 0xD0..=0xD8 | 0xFF) {
                return Some(code);
            }
        }
    }

    /// The payload of the segment whose marker was just read.
    fn segment(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.get(self.at..)?.first_chunk::<2>()?;
        let end = self.at + usize::from(u16::from_be_bytes(*length));
        let payload = self.bytes.get(self.at + 2..end)?;
        self.at = end;
        Some(payload)
    }

    /// The entropy-coded data after a scan header, restart markers included.
    fn scan(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let is_marker = |w: &[u8]| w[0] == 0xFF && !matches!(w[1], 0 | 0xD0..=0xD7 | 0xFF);
        let length = rest.windows(2).position(is_marker).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }
}

/// A JPEG without metadata. `orientation` (2 to 8) leaves a bare EXIF block with that
/// one tag, for pictures too large to be turned.
pub fn jpeg(bytes: &[u8], orientation: Option<u8>) -> Option<Vec<u8>> {
    let mut reader = JpegReader {
        bytes: bytes.strip_prefix(&[0xFF, SOI])?,
        at: 0,
    };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&[0xFF, SOI]);
    if let Some(value) = orientation {
        push_segment(&mut out, 0xE1, &bare_exif(value));
    }
    let mut scans = 0;
    while let Some(marker) = reader.marker() {
        if marker == EOI {
            break;
        }
        let Some(payload) = reader.segment() else {
            break;
        };
        if let Some(kept) = jpeg_payload(marker, payload) {
            push_segment(&mut out, marker, kept);
        }
        if marker == SOS {
            scans += 1;
            out.extend_from_slice(reader.scan());
        }
    }
    out.extend_from_slice(&[0xFF, EOI]);
    (scans > 0).then_some(out)
}

/// What stays of a segment: frame and table segments whole, JFIF without its preview,
/// colour profile and Adobe's colour transform (which decoders need).
fn jpeg_payload(marker: u8, payload: &[u8]) -> Option<&[u8]> {
    let kept = match marker {
        0xC0..=0xCF | SOS | 0xDB..=0xDD => true,
        0xE0 => return jfif_without_preview(payload),
        0xE2 => payload.starts_with(b"ICC_PROFILE\0"),
        0xEE => payload.starts_with(b"Adobe"),
        _ => false,
    };
    kept.then_some(payload)
}

/// JFIF's header when it has no preview; one that has is dropped, decoders do without.
fn jfif_without_preview(payload: &[u8]) -> Option<&[u8]> {
    (payload.starts_with(b"JFIF\0") && payload.len() == 14).then_some(payload)
}

fn push_segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length =
        u16::try_from(payload.len() + 2).expect("payloads come from segments with a 16-bit length");
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
}

/// An EXIF block with the orientation and nothing else.
fn bare_exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    exif
}

/// A PNG, still or animated, without metadata.
pub fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(PNG_SIGNATURE)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(PNG_SIGNATURE);
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let kind: &[u8; 4] = rest[4..].first_chunk()?;
        let (chunk, tail) = rest.split_at_checked(length.checked_add(12)?)?;
        if PNG_CHUNKS.contains(&kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(out);
        }
        rest = tail;
    }
}

/// A WebP, still or animated, without metadata.
pub fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WEBP" {
        return None;
    }
    let size = u32::from_le_bytes(*bytes[4..].first_chunk()?) as usize;
    let mut rest = bytes.get(12..bytes.len().min(size.checked_add(8)?))?;
    let mut out = bytes[..12].to_vec();
    while !rest.is_empty() {
        let kind: &[u8; 4] = rest.first_chunk()?;
        let length = u32::from_le_bytes(*rest[4..].first_chunk()?) as usize;
        let payload = rest.get(8..length.checked_add(8)?)?;
        if WEBP_CHUNKS.contains(&kind) {
            push_riff(&mut out, kind, payload);
        }
        rest = rest.get(8 + length + length % 2..).unwrap_or_default();
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}

/// Adds a chunk, padded to an even length.
fn push_riff(out: &mut Vec<u8>, kind: &[u8; 4], payload: &[u8]) {
    out.extend_from_slice(kind);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    let start = out.len();
    out.extend_from_slice(payload);
    if let (b"VP8X", Some(flags)) = (kind, out.get_mut(start)) {
        *flags &= !WEBP_METADATA_FLAGS;
    }
    if payload.len() % 2 == 1 {
        out.push(0);
    }
}

/// A GIF without comments and application data.
pub struct Gif {
    /// The cleaned file.
    pub bytes: Vec<u8>,
    /// How many pictures it holds.
    pub frames: usize,
}

/// Walks a GIF, counts its frames and drops comments, text and application data
/// (XMP hides there); the loop count stays.
pub fn gif(bytes: &[u8]) -> Option<Gif> {
    if !bytes.starts_with(b"GIF8") {
        return None;
    }
    let table = color_table(*bytes.get(10)?);
    let mut at = 13 + table;
    let mut out = bytes.get(..at)?.to_vec();
    let mut frames = 0;
    loop {
        let end = match *bytes.get(at)? {
            0x3B => break,
            0x21 => sub_blocks_end(bytes, at + 2)?,
            0x2C => {
                frames += 1;
                let table = color_table(*bytes.get(at + 9)?);
                sub_blocks_end(bytes, at + 11 + table)?
            }
            _ => return None,
        };
        if is_gif_picture(&bytes[at..end]) {
            out.extend_from_slice(&bytes[at..end]);
        }
        at = end;
    }
    out.push(0x3B);
    Some(Gif { bytes: out, frames })
}

/// Whether a block draws or times something.
fn is_gif_picture(block: &[u8]) -> bool {
    match *block {
        [0x2C, ..] | [0x21, 0xF9, ..] => true,
        [0x21, 0xFF, 11, ref rest @ ..] => GIF_LOOPS.iter().any(|name| rest.starts_with(name)),
        _ => false,
    }
}

/// The length of the colour table that a flag byte announces.
fn color_table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// The position after a chain of sub-blocks and its terminator.
fn sub_blocks_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contains(bytes: &[u8], needle: &[u8]) -> bool {
        bytes.windows(needle.len()).any(|w| w == needle)
    }

    #[test]
    fn a_jpeg_loses_everything_but_the_picture_even_between_and_after_scans() {
        let secret = b"\xFF\xE1\x00\x0DExif\0\0GPSxx";
        let comment = b"\xFF\xFE\x00\x06GPSy";
        let file = [
            b"\xFF\xD8\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0",
            &secret[..],
            b"\xFF\xE2\x00\x07MPF\0x",
            b"\xFF\xE2\x00\x0FICC_PROFILE\0x",
            b"\xFF\xDA\x00\x03s",
            b"\x01\xFF\x00\x02\xFF\xD0\x03",
            comment,
            secret,
            b"\xFF\xDA\x00\x03t",
            b"\x04\x05",
            b"\xFF\xD9",
            b"\0\0\0\x18ftypmp42 GPS of the motion photo",
        ]
        .concat();
        let expected = [
            &b"\xFF\xD8\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..],
            b"\xFF\xE2\x00\x0FICC_PROFILE\0x",
            b"\xFF\xDA\x00\x03s",
            b"\x01\xFF\x00\x02\xFF\xD0\x03",
            b"\xFF\xDA\x00\x03t",
            b"\x04\x05",
            b"\xFF\xD9",
        ]
        .concat();
        assert_eq!(jpeg(&file, None).unwrap(), expected);
        let turned = jpeg(&file, Some(6)).unwrap();
        assert!(contains(&turned, b"Exif") && !contains(&turned, b"GPS"));
        assert_eq!(jpeg(b"\xFF\xD8\xFF\xD9", None), None, "no picture in it");
    }

    #[test]
    fn a_png_keeps_only_picture_chunks_and_ends_at_its_end() {
        let chunk = |kind: &[u8; 4], data: &[u8]| {
            [&(data.len() as u32).to_be_bytes(), &kind[..], data, b"crc!"].concat()
        };
        let kept = [
            chunk(b"IHDR", b"x"),
            chunk(b"acTL", b"y"),
            chunk(b"IDAT", b"z"),
            chunk(b"IEND", b""),
        ];
        let secrets = [
            chunk(b"eXIf", b"GPS"),
            chunk(b"tEXt", b"GPS"),
            chunk(b"iTXt", b"GPS"),
            chunk(b"prVt", b"GPS"),
        ];
        let file = [
            PNG_SIGNATURE,
            &kept[0],
            &secrets.concat(),
            &kept[1..].concat(),
            b"GPS",
        ]
        .concat();
        assert_eq!(
            png(&file).unwrap(),
            [PNG_SIGNATURE, &kept.concat()].concat()
        );
        assert_eq!(png(&file[..file.len() - 8]), None, "cut off");
    }

    #[test]
    fn a_webp_loses_exif_and_xmp_and_the_flags_that_announce_them() {
        let chunk = |kind: &[u8; 4], data: &[u8]| {
            let mut out = Vec::new();
            push_riff(&mut out, kind, data);
            out
        };
        let mut announced = chunk(b"VP8X", &[0, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
        announced[8] = 0x1C;
        let body = [
            announced,
            chunk(b"VP8L", b"abc"),
            chunk(b"EXIF", b"GPS"),
            chunk(b"XMP ", b"GPS!"),
        ]
        .concat();
        let file = [
            b"RIFF",
            &(body.len() as u32 + 4).to_le_bytes()[..],
            b"WEBP",
            &body,
            b"GPS",
        ]
        .concat();
        let clean = webp(&file).unwrap();
        assert!(!contains(&clean, b"GPS") && contains(&clean, b"VP8L\x03\0\0\0abc\0"));
        assert_eq!(clean[20], 0x10);
        assert_eq!(
            clean.len() as u32 - 8,
            u32::from_le_bytes(*clean[4..].first_chunk().unwrap())
        );
    }

    #[test]
    fn a_gif_keeps_its_loop_count_but_no_comment_and_no_xmp() {
        let file = [
            &b"GIF89a\x01\0\x01\0\x80\0\0abcdef"[..],
            b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0",
            b"\x21\xFE\x03GPS\0",
            b"\x21\xFF\x0BXMP DataXMP\x03GPS\0",
            b"\x21\xF9\x04\0\0\0\0\0",
            b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0",
            b"\x2C\0\0\0\0\x01\0\x01\0\x80abcdef\x02\x02\x44\x01\0",
            b"\x3BGPS",
        ]
        .concat();
        let clean = gif(&file).unwrap();
        assert_eq!(clean.frames, 2);
        assert!(contains(&clean.bytes, b"NETSCAPE2.0") && !contains(&clean.bytes, b"GPS"));
        assert_eq!(clean.bytes.last(), Some(&0x3B));
        assert!(gif(&file[..40]).is_none());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic_and_stripping_twice_is_stripping_once(tail in prop::collection::vec(any::<u8>(), 0..300)) {
            let heads: [&[u8]; 5] = [b"\xFF\xD8", b"\xFF\xD8\xFF\xDA\x00\x03s", PNG_SIGNATURE, b"RIFF\xFF\0\0\0WEBP", b"GIF89a\x01\0\x01\0\0\0\0"];
            for head in heads {
                let file = [head, &tail].concat();
                let strip = |b: &[u8]| [jpeg(b, None), png(b), webp(b), gif(b).map(|g| g.bytes)];
                for (nth, once) in strip(&file).iter().enumerate() {
                    if let Some(once) = once {
                        let twice = strip(once)[nth].take();
                        prop_assert_eq!(twice.as_ref(), Some(once));
                    }
                }
            }
        }
    }
}
