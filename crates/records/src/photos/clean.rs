//! Cleans a photo: made upright, made small, and written anew, so that no EXIF and no place stays in it.

use std::io::Cursor;

use domain::canonical::Digest;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

/// The most bytes that a photo comes in: 12 MiB.
pub const MOST_BYTES: usize = 12 * 1024 * 1024;

/// The most pixels that are decoded: 40 million.
const MOST_PIXELS: u64 = 40_000_000;

/// The most memory that decoding takes.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

/// The longer side of what is kept, in pixels.
const LONGER_SIDE: u32 = 1600;

/// The quality of the JPEG that is kept, of 100.
const QUALITY: u8 = 80;

/// A photo as it is kept: a JPEG with nothing but its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The JPEG.
    pub bytes: Vec<u8>,
    /// In pixels, upright.
    pub width: u32,
    /// In pixels, upright.
    pub height: u32,
    /// The SHA-256 of the bytes.
    pub hash: Digest,
}

/// Why bytes are not kept as a photo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoProblem {
    /// Too many bytes.
    #[error("照片超过 12 MB，请调小后再上传")]
    TooBig,
    /// Too many pixels.
    #[error("照片超过 4000 万像素，请调小后再上传")]
    TooManyPixels,
    /// Not what the sender named.
    #[error("照片在传输中损坏，请重新上传")]
    Damaged,
    /// No photo, or one that cannot be read.
    #[error("这不是能读取的照片，请用 JPEG、PNG 或 WebP 格式")]
    Unreadable,
}

/// Cleans a photo: upright by its EXIF, the longer side at most 1600 pixels, written anew as JPEG. The same bytes give
/// the same photo.
///
/// # Errors
/// Too many bytes or pixels, and what is no photo.
pub fn clean(bytes: &[u8]) -> Result<Cleaned, PhotoProblem> {
    if bytes.len() > MOST_BYTES {
        return Err(PhotoProblem::TooBig);
    }
    let mut image = decode(bytes)?;
    if image.width().max(image.height()) > LONGER_SIDE {
        image = image.thumbnail(LONGER_SIDE, LONGER_SIDE);
    }
    let picture = image.to_rgb8();
    let mut written = Vec::new();
    JpegEncoder::new_with_quality(&mut written, QUALITY)
        .encode_image(&picture)
        .map_err(|_| PhotoProblem::Unreadable)?;
    let hash = Digest::of(&written);
    Ok(Cleaned { bytes: written, width: picture.width(), height: picture.height(), hash })
}

/// The picture, upright. Its size is read before its pixels, so that a small file cannot fill the memory.
fn decode(bytes: &[u8]) -> Result<DynamicImage, PhotoProblem> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| PhotoProblem::Unreadable)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PhotoProblem::TooManyPixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn problem(error: ImageError) -> PhotoProblem {
    match error {
        ImageError::Limits(_) => PhotoProblem::TooManyPixels,
        _ => PhotoProblem::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// A JPEG of a size, red above and blue below.
    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |_, y| {
            if y < height / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }
        });
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&picture).expect("a JPEG");
        bytes
    }

    /// The JPEG with a segment after its first marker that says how it was held, and a place.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
        // One entry: tag 0x0112, a short, once; then no further directory.
        exif.extend([0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"GPS 24.35N 114.13E");
        let length = u16::try_from(exif.len() + 2).expect("a short segment").to_be_bytes();
        [&jpeg[..2], [0xFF, 0xE1].as_slice(), length.as_slice(), exif.as_slice(), &jpeg[2..]].concat()
    }

    fn contains(bytes: &[u8], words: &[u8]) -> bool {
        bytes.windows(words.len()).any(|window| window == words)
    }

    #[test]
    fn nothing_that_the_phone_wrote_stays() {
        let sent = with_exif(&jpeg(40, 20), 1);
        assert!(contains(&sent, b"Exif") && contains(&sent, b"GPS"));
        let cleaned = clean(&sent).expect("a photo");
        assert!(!contains(&cleaned.bytes, b"Exif") && !contains(&cleaned.bytes, b"GPS"));
        assert_eq!((cleaned.width, cleaned.height), (40, 20));
        assert_eq!(cleaned.hash, Digest::of(&cleaned.bytes));
        assert_eq!(clean(&sent), Ok(cleaned));
    }

    #[test]
    fn a_photo_held_sideways_is_turned_upright() {
        let cleaned = clean(&with_exif(&jpeg(40, 20), 6)).expect("a photo");
        assert_eq!((cleaned.width, cleaned.height), (20, 40));
        let upright = image::load_from_memory(&cleaned.bytes).expect("a picture").to_rgb8();
        // What was above is at the right.
        let (left, right) = (upright.get_pixel(2, 20), upright.get_pixel(17, 20));
        assert!(left.0[2] > 150 && right.0[0] > 150, "{left:?} {right:?}");
    }

    #[test]
    fn a_large_photo_is_made_small() {
        let cleaned = clean(&jpeg(3200, 800)).expect("a photo");
        assert_eq!((cleaned.width, cleaned.height), (1600, 400));
    }

    #[test]
    fn what_is_no_photo_is_refused() {
        assert_eq!(clean(b"rubbish"), Err(PhotoProblem::Unreadable));
        assert_eq!(clean(b""), Err(PhotoProblem::Unreadable));
        assert_eq!(clean(&jpeg(40, 20)[..60]), Err(PhotoProblem::Unreadable));
        assert_eq!(clean(&vec![0; MOST_BYTES + 1]), Err(PhotoProblem::TooBig));
    }
}
