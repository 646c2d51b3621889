//! Small pictures, made safe to keep from their headers alone: a pack brings a thousand of them at once.
use std::io::Cursor;

use ::image::metadata::Orientation;
use ::image::{ImageDecoder, ImageFormat, ImageReader};

use super::{Error, Limits, inspect, stripped};
use crate::media::bmff;
use crate::media::sniff::{Class, Format, Kind, sniff};

/// A small picture, such as an emoji, made safe to keep without decoding it: still a picture
/// of the allow-list, no side longer than `side`, no metadata.
pub fn clean_small(bytes: &[u8], side: u32) -> Result<(Vec<u8>, Kind), Error> {
    let kind = sniff(bytes)
        .filter(|kind| kind.class == Class::Image)
        .ok_or(Error::UnknownType)?;
    let limits = Limits {
        pixels: u64::from(side) * u64::from(side),
        ..Limits::default()
    };
    let (width, height, cleaned) = if kind.format == Format::Avif {
        let mut cleaned = bytes.to_vec();
        bmff::clean(&mut cleaned, kind.format);
        let size = bmff::dimensions(&cleaned, kind.format).ok_or(Error::Damaged)?;
        (size.0, size.1, cleaned)
    } else {
        let (width, height) = inspect(bytes, &limits)?;
        let turned = orientation(bytes, kind.format);
        (width, height, stripped(bytes, kind.format, turned)?)
    };
    if width.max(height) > side {
        return Err(Error::TooLarge {
            width,
            height,
            frames: 1,
        });
    }
    Ok((cleaned, kind))
}

/// How a JPEG wants to be turned; cameras write no other format.
fn orientation(bytes: &[u8], format: Format) -> Orientation {
    if format != Format::Jpeg {
        return Orientation::NoTransforms;
    }
    ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg)
        .into_decoder()
        .and_then(|mut decoder| decoder.orientation())
        .unwrap_or(Orientation::NoTransforms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{DynamicImage, Rgb, RgbImage};

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let image = RgbImage::from_pixel(width, height, Rgb([9, 9, 9]));
        let mut out = Cursor::new(Vec::new());
        DynamicImage::from(image)
            .write_to(&mut out, format)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn a_small_picture_is_kept_as_it_is() {
        for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Jpeg] {
            let bytes = picture(512, 4, format);
            let (kept, kind) = clean_small(&bytes, 512).unwrap();
            assert_eq!(kind.class, Class::Image);
            assert!(kept.len() <= bytes.len() && sniff(&kept) == Some(kind));
        }
    }

    #[test]
    fn sec_f6_a_picture_with_a_side_above_the_limit_is_refused() {
        for (width, height) in [(513, 1), (1, 513), (513, 513)] {
            let wide = picture(width, height, ImageFormat::Png);
            let refused = clean_small(&wide, 512);
            assert!(
                matches!(refused, Err(Error::TooLarge { .. })),
                "{width}x{height}"
            );
        }
    }

    #[test]
    fn sec_f6_metadata_of_small_pictures_goes() {
        let plain = picture(2, 2, ImageFormat::Png);
        let end = plain.len() - 12;
        let chunk = [&b"\0\0\0\x09tEXtGPS\0here!"[..], b"\0\0\0\0"].concat();
        let told = [&plain[..end], &chunk, &plain[end..]].concat();
        assert_eq!(clean_small(&told, 512).unwrap().0, plain);
    }

    #[test]
    fn sec_f5_what_is_no_picture_is_refused() {
        for bytes in [
            &b"<svg xmlns=\"http://www.w3.org/2000/svg\">"[..],
            b"PK\x03\x04",
            b"%!PS-Adobe-3.0 EPSF-3.0",
            b"OggS",
            b"",
        ] {
            assert!(matches!(clean_small(bytes, 512), Err(Error::UnknownType)));
        }
        assert!(matches!(
            clean_small(b"\x89PNG\r\n\x1A\n", 512),
            Err(Error::Damaged)
        ));
    }
}
