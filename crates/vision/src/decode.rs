//! From bytes somebody sent to an upright picture, or a clear reason why not.

use crate::jpeg;
use crate::picture::Picture;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder};
use std::io::Cursor;

/// What is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file.
    pub bytes_max: usize,
    /// Most pixels in the file, before shrinking: the largest phone cameras make 50 million.
    pub pixels_max: u64,
    /// Smallest side that can show anything.
    pub side_min: u32,
    /// The picture is shrunk so that its longer side is at most this.
    pub side_kept: u32,
}

impl Limits {
    /// What a photo of a document or a person may be.
    pub const USUAL: Self =
        Self { bytes_max: 10_000_000, pixels_max: 52_000_000, side_min: 200, side_kept: 2000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::USUAL
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Size {
    /// Left to right.
    pub width: u32,
    /// Top to bottom.
    pub height: u32,
}

/// An accepted photo.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Upright, shrunk, without metadata.
    pub picture: Picture,
    /// Its size as sent, upright.
    pub original: Size,
}

/// Why a file is not accepted. The words for people belong to whoever shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ImageError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// More bytes than allowed.
    #[error("the file is too large")]
    TooLarge,
    /// A PDF, whatever its name says.
    #[error("the file is a PDF, not a photo")]
    Pdf,
    /// The format of iPhones, which this program cannot read.
    #[error("the file is HEIC, which cannot be read here")]
    Heic,
    /// Not JPEG, PNG or WebP.
    #[error("the file is not a JPEG, PNG or WebP image")]
    NotAnImage,
    /// More than one frame.
    #[error("the image is animated")]
    Animated,
    /// More pixels than allowed: a decompression bomb or a panorama.
    #[error("the image has too many pixels")]
    TooManyPixels,
    /// Too few pixels to show anything.
    #[error("the image is too small")]
    TooSmall,
    /// The file ends before the image does.
    #[error("the file is cut off")]
    Truncated,
    /// It claims to be an image and cannot be read.
    #[error("the image is damaged")]
    Damaged,
}

impl ImageError {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Empty,
        Self::TooLarge,
        Self::Pdf,
        Self::Heic,
        Self::NotAnImage,
        Self::Animated,
        Self::TooManyPixels,
        Self::TooSmall,
        Self::Truncated,
        Self::Damaged,
    ];

    /// The one with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.code() == code)
    }

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::Pdf => "pdf",
            Self::Heic => "heic",
            Self::NotAnImage => "not_an_image",
            Self::Animated => "animated",
            Self::TooManyPixels => "too_many_pixels",
            Self::TooSmall => "too_small",
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
        }
    }
}

/// The formats that are read, told by their first bytes, never by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
    WebP,
}

/// Reads one still photo within `limits`.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, ImageError> {
    match format(bytes, limits)? {
        Format::Jpeg => read(jpeg(bytes)?, limits),
        Format::Png => read(png(bytes, limits)?, limits),
        Format::WebP => read(webp(bytes)?, limits),
    }
}

/// What can be told of a photo without its pixels: that it is one still picture of a format that is
/// read, within `limits`, and not cut off as far as its outline says. [`decode`] refuses the same
/// and more; it costs a hundred times as much.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), ImageError> {
    match format(bytes, limits)? {
        Format::Jpeg => is_within(&jpeg(bytes)?, limits),
        Format::Png => is_within(&png(bytes, limits)?, limits),
        Format::WebP => is_within(&webp(bytes)?, limits),
    }
}

fn format(bytes: &[u8], limits: &Limits) -> Result<Format, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    if bytes.len() > limits.bytes_max {
        return Err(ImageError::TooLarge);
    }
    format_of(bytes)
}

fn jpeg(bytes: &[u8]) -> Result<JpegDecoder<Cursor<&[u8]>>, ImageError> {
    if !jpeg::is_whole(bytes) {
        return Err(ImageError::Truncated);
    }
    JpegDecoder::new(Cursor::new(bytes)).map_err(failed)
}

