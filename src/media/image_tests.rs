//! Real pictures through the whole of [`Decoder::process`].
use std::time::{Duration, Instant};

use ::image::{Frame, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder};

use super::*;

/// Twice as wide as high; the left half is red, the right half blue.
fn red_and_blue(width: u32) -> RgbImage {
    RgbImage::from_fn(width, width / 2, |x, _| {
        if x < width / 2 {
            Rgb([255, 0, 0])
        } else {
            Rgb([0, 0, 255])
        }
    })
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A big-endian TIFF block with an orientation and a GPS directory holding "51/1".
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend_from_slice(&[0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend_from_slice(&[0, 0, 0, 0]);
    tiff.extend_from_slice(&[0, 1, 0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0, 0, 0, 0, 0]);
    [tiff, b"GPS 51.5007N 0.1246W".to_vec()].concat()
}

fn photo(width: u32, orientation: u8) -> Vec<u8> {
    let jpeg = encoded(red_and_blue(width), ImageFormat::Jpeg);
    let block = [b"Exif\0\0", &exif(orientation)[..]].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    [
        &jpeg[..2],
        &[0xFF, 0xE1],
        &length,
        &block,
        &jpeg[2..],
        b"GPS after the end",
    ]
    .concat()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle)
}

fn process(bytes: Vec<u8>) -> Result<Processed, Error> {
    Decoder::default().process(bytes)
}

fn pixel(bytes: &[u8], x: u32, y: u32) -> [u8; 3] {
    let image = ::image::load_from_memory(bytes).unwrap().to_rgb8();
    image
        .get_pixel(x, y)
        .0
        .map(|channel| if channel > 127 { 255 } else { 0 })
}

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

#[test]
fn sec_f6_a_photo_with_gps_is_served_turned_and_without_it() {
    let sent = photo(64, 6);
    assert!(
        contains(&sent, b"GPS") && contains(&sent, b"Exif"),
        "the sample has what must go"
    );
    let kept = process(sent).unwrap();
    assert!(!contains(&kept.bytes, b"Exif") && !contains(&kept.bytes, b"GPS"));
    assert_eq!((kept.kind.mime, kept.size), ("image/jpeg", Some((32, 64))));
    // Turned clockwise: what was left is now on top.
    assert_eq!(
        (pixel(&kept.bytes, 16, 4), pixel(&kept.bytes, 16, 60)),
        (RED, BLUE)
    );
}

#[test]
fn an_upright_photo_loses_its_metadata_but_no_quality() {
    let kept = process(photo(64, 1)).unwrap();
    assert!(!contains(&kept.bytes, b"Exif") && !contains(&kept.bytes, b"GPS"));
    assert_eq!(kept.bytes, encoded(red_and_blue(64), ImageFormat::Jpeg));
}

#[test]
fn turned_png_and_webp_keep_every_pixel() {
    for (format, place) in [(ImageFormat::Png, "png"), (ImageFormat::WebP, "webp")] {
        let kept = process(with_exif(encoded(red_and_blue(64), format), format)).unwrap();
        assert!(!contains(&kept.bytes, b"GPS"), "{place}");
        assert_eq!((kept.kind.extension, kept.size), (place, Some((32, 64))));
        assert_eq!(
            (pixel(&kept.bytes, 0, 31), pixel(&kept.bytes, 31, 32)),
            (RED, BLUE),
            "{place}"
        );
    }
}

/// Adds an EXIF chunk that asks for a quarter turn.
fn with_exif(file: Vec<u8>, format: ImageFormat) -> Vec<u8> {
    let exif = exif(6);
    if format == ImageFormat::Png {
        let mut chunk = [&(exif.len() as u32).to_be_bytes()[..], b"eXIf", &exif].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&chunk[4..]);
        chunk.extend_from_slice(&crc.sum().to_be_bytes());
        return [&file[..33], &chunk, &file[33..]].concat();
    }
    let extended = [b"VP8X\x0A\0\0\0", &[8, 0, 0, 0, 63, 0, 0, 31, 0, 0][..]].concat();
    let chunk = [b"EXIF", &(exif.len() as u32).to_le_bytes()[..], &exif].concat();
    let body = [b"WEBP", &extended[..], &file[12..], &chunk].concat();
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

#[test]
fn sec_f6_a_png_bomb_is_refused_from_its_header() {
    let mut bomb = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
    bomb.extend_from_slice(&30_000u32.to_be_bytes());
    bomb.extend_from_slice(&30_000u32.to_be_bytes());
    bomb.extend_from_slice(b"\x08\x06\0\0\0....");
    let start = Instant::now();
    let refused = process(bomb).unwrap_err();
    assert!(matches!(
        refused,
        Error::TooLarge {
            width: 30_000,
            height: 30_000,
            frames: 1
        }
    ));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn sec_f6_pixel_caps_hold_to_the_pixel() {
    let limits = |pixels| Limits {
        pixels,
        ..Limits::default()
    };
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let file = encoded(red_and_blue(64), format);
        assert_eq!(inspect(&file, &limits(64 * 32)).unwrap(), (64, 32));
        assert!(matches!(
            inspect(&file, &limits(64 * 32 - 1)),
            Err(Error::TooLarge { .. })
        ));
    }
}

fn gif(width: u16, frames: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let frame = Frame::new(RgbaImage::from_pixel(1, 1, Rgba([255, 0, 0, 255])));
    GifEncoder::new(&mut out)
        .encode_frames(vec![frame; frames])
        .unwrap();
    // The screen, unlike the frames, may claim any size.
    out[6..8].copy_from_slice(&width.to_le_bytes());
    out[8..10].copy_from_slice(&width.to_le_bytes());
    out
}

#[test]
fn sec_f6_moving_gifs_have_tighter_caps() {
    assert!(process(gif(960, 500)).is_ok());
    assert!(matches!(
        process(gif(8, 501)),
        Err(Error::TooLarge { frames: 501, .. })
    ));
    assert!(matches!(
        process(gif(961, 2)),
        Err(Error::TooLarge { width: 961, .. })
    ));
    assert!(
        process(gif(961, 1)).is_ok(),
        "a still one counts as a picture"
    );
}

#[test]
fn a_picture_too_large_to_decode_is_kept_upright_without_a_preview() {
    let decoder = Decoder::new(Limits {
        decode_bytes: 1000,
        ..Limits::default()
    });
    let kept = decoder.process(photo(64, 6)).unwrap();
    assert!(!contains(&kept.bytes, b"GPS"));
    assert_eq!((kept.size, kept.blurhash), (Some((32, 64)), None));
    let mut reread = ImageReader::with_format(Cursor::new(&kept.bytes), ImageFormat::Jpeg)
        .into_decoder()
        .unwrap();
    assert_eq!(reread.orientation().unwrap(), Orientation::Rotate90);
}

#[test]
fn only_pictures_larger_than_a_thumbnail_get_one() {
    let kept = process(encoded(red_and_blue(1600), ImageFormat::Jpeg)).unwrap();
    let thumbnail = kept.thumbnail.unwrap();
    assert_eq!(
        (thumbnail.width, thumbnail.height, thumbnail.kind.mime),
        (640, 320, "image/jpeg")
    );
    assert_eq!(
        (
            pixel(&thumbnail.bytes, 5, 5),
            pixel(&thumbnail.bytes, 635, 5)
        ),
        (RED, BLUE)
    );
    assert!(
        process(encoded(red_and_blue(640), ImageFormat::Png))
            .unwrap()
            .thumbnail
            .is_none()
    );
}

#[test]
fn a_transparent_picture_has_a_transparent_thumbnail() {
    let glass = RgbaImage::from_pixel(800, 800, Rgba([10, 20, 30, 40]));
    let thumbnail = process(encoded(glass, ImageFormat::Png))
        .unwrap()
        .thumbnail
        .unwrap();
    assert_eq!(thumbnail.kind.mime, "image/png");
    let alpha = ::image::load_from_memory(&thumbnail.bytes)
        .unwrap()
        .to_rgba8()
        .get_pixel(1, 1)
        .0[3];
    assert_eq!(alpha, 40);
}

#[test]
fn what_cannot_be_seen_does_not_shine_through_a_thumbnail() {
    // Black where nothing is to be seen, as most programs write it.
    let half = RgbaImage::from_fn(2000, 800, |x, _| match x % 2 {
        0 => Rgba([0, 0, 0, 0]),
        _ => Rgba([200, 100, 50, 255]),
    });
    let thumbnail = process(encoded(half, ImageFormat::Png)).unwrap().thumbnail;
    let thumbnail = ::image::load_from_memory(&thumbnail.unwrap().bytes).unwrap();
    let [red, green, blue, alpha] = thumbnail.to_rgba8().get_pixel(300, 100).0;
    assert!((50..206).contains(&alpha), "{alpha}");
    let near = |colour: u8, expected: u8| colour.abs_diff(expected) < 8;
    assert!(near(red, 200) && near(green, 100) && near(blue, 50));
}

#[test]
fn a_blurhash_shows_the_colours_where_they_are() {
    let hash = process(photo(1600, 1)).unwrap().blurhash.unwrap();
    let pixels = blurhash::decode(&hash, 20, 10, 1.0).unwrap();
    let at = |x: usize| &pixels[(5 * 20 + x) * 4..][..3];
    assert!(at(1)[0] > at(1)[2] && at(18)[2] > at(18)[0], "{hash}");
}

#[test]
fn colour_types_of_all_kinds_are_processed() {
    let wide = |image: DynamicImage| encoded(image, ImageFormat::Png);
    for file in [
        wide(DynamicImage::new_luma8(700, 10)),
        wide(DynamicImage::new_luma_a8(700, 10)),
        wide(DynamicImage::new_luma16(700, 10)),
        wide(DynamicImage::new_rgb16(700, 10)),
        wide(DynamicImage::new_rgba16(700, 10)),
        wide(DynamicImage::new_rgb8(1, 700)),
    ] {
        let kept = process(file).unwrap();
        assert!(kept.thumbnail.is_some() && kept.blurhash.is_some());
    }
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let png = encoded(red_and_blue(64), ImageFormat::Png);
    assert!(matches!(
        process(png[..png.len() / 2].to_vec()),
        Err(Error::Damaged)
    ));
    assert!(matches!(
        process(b"GIF89a/*<script>alert(1)</script>".to_vec()),
        Err(Error::Damaged)
    ));
    assert!(matches!(
        process(b"\xFF\xD8\xFF\xE0{\"type\":\"Note\"}".to_vec()),
        Err(Error::Damaged)
    ));
    for foreign in [
        "<html>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "<?xml version='1.0'?>",
        "alert(1)",
        "{}",
        "",
    ] {
        assert!(
            matches!(process(foreign.into()), Err(Error::UnknownType)),
            "{foreign}"
        );
    }
}

#[test]
fn a_panic_in_one_decode_does_not_stop_the_next() {
    let decoder = Decoder::default();
    let poisoned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _turn = decoder.turn.lock().unwrap();
        panic!("a decoder's bug");
    }));
    assert!(poisoned.is_err() && decoder.process(photo(64, 1)).is_ok());
}
