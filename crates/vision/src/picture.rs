//! Pixels, and nothing else.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, RgbImage};
use serde::{Deserialize, Serialize};

/// An upright picture of red, green and blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub(crate) rgb: RgbImage,
}

/// A part of a picture in thousandths of its width and height, so that it means the same on every
/// size of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

/// Good enough for every hair line of a document, a third of the size of 95.
const JPEG_QUALITY: u8 = 88;

impl Picture {
    /// From any image; transparent parts become white, as on paper.
    pub(crate) fn from_image(image: &DynamicImage) -> Self {
        if !image.color().has_alpha() {
            return Self { rgb: image.to_rgb8() };
        }
        let rgba = image.to_rgba8();
        let mut rgb = RgbImage::new(rgba.width(), rgba.height());
        for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
            let [r, g, b, a] = from.0.map(u32::from);
            let over = |c: u32| u8::try_from((c * a + 255 * (255 - a)) / 255).unwrap_or(255);
            to.0 = [over(r), over(g), over(b)];
        }
        Self { rgb }
    }

    /// From red, green and blue of every pixel, row by row; `None` if that is not `width` times
    /// `height` pixels.
    pub fn from_raw(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        Some(Self { rgb: RgbImage::from_raw(width, height, rgb)? })
    }

    /// Red, green and blue of every pixel, row by row.
    pub fn raw(&self) -> &[u8] {
        self.rgb.as_raw()
    }

    /// Pixels from left to right.
    pub fn width(&self) -> u32 {
        self.rgb.width()
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.rgb.height()
    }

    /// A JPEG file that holds the pixels and no metadata whatever.
    pub fn to_jpeg(&self) -> Vec<u8> {
        let mut out = Vec::new();
        JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY)
            .write_image(self.rgb.as_raw(), self.width(), self.height(), ExtendedColorType::Rgb8)
            .expect("writing to memory a picture within the decoder's limits");
        out
    }

    /// The same within a square of `side` pixels; never larger than it is.
    pub fn fitted(&self, side: u32) -> Self {
        let longest = self.width().max(self.height());
        if longest <= side {
            return self.clone();
        }
        let scaled = |length: u32| {
            let exact = u64::from(length) * u64::from(side) / u64::from(longest);
            u32::try_from(exact).unwrap_or(side).max(1)
        };
        let (width, height) = (scaled(self.width()), scaled(self.height()));
        Self { rgb: imageops::resize(&self.rgb, width, height, FilterType::Triangle) }
    }

    /// Turned clockwise by quarter turns.
    pub fn turned(&self, quarters: u8) -> Self {
        let rgb = match quarters % 4 {
            1 => imageops::rotate90(&self.rgb),
            2 => imageops::rotate180(&self.rgb),
            3 => imageops::rotate270(&self.rgb),
            _ => self.rgb.clone(),
        };
        Self { rgb }
    }

    /// The part inside `region`, cut down to the picture; at least one pixel.
    pub fn cropped(&self, region: Region) -> Self {
        let part = |start: u16, length: u16, whole: u32| {
            let at = |thousandths: u32| (u64::from(whole) * u64::from(thousandths) / 1000) as u32;
            let from = at(u32::from(start).min(1000)).min(whole.saturating_sub(1));
            let to = at((u32::from(start) + u32::from(length)).min(1000)).max(from + 1);
            (from, to.min(whole) - from)
        };
        let (x, width) = part(region.x, region.width, self.width());
        let (y, height) = part(region.y, region.height, self.height());
        Self { rgb: imageops::crop_imm(&self.rgb, x, y, width, height).to_image() }
    }
}

/// Never the pixels: a picture of a person must not reach a log.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.width(), self.height())
    }
}
