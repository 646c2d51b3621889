//! What a file is, judged by its first bytes alone.
//!
//! Neither the name nor the declared type of an upload counts. What is not on the
//! allow-list has no [`Kind`] and may only be served as an opaque download.
//! A polyglot is what its leading bytes say.

/// A format kenoma stores and serves under its own type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// A still PNG.
    Png,
    /// An animated PNG.
    Apng,
    /// GIF, still or animated.
    Gif,
    /// WebP, still or animated.
    WebP,
    /// AVIF, still or animated.
    Avif,
    /// MPEG-4 video.
    Mp4,
    /// QuickTime video.
    Mov,
    /// WebM.
    WebM,
    /// Ogg with a video stream.
    OggVideo,
    /// Ogg with Vorbis, Opus, FLAC or Speex.
    OggAudio,
    /// MPEG layer III audio.
    Mp3,
    /// FLAC.
    Flac,
    /// WAVE.
    Wav,
    /// MPEG-4 audio.
    M4a,
}

/// How clients show a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A picture, moving or not.
    Image,
    /// A video.
    Video,
    /// Sound alone.
    Audio,
}

impl Class {
    /// The `type` of a media attachment in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Image => "image",
            Class::Video => "video",
            Class::Audio => "audio",
        }
    }
}

/// A recognised file type, with what is stored and served for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The exact format.
    pub format: Format,
    /// The content type it is served with.
    pub mime: &'static str,
    /// The extension it is stored under, without the dot.
    pub extension: &'static str,
    /// How clients show it.
    pub class: Class,
}

impl Format {
    /// Every format of the allow-list.
    pub const ALL: [Format; 15] = [
        Format::Jpeg,
        Format::Png,
        Format::Apng,
        Format::Gif,
        Format::WebP,
        Format::Avif,
        Format::Mp4,
        Format::Mov,
        Format::WebM,
        Format::OggVideo,
        Format::OggAudio,
        Format::Mp3,
        Format::Flac,
        Format::Wav,
        Format::M4a,
    ];

    /// The type and extension of the format. An animated PNG is served as
    /// `image/png`: other servers refuse `image/apng`, and viewers need no hint.
    pub const fn kind(self) -> Kind {
        let (mime, extension, class) = match self {
            Format::Jpeg => ("image/jpeg", "jpg", Class::Image),
            Format::Png | Format::Apng => ("image/png", "png", Class::Image),
            Format::Gif => ("image/gif", "gif", Class::Image),
            Format::WebP => ("image/webp", "webp", Class::Image),
            Format::Avif => ("image/avif", "avif", Class::Image),
            Format::Mp4 => ("video/mp4", "mp4", Class::Video),
            Format::Mov => ("video/quicktime", "mov", Class::Video),
            Format::WebM => ("video/webm", "webm", Class::Video),
            Format::OggVideo => ("video/ogg", "ogv", Class::Video),
            Format::OggAudio => ("audio/ogg", "ogg", Class::Audio),
            Format::Mp3 => ("audio/mpeg", "mp3", Class::Audio),
            Format::Flac => ("audio/flac", "flac", Class::Audio),
            Format::Wav => ("audio/wav", "wav", Class::Audio),
            Format::M4a => ("audio/mp4", "m4a", Class::Audio),
        };
        Kind {
            format: self,
            mime,
            extension,
            class,
        }
    }
}

/// Recognises a file by its beginning; `None` for all that is not on the allow-list.
/// The first 8 KiB suffice; only an animated PNG may need more to be told from a still one.
pub fn sniff(head: &[u8]) -> Option<Kind> {
    image(head)
        .or_else(|| container(head))
        .or_else(|| audio(head))
        .map(Format::kind)
}

fn image(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"\xFF\xD8\xFF") {
        Some(Format::Jpeg)
    } else if head.starts_with(PNG_SIGNATURE) {
        Some(if is_animated_png(head) {
            Format::Apng
        } else {
            Format::Png
        })
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        Some(Format::Gif)
    } else if head.starts_with(b"RIFF") && head.get(8..12)? == b"WEBP" {
        Some(Format::WebP)
    } else {
        None
    }
}

/// The eight bytes every PNG begins with.
pub(super) const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";

