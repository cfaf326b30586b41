//! Whether a person could read a photo: size, sharpness, light.
//!
//! The measures are deterministic and cheap; the thresholds are starting values found on drawn
//! specimens and blurred copies of them, to be tuned on an operator's own photos. A fault is a
//! warning to the applicant first; a person has the last word.

use crate::decode::Size;
use crate::picture::Picture;
use image::GrayImage;
use image::imageops::{self, FilterType};
use serde::{Deserialize, Serialize};

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Size of the photo as sent, upright.
    pub size: Size,
    /// Variance of the Laplacian at a fixed scale: high is sharp.
    pub sharpness: f32,
    /// Mean brightness, 0 to 255.
    pub brightness: f32,
    /// Share of pixels that are black or nearly, 0 to 1.
    pub dark_share: f32,
    /// Share of pixels burnt out to white, 0 to 1.
    pub bright_share: f32,
}

/// Where warnings and failures begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Shorter side in pixels below which it fails, and below which it warns.
    pub side: [u32; 2],
    /// Sharpness below which it fails, and below which it warns.
    pub sharpness: [f32; 2],
    /// Brightness below which it fails, and below which it warns.
    pub brightness: [f32; 2],
    /// Share of burnt-out pixels above which it fails, and above which it warns.
    pub bright_share: [f32; 2],
}

impl Thresholds {
    /// For documents, which are full of print.
    pub const DOCUMENT: Self = Self {
        side: [360, 600],
        sharpness: [4.0, 12.0],
        brightness: [28.0, 60.0],
        bright_share: [0.85, 0.5],
    };

    /// For portraits, where skin and wall have no fine lines.
    pub const PORTRAIT: Self = Self { sharpness: [0.8, 2.5], ..Self::DOCUMENT };
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Perhaps readable.
    Warn,
    /// Hardly readable.
    Fail,
}

/// What is wrong with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Too few pixels.
    LowResolution,
    /// Not sharp.
    Blurry,
    /// Too little light.
    TooDark,
    /// Burnt out by glare or overexposure.
    TooBright,
}

impl FaultKind {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LowResolution => "low_resolution",
            Self::Blurry => "blurry",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
        }
    }
}

/// One thing wrong with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// How bad.
    pub severity: Severity,
}

/// The longer side at which sharpness is measured, so that it does not depend on the camera.
const SCALE: u32 = 1000;

/// Measures a photo; `original` is its size as sent.
pub fn measure(picture: &Picture, original: Size) -> Quality {
    let gray = imageops::grayscale(&picture.rgb);
    let gray = at_scale(&gray);
    let pixels = gray.as_raw();
    let count = pixels.len().max(1) as f32;
    let share = |is: fn(u8) -> bool| pixels.iter().filter(|p| is(**p)).count() as f32 / count;
    let sum: u64 = pixels.iter().map(|pixel| u64::from(*pixel)).sum();
    Quality {
        size: original,
        sharpness: sharpness(&gray),
        brightness: sum as f32 / count,
        dark_share: share(|pixel| pixel < 24),
        bright_share: share(|pixel| pixel > 250),
    }
}

/// A picture smaller than the scale is blown up: it has no detail to hide.
fn at_scale(gray: &GrayImage) -> GrayImage {
    let longest = gray.width().max(gray.height()).max(1);
    if longest == SCALE {
        return gray.clone();
    }
    let scaled = |length: u32| (u64::from(length) * u64::from(SCALE) / u64::from(longest)) as u32;
    let (width, height) = (scaled(gray.width()).max(3), scaled(gray.height()).max(3));
    imageops::resize(gray, width, height, FilterType::Triangle)
}

/// Variance of the Laplacian after a 3×3 mean, which keeps sensor noise from looking sharp.
fn sharpness(gray: &GrayImage) -> f32 {
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let smooth = mean3(gray.as_raw(), width, height);
    let (mut count, mut sum, mut squares) = (0_u32, 0_f64, 0_f64);
    let rows = smooth.chunks_exact(width).zip(smooth.chunks_exact(width).skip(1));
    for ((above, here), below) in rows.zip(smooth.chunks_exact(width).skip(2)) {
        let middles = here.windows(3).zip(above.iter().skip(1)).zip(below.iter().skip(1));
        for ((across, up), down) in middles {
            let [left, middle, right] = across else { continue };
            let value = f64::from(left + right + up + down - 4.0 * middle);
            count += 1;
            sum += value;
            squares += value * value;
        }
    }
    let count = f64::from(count.max(1));
    let mean = sum / count;
    debug_assert!(height > 0, "an image has rows");
    (squares / count - mean * mean) as f32
}

/// The mean of each pixel's 3×3 neighbourhood; the border is copied.
fn mean3(pixels: &[u8], width: usize, height: usize) -> Vec<f32> {
    let at = |x: usize, y: usize| f32::from(pixels.get(y * width + x).copied().unwrap_or(0));
    let mut across = Vec::with_capacity(pixels.len());
    for y in 0..height {
        for x in 0..width {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            across.push((at(left, y) + at(x, y) + at(right, y)) / 3.0);
        }
    }
    let across_at = |x: usize, y: usize| across.get(y * width + x).copied().unwrap_or(0.0);
    let mut out = Vec::with_capacity(pixels.len());
    for y in 0..height {
        let (up, down) = (y.saturating_sub(1), (y + 1).min(height - 1));
        for x in 0..width {
            out.push((across_at(x, up) + across_at(x, y) + across_at(x, down)) / 3.0);
        }
    }
    out
}

impl Quality {
    /// What is wrong by these thresholds, worst kind of harm first.
    pub fn faults(&self, thresholds: &Thresholds) -> Vec<Fault> {
        let side = self.size.width.min(self.size.height);
        let below = |value: f32, [fail, warn]: [f32; 2]| {
            (value < warn).then_some(if value < fail { Severity::Fail } else { Severity::Warn })
        };
        let above = |value: f32, [fail, warn]: [f32; 2]| {
            (value > warn).then_some(if value > fail { Severity::Fail } else { Severity::Warn })
        };
        let dark = below(self.brightness, thresholds.brightness);
        // In the dark nothing is sharp; the light is the fault to name.
        let blur = below(self.sharpness, thresholds.sharpness).filter(|_| dark.is_none());
        let found = [
            (FaultKind::TooDark, dark),
            (FaultKind::Blurry, blur),
            (FaultKind::TooBright, above(self.bright_share, thresholds.bright_share)),
            (
                FaultKind::LowResolution,
                below(side as f32, thresholds.side.map(|pixels| pixels as f32)),
            ),
        ];
        found
            .into_iter()
            .filter_map(|(kind, severity)| Some(Fault { kind, severity: severity? }))
            .collect()
    }
}
