//! Uploads made safe to keep: limits, metadata, orientation, preview and blurhash.
//!
//! The size of a picture is read from its header and judged before a pixel is
//! decoded, and decoding itself has a memory cap. Pictures are not re-encoded
//! unless their orientation has to be applied. AVIF, video and sound are never
//! decoded, only cleaned. Remote pictures pass through here too before they are kept.
use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use ::image::codecs::jpeg::JpegEncoder;
use ::image::codecs::png::PngEncoder;
use ::image::codecs::webp::WebPEncoder;
use ::image::imageops::{self, FilterType};
use ::image::metadata::Orientation;
use ::image::{
    ColorType, DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader,
    RgbaImage,
};

use super::sniff::{Format, Kind, sniff};
use super::{bmff, strip};

mod small;

pub use small::clean_small;

/// The most pixels of a picture: 7680 × 4320.
pub const MAX_PIXELS: u64 = 33_177_600;
/// The most memory decoding one picture may take.
pub const MAX_DECODE_BYTES: u64 = 64 * 1024 * 1024;
/// The most pixels of a moving GIF.
pub const MAX_GIF_PIXELS: u64 = 921_600;
/// The most frames of a GIF.
pub const MAX_GIF_FRAMES: usize = 500;
/// The longer side of a thumbnail.
pub const THUMBNAIL_SIDE: u32 = 640;

const JPEG_QUALITY: u8 = 90;
const THUMBNAIL_QUALITY: u8 = 80;
/// The longer side of the picture a blurhash is made from; more changes nothing visible.
const BLURHASH_SIDE: u32 = 32;

/// Why a file cannot be kept as media.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a format of the allow-list.
    #[error("This file type is not supported")]
    UnknownType,
    /// More pixels or frames than allowed.
    #[error("The image is too large: {width}x{height} pixels, {frames} frames")]
    TooLarge {
        /// Width in pixels as the file declares it.
        width: u32,
        /// Height in pixels as the file declares it.
        height: u32,
        /// Number of pictures.
        frames: usize,
    },
    /// The file does not hold what its first bytes promise.
    #[error("The file is damaged")]
    Damaged,
}

/// Bounds for one picture. The defaults are the hard caps; settings may lower them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most pixels.
    pub pixels: u64,
    /// The most bytes decoding may allocate. A picture above this, yet within
    /// `pixels`, is kept without preview and blurhash.
    pub decode_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pixels: MAX_PIXELS,
            decode_bytes: MAX_DECODE_BYTES,
        }
    }
}

/// A smaller still version of a picture.
#[derive(Debug)]
pub struct Thumbnail {
    /// The encoded picture.
    pub bytes: Vec<u8>,
    /// JPEG, or PNG where the picture is transparent.
    pub kind: Kind,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A file ready to be stored and served.
#[derive(Debug)]
pub struct Processed {
    /// The file without metadata.
    pub bytes: Vec<u8>,
    /// Its type, extension and class.
    pub kind: Kind,
    /// Width and height as shown, orientation applied; unknown for sound and most video.
    pub size: Option<(u32, u32)>,
    /// The blurhash, where the picture could be decoded.
    pub blurhash: Option<String>,
    /// A preview, where the picture is larger than one.
    pub thumbnail: Option<Thumbnail>,
}

/// Processes uploads, one picture at a time: on a small machine two decodes at
/// once could take all memory. The application owns exactly one.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: Limits,
    turn: Mutex<()>,
}

/// A decoded picture and what its file said about it.
struct Decoded {
    image: DynamicImage,
    icc: Option<Vec<u8>>,
}

impl Decoder {
    /// A decoder with these bounds.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            turn: Mutex::new(()),
        }
    }

    /// Judges, cleans and previews an upload. Takes its turn: callers must hold no
    /// database connection.
    pub fn process(&self, mut bytes: Vec<u8>) -> Result<Processed, Error> {
        let kind = sniff(&bytes).ok_or(Error::UnknownType)?;
        let Some(format) = decodable(kind.format) else {
            bmff::clean(&mut bytes, kind.format);
            let size = bmff::dimensions(&bytes, kind.format);
            return Ok(Processed {
                bytes,
                kind,
                size,
                blurhash: None,
                thumbnail: None,
            });
        };
        let size = inspect(&bytes, &self.limits)?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.picture(&bytes, kind, format, size)
    }

    fn picture(
        &self,
        bytes: &[u8],
        kind: Kind,
        format: ImageFormat,
        size: (u32, u32),
    ) -> Result<Processed, Error> {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(self.decode_limits());
        let mut decoder = match reader.into_decoder() {
            Err(ImageError::Limits(_)) => {
                return undecoded(bytes, kind, size, Orientation::NoTransforms);
            }
            other => other.map_err(|_| Error::Damaged)?,
        };
        let orientation = match decoder.orientation() {
            Ok(orientation) if is_still(kind.format, bytes) => orientation,
            _ => Orientation::NoTransforms,
        };
        match decode(decoder, self.decode_limits()) {
            Ok(decoded) => finish(bytes, kind, decoded, orientation),
            Err(ImageError::Limits(_)) => undecoded(bytes, kind, size, orientation),
            Err(_) => Err(Error::Damaged),
        }
    }

    fn decode_limits(&self) -> ::image::Limits {
        let mut limits = ::image::Limits::default();
        limits.max_alloc = Some(self.limits.decode_bytes);
        limits
    }
}