/// An animation control chunk before the image data makes a PNG an animated one.
fn is_animated_png(head: &[u8]) -> bool {
    let mut rest = &head[PNG_SIGNATURE.len()..];
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        match tail.get(..4) {
            Some(b"acTL") => return true,
            None | Some(b"IDAT") => return false,
            _ => {}
        }
        let next = (u32::from_be_bytes(*length) as usize).saturating_add(12);
        rest = rest.get(next..).unwrap_or_default();
    }
    false
}

/// The boxed formats: ISO media files, Matroska's WebM and Ogg.
fn container(head: &[u8]) -> Option<Format> {
    if head.get(4..8) == Some(b"ftyp") {
        iso_media(head)
    } else if head.starts_with(b"\x1A\x45\xDF\xA3") {
        // DocType element: id 0x4282, length 4.
        let start = &head[..head.len().min(512)];
        start
            .windows(7)
            .any(|w| w == b"\x42\x82\x84webm")
            .then_some(Format::WebM)
    } else if head.starts_with(b"OggS\0") {
        let segments = usize::from(*head.get(26)?);
        ogg(head.get(27 + segments..)?)
    } else {
        None
    }
}

/// The first packet of an Ogg file names its codec.
fn ogg(packet: &[u8]) -> Option<Format> {
    let is = |magic: &[u8]| packet.starts_with(magic);
    if is(b"\x80theora") || is(b"fishead\0") || is(b"BBCD\0") {
        Some(Format::OggVideo)
    } else if is(b"OpusHead") || is(b"\x01vorbis") || is(b"\x7FFLAC") || is(b"Speex   ") {
        Some(Format::OggAudio)
    } else {
        None
    }
}

/// The brands of the first box; the major one decides, the compatible ones only help
/// where the major one is generic.
fn iso_media(head: &[u8]) -> Option<Format> {
    let size = u32::from_be_bytes(*head.first_chunk()?) as usize;
    let brands = head.get(8..size.min(head.len()))?;
    let (major, compatible) = brands.split_first_chunk::<4>()?;
    let compatible = || compatible.get(4..).unwrap_or_default().chunks_exact(4);
    match major {
        b"avif" | b"avis" => Some(Format::Avif),
        b"mif1" | b"msf1" | b"miaf" => compatible()
            .any(|b| matches!(b, b"avif" | b"avis"))
            .then_some(Format::Avif),
        b"qt  " => Some(Format::Mov),
        b"M4A " | b"M4B " => Some(Format::M4a),
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"crx " => None,
        major if is_mp4(major) || compatible().any(is_mp4) => Some(Format::Mp4),
        _ => None,
    }
}

fn is_mp4(brand: &[u8]) -> bool {
    let known: [&[u8]; 10] = [
        b"mp41", b"mp42", b"avc1", b"isom", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"dash", b"mmp4",
    ];
    known.contains(&brand) || matches!(brand, [b'i', b's', b'o', b'2'..=b'9'])
}

fn audio(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"fLaC") {
        Some(Format::Flac)
    } else if head.starts_with(b"RIFF") && head.get(8..12)? == b"WAVE" {
        Some(Format::Wav)
    } else if is_mp3(head) {
        Some(Format::Mp3)
    } else {
        None
    }
}

