//! Regular patterns of fine lines, as a screen or a printed picture has them: peaks of the spectrum
//! that stand far out of their surroundings. Skin, hair and cloth are irregular; so this is a sign,
//! and no proof: a knitted collar or a blind behind the person may show it, too, and a good screen
//! may not.

use crate::raster::Gray;
use vision::Picture;

/// Pixels of the square that is looked at, at the photo's own finest size.
const SIDE: usize = 256;
/// Frequencies that are looked at, in waves across the square: coarser ones are the face itself.
const FREQUENCY_MIN: f32 = 24.0;
/// Width and height of the surroundings a peak is held against.
const AROUND: isize = 7;

/// How many times the strongest peak exceeds the middle of its surroundings, within the face's box
/// (left, top, right, bottom, in pixels); 0 if the photo is too small to have fine lines.
pub(super) fn strength(picture: &Picture, bounds: [f32; 4]) -> f32 {
    let [left, top, right, bottom] = bounds;
    let centre = (f32::midpoint(left, right), f32::midpoint(top, bottom));
    let gray = Gray::of(picture);
    if gray.width < SIDE || gray.height < SIDE {
        return 0.0;
    }
    let start = |middle: f32, length: usize| {
        let most = (length - SIDE) as f32;
        (middle - SIDE as f32 / 2.0).clamp(0.0, most) as usize
    };
    let (x0, y0) = (start(centre.0, gray.width), start(centre.1, gray.height));
    let rows = gray.values.chunks_exact(gray.width).skip(y0).take(SIDE);
    let window: Vec<f32> = rows.flat_map(|row| row.iter().skip(x0).take(SIDE)).copied().collect();
    peak(&spectrum(&window))
}

/// The strongest peak of the upper half plane against the median around it.
fn peak(spectrum: &Gray) -> f32 {
    let half = SIDE.cast_signed() / 2;
    let frequency = |index: isize| if index < half { index } else { index - SIDE.cast_signed() };
    let mut best = 0.0_f32;
    for v in 0..half {
        for u in 0..SIDE.cast_signed() {
            let (fu, fv) = (frequency(u), frequency(v));
            let radius = (fu as f32).hypot(fv as f32);
            // The axes carry the edges of the picture and of JPEG's blocks.
            if radius < FREQUENCY_MIN || fu.abs() < 3 || fv.abs() < 3 || radius > half as f32 {
                continue;
            }
            let here = spectrum.get(u, v);
            let mut around: Vec<f32> = Vec::with_capacity((AROUND * AROUND) as usize);
            // Cheap first: most places are no larger than their neighbours.
            let is_top = (-1..=1).all(|dv| {
                (-1..=1)
                    .all(|du| spectrum.get((u + du).rem_euclid(SIDE.cast_signed()), v + dv) <= here)
            });
            if !is_top {
                continue;
            }
            for dv in -AROUND / 2..=AROUND / 2 {
                for du in -AROUND / 2..=AROUND / 2 {
                    if du.abs() > 1 || dv.abs() > 1 {
                        let (u, v) = ((u + du).rem_euclid(SIDE.cast_signed()), v + dv);
                        around.push(spectrum.get(u, v.rem_euclid(SIDE.cast_signed())));
                    }
                }
            }
            around.sort_by(f32::total_cmp);
            let middle = around.get(around.len() / 2).copied().unwrap_or(0.0);
            best = best.max(here / (middle + 1.0));
        }
    }
    best
}

/// Sizes of the waves, zero frequency first, of a square with softened borders.
fn spectrum(window: &[f32]) -> Gray {
    let mean = window.iter().sum::<f32>() / window.len().max(1) as f32;
    let soft = |index: usize| {
        0.5 - 0.5 * (2.0 * std::f32::consts::PI * index as f32 / (SIDE - 1) as f32).cos()
    };
    let mut waves: Vec<(f32, f32)> = window
        .iter()
        .enumerate()
        .map(|(index, value)| ((value - mean) * soft(index % SIDE) * soft(index / SIDE), 0.0))
        .collect();
    waves.chunks_exact_mut(SIDE).for_each(transform);
    let mut column = vec![(0.0, 0.0); SIDE];
    let mut out = Gray::empty(SIDE, SIDE);
    for x in 0..SIDE {
        let from = waves.iter().skip(x).step_by(SIDE);
        column.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        transform(&mut column);
        for (y, (re, im)) in column.iter().enumerate() {
            out.set(x, y, re.hypot(*im));
        }
    }
    out
}

/// The discrete Fourier transform in place (Cooley and Tukey 1965); the length is a power of two.
fn transform(values: &mut [(f32, f32)]) {
    let length = values.len();
    let bits = length.trailing_zeros();
    for index in 0..length {
        let mirrored = index.reverse_bits() >> (usize::BITS - bits);
        if index < mirrored {
            values.swap(index, mirrored);
        }
    }
    let mut size = 2;
    while size <= length {
        let step = -2.0 * std::f32::consts::PI / size as f32;
        for block in values.chunks_exact_mut(size) {
            let (low, high) = block.split_at_mut(size / 2);
            for (index, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let (sin, cos) = (step * index as f32).sin_cos();
                let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        size *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(x: usize, y: usize) -> f32 {
        let mut bits = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
        bits ^= bits >> 15;
        bits = bits.wrapping_mul(0x2c1b_3c6d);
        bits ^= bits >> 12;
        (bits & 0xff) as f32 / 8.0
    }

    fn picture(grid: f32) -> Picture {
        let side = 400_usize;
        let pixel = |index: usize| {
            let (x, y) = (index % side, index / side);
            let wave = (x as f32 * 1.3 + y as f32 * 0.8).sin() * grid;
            [(110.0 + noise(x, y) + wave).clamp(0.0, 255.0) as u8; 3]
        };
        let raw = (0..side * side).flat_map(pixel).collect();
        Picture::from_raw(side as u32, side as u32, raw).expect("whole")
    }

    #[test]
    fn fine_lines_stand_out_of_noise() {
        let bounds = [100.0, 100.0, 300.0, 300.0];
        let (plain, lined) = (strength(&picture(0.0), bounds), strength(&picture(6.0), bounds));
        assert!(plain < 8.0 && lined > 20.0, "{plain} and {lined}");
    }

    #[test]
    fn a_small_picture_has_no_fine_lines() {
        let small = Picture::from_raw(255, 300, vec![90; 255 * 300 * 3]).expect("whole");
        assert!(strength(&small, [0.0, 0.0, 255.0, 300.0]).abs() < f32::EPSILON);
    }

    #[test]
    fn the_transform_finds_one_wave() {
        let mut wave: Vec<(f32, f32)> = (0..64)
            .map(|i| ((i as f32 * 2.0 * std::f32::consts::PI * 5.0 / 64.0).cos(), 0.0))
            .collect();
        transform(&mut wave);
        for (index, (re, im)) in wave.iter().enumerate() {
            let expected = if index == 5 || index == 59 { 32.0 } else { 0.0 };
            assert!((re.hypot(*im) - expected).abs() < 1e-3, "{index}");
        }
    }
}
