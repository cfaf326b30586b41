//! What the statistics of a face tell: light, sharpness, and signs of something over it. Everything
//! is measured on the face alone, cut out upright with one size, so that camera and distance do not
//! matter.

use crate::raster::Gray;
use domain::portrait::Measures;
use vision::{Landmarks, Picture, aligned, template};

/// Pixels of the square that is measured.
const SIDE: u32 = 224;
/// So dark and so bright is clipped.
const DARK: f32 = 16.0;
const BRIGHT: f32 = 250.0;
/// A pixel of the eyes' region is dark if it has less than this share of the cheeks' brightness.
const EYES_DARK: f32 = 0.45;

/// Rectangles of the square: left, top, right, bottom.
type Box4 = [u32; 4];
/// Both eyes with lids and bags: what dark glasses cover.
const EYES: [Box4; 2] = [[48, 84, 104, 122], [120, 84, 176, 122]];
/// Below the eyes, beside the nose.
const CHEEKS: [Box4; 2] = [[52, 128, 84, 156], [140, 128, 172, 156]];
/// Around and below the mouth: what a mask covers, and a beard.
const LOWER: Box4 = [76, 168, 148, 216];
/// What counts as the face for light.
const FACE: Box4 = [40, 60, 184, 216];

/// Measures the face with these places; `None` for places that are no face. The pattern is
/// measured elsewhere.
pub(super) fn measure(picture: &Picture, landmarks: &Landmarks) -> Option<Measures> {
    let side = SIDE as f32;
    let face = aligned(picture, landmarks, &template(side, 1.0), (SIDE, SIDE))?;
    let gray = Gray::of(&face);
    let [left, right, nose, mouth_left, mouth_right] = *landmarks;
    let (dx, dy) = (right.0 - left.0, right.1 - left.1);
    let eyes = dx.hypot(dy);
    if eyes < 1.0 {
        return None;
    }
    let middle = (f32::midpoint(left.0, right.0), f32::midpoint(left.1, right.1));
    let mouth =
        (f32::midpoint(mouth_left.0, mouth_right.0), f32::midpoint(mouth_left.1, mouth_right.1));
    let along = |(x, y): (f32, f32)| ((x - middle.0) * dx + (y - middle.1) * dy) / (eyes * eyes);
    let down = |(x, y): (f32, f32)| ((y - middle.1) * dx - (x - middle.0) * dy) / (eyes * eyes);
    let skin: Vec<f32> = pixels(&gray, &FACE).collect();
    let count = skin.len().max(1) as f32;
    let share = |is: &dyn Fn(f32) -> bool| skin.iter().filter(|v| is(**v)).count() as f32 / count;
    let half = |from: u32, to: u32| mean(pixels(&gray, &[from, 60, to, 216]));
    let cheeks = mean(CHEEKS.iter().flat_map(|place| pixels(&gray, place)));
    let eyes_region: Vec<f32> = EYES.iter().flat_map(|place| pixels(&gray, place)).collect();
    let eyes_dark = eyes_region.iter().filter(|value| **value < cheeks * EYES_DARK).count();
    Some(Measures {
        roll_degrees: dy.atan2(dx).to_degrees(),
        // Relative to the middle of eyes and mouth, so that a tilted head is not a turned one.
        turn: along(nose) - along(mouth) / 2.0,
        nod: down(nose) / down(mouth).max(0.1),
        sharpness: sharpness(&gray),
        brightness: mean(skin.iter().copied()),
        dark_share: share(&|value| value < DARK),
        bright_share: share(&|value| value > BRIGHT),
        side_ratio: half(40, 112).max(1.0) / half(112, 184).max(1.0),
        eyes_dark_share: eyes_dark as f32 / eyes_region.len().max(1) as f32,
        lower_colour: lower_colour(&face),
        pattern: 0.0,
    })
}

fn pixels<'a>(gray: &'a Gray, place: &Box4) -> impl Iterator<Item = f32> + use<'a> {
    let [left, top, right, bottom] = place.map(|value| value as usize);
    let rows = gray.values.chunks_exact(gray.width).skip(top).take(bottom - top);
    rows.flat_map(move |row| row.iter().skip(left).take(right - left).copied())
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Variance of the Laplacian after a Gauss of 0.8 pixels, which takes the camera's noise away.
fn sharpness(gray: &Gray) -> f32 {
    // Weights of a Gauss of 0.8 pixels at 0, 1 and 2.
    const WEIGHTS: [f32; 5] = [0.021_92, 0.228_45, 0.499_26, 0.228_45, 0.021_92];
    let blur = |gray: &Gray, step: (isize, isize)| {
        let mut out = Gray::empty(gray.width, gray.height);
        for y in 0..gray.height {
            for x in 0..gray.width {
                let value = WEIGHTS.iter().zip(-2_isize..).map(|(weight, by)| {
                    weight * gray.get(x.cast_signed() + by * step.0, y.cast_signed() + by * step.1)
                });
                out.set(x, y, value.sum());
            }
        }
        out
    };
    let smooth = blur(&blur(gray, (1, 0)), (0, 1));
    let (mut count, mut sum, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
    for y in 1..gray.height.cast_signed() - 1 {
        for x in 1..gray.width.cast_signed() - 1 {
            let around = smooth.get(x - 1, y)
                + smooth.get(x + 1, y)
                + smooth.get(x, y - 1)
                + smooth.get(x, y + 1);
            let value = f64::from(around - 4.0 * smooth.get(x, y));
            count += 1.0;
            sum += value;
            squares += value * value;
        }
    }
    let mean = sum / f64::max(count, 1.0);
    (squares / f64::max(count, 1.0) - mean * mean) as f32
}

/// Distance between the colours (without the light) of mouth and chin and of the cheeks.
fn lower_colour(face: &Picture) -> f32 {
    let colour = |places: &[Box4]| {
        let (mut blue, mut red, mut count) = (0.0_f32, 0.0_f32, 0.0_f32);
        for [left, top, right, bottom] in places {
            for y in *top..*bottom {
                for x in *left..*right {
                    let start = ((y * SIDE + x) * 3) as usize;
                    let Some(&[r, g, b]) = face.raw().get(start..start + 3) else { continue };
                    let [r, g, b] = [r, g, b].map(f32::from);
                    // Chroma of ITU-R BT.601.
                    blue += -0.169 * r - 0.331 * g + 0.5 * b;
                    red += 0.5 * r - 0.419 * g - 0.081 * b;
                    count += 1.0;
                }
            }
        }
        (blue / count.max(1.0), red / count.max(1.0))
    };
    let (lower, cheeks) = (colour(&[LOWER]), colour(&CHEEKS));
    (lower.0 - cheeks.0).hypot(lower.1 - cheeks.1)
}