fn png<'a>(bytes: &'a [u8], limits: &Limits) -> Result<PngDecoder<Cursor<&'a [u8]>>, ImageError> {
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), allowed(limits)).map_err(failed)?;
    let is_animated = decoder.is_apng().map_err(failed)?;
    if is_animated { Err(ImageError::Animated) } else { Ok(decoder) }
}

fn webp(bytes: &[u8]) -> Result<WebPDecoder<Cursor<&[u8]>>, ImageError> {
    if riff_size(bytes).is_none_or(|size| size > bytes.len()) {
        return Err(ImageError::Truncated);
    }
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    if decoder.has_animation() { Err(ImageError::Animated) } else { Ok(decoder) }
}

fn format_of(bytes: &[u8]) -> Result<Format, ImageError> {
    let is_at = |offset: usize, magic: &[u8]| {
        bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    };
    if is_at(0, b"\xff\xd8\xff") {
        return Ok(Format::Jpeg);
    }
    if is_at(0, b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if is_at(0, b"RIFF") && is_at(8, b"WEBP") {
        return Ok(Format::WebP);
    }
    if is_at(0, b"GIF8") {
        // Not accepted either way; the reason differs so that the advice fits.
        let is_moving = gif_frames(bytes) > 1;
        return Err(if is_moving { ImageError::Animated } else { ImageError::NotAnImage });
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Err(ImageError::Pdf);
    }
    let brands: [&[u8]; 6] = [b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"];
    if is_at(4, b"ftyp") && brands.iter().any(|brand| is_at(8, brand)) {
        return Err(ImageError::Heic);
    }
    Err(ImageError::NotAnImage)
}

/// How many frames a GIF announces: each has a graphic control extension of four bytes.
fn gif_frames(bytes: &[u8]) -> usize {
    bytes.windows(3).filter(|window| *window == [0x21, 0xf9, 0x04]).count()
}

/// The whole size a RIFF file announces.
fn riff_size(bytes: &[u8]) -> Option<usize> {
    let size: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(size)).ok()?.checked_add(8)
}

fn allowed(limits: &Limits) -> image::Limits {
    let mut allowed = image::Limits::no_limits();
    // Four bytes for each pixel, twice: the decoder's buffer and the converted one.
    allowed.max_alloc = Some(limits.pixels_max.saturating_mul(8));
    allowed
}

fn is_within(decoder: &impl ImageDecoder, limits: &Limits) -> Result<(), ImageError> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.pixels_max {
        return Err(ImageError::TooManyPixels);
    }
    if width.min(height) < limits.side_min {
        return Err(ImageError::TooSmall);
    }
    Ok(())
}

fn read(mut decoder: impl ImageDecoder, limits: &Limits) -> Result<Decoded, ImageError> {
    is_within(&decoder, limits)?;
    let (width, height) = decoder.dimensions();
    decoder.set_limits(allowed(limits)).map_err(failed)?;
    let orientation = decoder.orientation().map_err(failed)?;
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    // Shrinking first: turning fifty million pixels costs more than turning three.
    let side = limits.side_kept;
    let mut image = if width.max(height) > side {
        image.resize(side, side, image::imageops::FilterType::CatmullRom)
    } else {
        image
    };
    image.apply_orientation(orientation);
    let picture = Picture::from_image(&image);
    let is_turned = (picture.width() > picture.height()) != (width > height);
    let original =
        if is_turned { Size { width: height, height: width } } else { Size { width, height } };
    Ok(Decoded { picture, original })
}

fn failed(error: image::ImageError) -> ImageError {
    match error {
        image::ImageError::Limits(_) => ImageError::TooManyPixels,
        image::ImageError::IoError(error) if is_end(&error) => ImageError::Truncated,
        image::ImageError::Unsupported(_) => ImageError::NotAnImage,
        other => {
            let cause = std::error::Error::source(&other);
            let mut next = cause;
            while let Some(error) = next {
                if error.downcast_ref::<std::io::Error>().is_some_and(is_end) {
                    return ImageError::Truncated;
                }
                next = error.source();
            }
            ImageError::Damaged
        }
    }
}

fn is_end(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::UnexpectedEof
}
