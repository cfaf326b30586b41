//! Pixels as numbers: grey pictures, and cutting a slanted part out of a photo.

use crate::geometry::{Homography, Quad, at};
use vision::Picture;

/// A picture of one channel.
#[derive(Clone, Debug)]
pub(crate) struct Gray {
    /// Pixels from left to right.
    pub(crate) width: usize,
    /// Pixels from top to bottom.
    pub(crate) height: usize,
    /// Row by row.
    pub(crate) values: Vec<f32>,
}

impl Gray {
    /// All zero.
    pub(crate) fn empty(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    /// The brightness of `picture`, 0 to 255.
    pub(crate) fn of(picture: &Picture) -> Self {
        let pixels = picture.raw().chunks_exact(3);
        let values = pixels.map(|rgb| match rgb {
            [r, g, b] => 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b),
            _ => 0.0,
        });
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self { width, height, values: values.collect() }
    }

    /// One value; the nearest one inside for places outside.
    pub(crate) fn get(&self, x: isize, y: isize) -> f32 {
        let inside = |value: isize, length: usize| {
            usize::try_from(value).unwrap_or(0).min(length.saturating_sub(1))
        };
        let index = inside(y, self.height) * self.width + inside(x, self.width);
        self.values.get(index).copied().unwrap_or(0.0)
    }

    /// Sets one value; places outside are ignored.
    pub(crate) fn set(&mut self, x: usize, y: usize, value: f32) {
        if x < self.width
            && let Some(place) = self.values.get_mut(y * self.width + x)
        {
            *place = value;
        }
    }
}

/// Red, green and blue at a place between pixels, from the four around it.
#[inline]
pub(crate) fn sample(picture: &Picture, x: f32, y: f32) -> [f32; 3] {
    let (raw, width, height) = (picture.raw(), picture.width() as usize, picture.height() as usize);
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    // Never the last column or row: two pixels of each are read at once.
    let left = (x as usize).min(width.saturating_sub(2));
    let top = (y as usize).min(height.saturating_sub(2));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let start = (top * width + left) * 3;
    let below = if height > 1 { start + width * 3 } else { start };
    let upper: Option<&[u8; 6]> = raw.get(start..).and_then(<[u8]>::first_chunk);
    let lower: Option<&[u8; 6]> = raw.get(below..).and_then(<[u8]>::first_chunk);
    let (Some(upper), Some(lower)) = (upper, lower) else {
        // One column only.
        return alone(raw, start, below, fy);
    };
    let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (upper, lower);
    let mix = |a: u8, b: u8, c: u8, d: u8| {
        let (a, b, c, d) = (f32::from(a), f32::from(b), f32::from(c), f32::from(d));
        let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
        upper + (lower - upper) * fy
    };
    [mix(*a, *d, *g, *j), mix(*b, *e, *h, *k), mix(*c, *f, *i, *l)]
}

/// The same in a picture of one column.
fn alone(raw: &[u8], upper: usize, lower: usize, fy: f32) -> [f32; 3] {
    let channel = |start: usize, index: usize| f32::from(*raw.get(start + index).unwrap_or(&0));
    [0, 1, 2].map(|index| {
        let (upper, lower) = (channel(upper, index), channel(lower, index));
        upper + (lower - upper) * fy
    })
}

/// The part of `picture` inside `quad` (in its pixels), as a rectangle of `width` by `height`;
/// `None` for a part without surface. Shrinking averages, so that thin strokes stay.
pub(crate) fn cut(picture: &Picture, quad: &Quad, width: u32, height: u32) -> Option<Picture> {
    let rectangle = Quad::rectangle(0.0, 0.0, width as f32, height as f32);
    let map = Homography::between(&rectangle, quad)?;
    let shrink = (quad.width() / width as f32).max(quad.height() / height as f32);
    let steps = (shrink.round() as u32).clamp(1, 4);
    let share = 1.0 / (steps * steps) as f32;
    let inner = |index: u32| (index as f32 + 0.5) / steps as f32;
    let mut out = vec![0; width as usize * height as usize * 3];
    let mut sums = vec![[0.0_f32; 3]; width as usize];
    for (y, row) in out.chunks_exact_mut(width as usize * 3).enumerate() {
        sums.fill([0.0; 3]);
        for down in 0..steps {
            for across in 0..steps {
                let start = at(inner(across), y as f32 + inner(down));
                for (sum, from) in sums.iter_mut().zip(map.along(start)) {
                    let rgb = sample(picture, from.x - 0.5, from.y - 0.5);
                    for (sum, value) in sum.iter_mut().zip(rgb) {
                        *sum += value;
                    }
                }
            }
        }
        // Half more, and cut off: rounded.
        for (to, sum) in row.as_chunks_mut::<3>().0.iter_mut().zip(&sums) {
            *to = sum.map(|value| (value * share + 0.5) as u8);
        }
    }
    Picture::from_raw(width, height, out)
}

/// The whole picture as a quadrilateral.
pub(crate) fn whole(picture: &Picture) -> Quad {
    Quad::rectangle(0.0, 0.0, picture.width() as f32, picture.height() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_the_whole_picture_gives_it_back() {
        let raw: Vec<u8> = (0..30 * 20 * 3).map(|i| (i * 7 % 251) as u8).collect();
        let picture = Picture::from_raw(30, 20, raw).expect("whole");
        let same = cut(&picture, &whole(&picture), 30, 20).expect("a part with surface");
        assert_eq!(same.raw(), picture.raw());
        for (width, height) in [(1, 20), (30, 1), (1, 1)] {
            let raw: Vec<u8> = (0..width * height * 3).map(|i| (i * 7 % 251) as u8).collect();
            let thin = Picture::from_raw(width, height, raw).expect("whole");
            let same = cut(&thin, &whole(&thin), width, height).expect("a part with surface");
            assert_eq!(same.raw(), thin.raw(), "{width} × {height}");
        }
    }
}