/// An ID3v2 tag, or the header of a layer III frame with possible bit and sample rates.
fn is_mp3(head: &[u8]) -> bool {
    match *head {
        [b'I', b'D', b'3', 2..=4, ..] => true,
        [0xFF, sync, rates, ..] => {
            let version_known = sync & 0x18 != 0x08;
            let bit_rate_known = !matches!(rates >> 4, 0 | 15);
            sync & 0xE6 == 0xE2 && version_known && bit_rate_known && rates & 0x0C != 0x0C
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(head: &[u8]) -> Option<Format> {
        sniff(head).map(|kind| kind.format)
    }

    fn iso(major: &[u8; 4], compatible: &[&[u8; 4]]) -> Vec<u8> {
        let size = 16 + 4 * compatible.len() as u32;
        let mut head = [&size.to_be_bytes()[..], b"ftyp", major, b"\0\0\0\0"].concat();
        compatible
            .iter()
            .for_each(|brand| head.extend_from_slice(*brand));
        [&head[..], b"\0\0\0\x08mdat"].concat()
    }

    fn ogg(packet: &[u8]) -> Vec<u8> {
        [
            b"OggS\0\x02".as_slice(),
            &[0; 20],
            &[1, packet.len() as u8],
            packet,
        ]
        .concat()
    }

    #[test]
    fn every_format_of_the_allow_list_is_recognised() {
        let png = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR0123456789abc\x01\x02\x03\x04";
        let still = [&png[..], b"\0\0\0\x01IDATx...."].concat();
        let moving = [
            &png[..],
            b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0....\0\0\0\x01IDATx....",
        ]
        .concat();
        let webm =
            b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\x82\x84webm\x42\x87\x81\x04";
        let samples: Vec<(Vec<u8>, Format)> = vec![
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec(), Format::Jpeg),
            (still, Format::Png),
            (moving, Format::Apng),
            (b"GIF89a\x01\0\x01\0".to_vec(), Format::Gif),
            (b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), Format::WebP),
            (iso(b"avif", &[b"mif1", b"miaf"]), Format::Avif),
            (iso(b"mif1", &[b"miaf", b"avif"]), Format::Avif),
            (iso(b"mp42", &[b"isom"]), Format::Mp4),
            (iso(b"XAVC", &[b"mp42"]), Format::Mp4),
            (iso(b"qt  ", &[b"qt  "]), Format::Mov),
            (iso(b"M4A ", &[b"mp42", b"isom"]), Format::M4a),
            (webm.to_vec(), Format::WebM),
            (ogg(b"OpusHead\x01\x02"), Format::OggAudio),
            (ogg(b"\x80theora\x03"), Format::OggVideo),
            (b"ID3\x04\0\0".to_vec(), Format::Mp3),
            (b"\xFF\xFB\x90\x64".to_vec(), Format::Mp3),
            (b"\xFF\xF3\x84\xC4".to_vec(), Format::Mp3),
            (b"fLaC\0\0\0\x22".to_vec(), Format::Flac),
            (b"RIFF\x24\0\0\0WAVEfmt ".to_vec(), Format::Wav),
        ];
        for (head, expected) in &samples {
            assert_eq!(format(head), Some(*expected), "{head:?}");
        }
        for wanted in Format::ALL {
            assert!(
                samples.iter().any(|(_, format)| *format == wanted),
                "{wanted:?} has no sample"
            );
        }
    }

    #[test]
    fn sec_f3_active_and_foreign_types_are_not_recognised() {
        let refused: [&[u8]; 17] = [
            b"<!DOCTYPE html><html>",
            b"  <html><script>",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\">",
            b"<?xml version=\"1.0\"?><svg/>",
            b"{\"@context\":\"https://www.w3.org/ns/activitystreams\"}",
            b"alert(1)//GIF89a",
            b"%PDF-1.7 <html>",
            b"%!PS-Adobe-3.0 EPSF-3.0",
            b"push graphic-context\nviewbox 0 0 640 480",
            b"PK\x03\x04",
            b"\x7FELF\x02\x01",
            b"RIFF\x24\0\0\0AVI LIST",
            b"\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska",
            b"BM6\0\0\0",
            b"\xFF\xFF\xFF\xFF",
            b"\xFF\xF1\x50\x80",
            b"",
        ];
        for head in refused {
            assert_eq!(format(head), None, "{:?}", String::from_utf8_lossy(head));
        }
        assert_eq!(format(&iso(b"heic", &[b"mif1", b"heic"])), None);
    }

    #[test]
    fn sec_f3_a_polyglot_is_what_its_first_bytes_say() {
        assert_eq!(format(b"GIF89a/*<script>*/=alert(1)"), Some(Format::Gif));
        assert_eq!(
            format(b"\xFF\xD8\xFF\xE0{\"type\":\"Note\"}"),
            Some(Format::Jpeg)
        );
    }

    #[test]
    fn sec_f3_no_format_is_served_as_an_active_type() {
        for kind in Format::ALL.map(Format::kind) {
            let family = kind.mime.split('/').next().unwrap();
            assert_eq!(family, kind.class.as_str());
            assert!(!kind.mime.contains("svg") && !kind.mime.contains("xml"));
        }
    }

    #[test]
    fn cut_off_heads_do_not_panic() {
        for sample in [
            iso(b"mif1", &[b"avif"]),
            ogg(b"OpusHead"),
            b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(),
            b"\x89PNG\r\n\x1A\n\xFF\xFF\xFF\xFFIHDR".to_vec(),
        ] {
            for end in 0..sample.len() {
                let _ = sniff(&sample[..end]);
            }
        }
    }
}