/// Reads the size of a jpeg, png, gif or webp from its header and refuses what is too
/// large, without decoding anything. Orientation is not applied.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<(u32, u32), Error> {
    let format = sniff(bytes).ok_or(Error::UnknownType)?.format;
    let (width, height) = dimensions(bytes, format)?;
    let frames = if format == Format::Gif {
        strip::gif(bytes).ok_or(Error::Damaged)?.frames
    } else {
        1
    };
    let pixels = u64::from(width) * u64::from(height);
    let most = if frames > 1 {
        limits.pixels.min(MAX_GIF_PIXELS)
    } else {
        limits.pixels
    };
    if pixels > most || frames > MAX_GIF_FRAMES {
        return Err(Error::TooLarge {
            width,
            height,
            frames,
        });
    }
    if pixels == 0 || frames == 0 {
        return Err(Error::Damaged);
    }
    Ok((width, height))
}

/// The size a header declares. PNG's is read by hand: the library first wants to see
/// image data, which a header sent as a bomb does not have.
fn dimensions(bytes: &[u8], format: Format) -> Result<(u32, u32), Error> {
    if matches!(format, Format::Png | Format::Apng) {
        let number = |at| {
            bytes
                .get(at..)
                .and_then(|b: &[u8]| b.first_chunk())
                .map(|b| u32::from_be_bytes(*b))
        };
        return number(16).zip(number(20)).ok_or(Error::Damaged);
    }
    let format = decodable(format).ok_or(Error::UnknownType)?;
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.into_dimensions().map_err(|_| Error::Damaged)
}

/// The library's name of a format that has a decoder here.
fn decodable(format: Format) -> Option<ImageFormat> {
    match format {
        Format::Jpeg => Some(ImageFormat::Jpeg),
        Format::Png | Format::Apng => Some(ImageFormat::Png),
        Format::Gif => Some(ImageFormat::Gif),
        Format::WebP => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Whether turning the pixels would lose no animation.
fn is_still(format: Format, bytes: &[u8]) -> bool {
    match format {
        Format::Jpeg | Format::Png => true,
        // The animation flag of an extended WebP header.
        Format::WebP => {
            bytes.get(12..16) != Some(b"VP8X") || bytes.get(20).is_some_and(|flags| flags & 2 == 0)
        }
        _ => false,
    }
}

/// Decodes the first picture, the output counted against the memory cap.
fn decode(
    mut decoder: impl ImageDecoder,
    mut limits: ::image::Limits,
) -> Result<Decoded, ImageError> {
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let icc = decoder.icc_profile().unwrap_or(None);
    let image = DynamicImage::from_decoder(decoder)?;
    Ok(Decoded { image, icc })
}

/// The file without its metadata, pixels untouched.
fn stripped(bytes: &[u8], format: Format, orientation: Orientation) -> Result<Vec<u8>, Error> {
    let kept = match format {
        Format::Jpeg => strip::jpeg(bytes, Some(orientation.to_exif()).filter(|o| *o != 1)),
        Format::Png | Format::Apng => strip::png(bytes),
        Format::WebP => strip::webp(bytes),
        Format::Gif => strip::gif(bytes).map(|gif| gif.bytes),
        _ => None,
    };
    kept.ok_or(Error::Damaged)
}

/// A picture within the pixel limit, but too large to decode here.
fn undecoded(
    bytes: &[u8],
    kind: Kind,
    size: (u32, u32),
    orientation: Orientation,
) -> Result<Processed, Error> {
    let bytes = stripped(bytes, kind.format, orientation)?;
    let (width, height) = size;
    let size = if kind.format == Format::Jpeg && orientation.to_exif() >= 5 {
        (height, width)
    } else {
        size
    };
    Ok(Processed {
        bytes,
        kind,
        size: Some(size),
        blurhash: None,
        thumbnail: None,
    })
}

fn finish(
    bytes: &[u8],
    kind: Kind,
    decoded: Decoded,
    orientation: Orientation,
) -> Result<Processed, Error> {
    let Decoded { mut image, icc } = decoded;
    let bytes = if orientation == Orientation::NoTransforms {
        stripped(bytes, kind.format, orientation)?
    } else {
        image.apply_orientation(orientation);
        encode(&image, kind.format, JPEG_QUALITY, icc)?
    };
    let size = (image.width(), image.height());
    let small = fit(image, THUMBNAIL_SIDE);
    let blurhash = blurhash(&small.image);
    let thumbnail = if small.is_reduced {
        Some(thumbnail(&small.image)?)
    } else {
        None
    };
    Ok(Processed {
        bytes,
        kind,
        size: Some(size),
        blurhash,
        thumbnail,
    })
}

/// A picture made to fit a square.
struct Fitted {
    image: DynamicImage,
    is_reduced: bool,
}

/// Reduces a picture to at most `side` pixels each way; a smaller one stays as it is. A large one is averaged down to twice
/// the side, which is quick and needs no memory; the rest is resampled well.
fn fit(image: DynamicImage, side: u32) -> Fitted {
    let (width, height) = (image.width(), image.height());
    let longer = width.max(height);
    if longer <= side {
        return Fitted {
            image,
            is_reduced: false,
        };
    }
    let has_alpha = image.color().has_alpha();
    let mut near = if has_alpha {
        weighted(image.into_rgba8()).into()
    } else {
        image
    };
    if longer > 2 * side {
        near = near.thumbnail(2 * side, 2 * side);
    }
    let scaled =
        |length: u32| (u64::from(length) * u64::from(side) / u64::from(longer)).max(1) as u32;
    let filter = FilterType::CatmullRom;
    let small = imageops::resize(&near.into_rgba8(), scaled(width), scaled(height), filter);
    Fitted {
        image: if has_alpha { unweighted(small) } else { small }.into(),
        is_reduced: true,
    }
}

/// Colours by how opaque they are: when pixels are mixed, what cannot be seen must not shine through.
fn weighted(mut image: RgbaImage) -> RgbaImage {
    for pixel in image.pixels_mut() {
        let [.., alpha] = pixel.0;
        let weigh = |colour: u8| (u16::from(colour) * u16::from(alpha) / 255) as u8;
        pixel.0 = [
            weigh(pixel.0[0]),
            weigh(pixel.0[1]),
            weigh(pixel.0[2]),
            alpha,
        ];
    }
    image
}

/// Takes [`weighted`] back.
fn unweighted(mut image: RgbaImage) -> RgbaImage {
    for pixel in image.pixels_mut().filter(|pixel| pixel.0[3] > 0) {
        let [.., alpha] = pixel.0;
        let full = |colour: u8| (u16::from(colour) * 255 / u16::from(alpha)).min(255) as u8;
        pixel.0 = [full(pixel.0[0]), full(pixel.0[1]), full(pixel.0[2]), alpha];
    }
    image
}

/// The blurhash of 4 × 3 components.
fn blurhash(image: &DynamicImage) -> Option<String> {
    let tiny = fit(image.clone(), BLURHASH_SIDE).image.to_rgba8();
    blurhash::encode(4, 3, tiny.width(), tiny.height(), tiny.as_raw()).ok()
}

fn thumbnail(image: &DynamicImage) -> Result<Thumbnail, Error> {
    let is_transparent =
        image.color().has_alpha() && image.to_rgba8().pixels().any(|p| p.0[3] < 255);
    let format = if is_transparent {
        Format::Png
    } else {
        Format::Jpeg
    };
    let bytes = encode(image, format, THUMBNAIL_QUALITY, None)?;
    Ok(Thumbnail {
        bytes,
        kind: format.kind(),
        width: image.width(),
        height: image.height(),
    })
}

/// Writes a picture as jpeg, png or lossless webp.
fn encode(
    image: &DynamicImage,
    format: Format,
    quality: u8,
    icc: Option<Vec<u8>>,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let written = match format {
        Format::Png => write(PngEncoder::new(&mut out), image, icc),
        Format::WebP => write(
            WebPEncoder::new_lossless(&mut out),
            &eight_bit(image, true),
            icc,
        ),
        _ => write(
            JpegEncoder::new_with_quality(&mut out, quality),
            &eight_bit(image, false),
            icc,
        ),
    };
    written.map_err(|_| Error::Damaged)?;
    Ok(out)
}

fn write(
    mut encoder: impl ImageEncoder,
    image: &DynamicImage,
    icc: Option<Vec<u8>>,
) -> Result<(), ImageError> {
    let profile = icc.filter(|profile| fits_profile(profile, image.color()));
    if let Some(profile) = profile {
        // An encoder that cannot hold a profile leaves it out.
        let _ = encoder.set_icc_profile(profile);
    }
    image.write_with_encoder(encoder)
}

/// Whether a colour profile is meant for these pixels; a CMYK profile no longer is
/// once the decoder has made RGB of them.
fn fits_profile(profile: &[u8], color: ColorType) -> bool {
    let space: &[u8] = if color.has_color() { b"RGB " } else { b"GRAY" };
    profile.get(16..20) == Some(space)
}

/// The pixel types that JPEG and WebP can hold.
fn eight_bit(image: &DynamicImage, alpha: bool) -> DynamicImage {
    match (
        image.color().has_color(),
        alpha && image.color().has_alpha(),
    ) {
        (_, true) => image.to_rgba8().into(),
        (false, false) => image.to_luma8().into(),
        (true, false) => image.to_rgb8().into(),
    }
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
