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
pub(crate) fn sample(picture: &Picture, x: f32, y: f32) -> [f32; 3] {
    let (raw, width, height) = (picture.raw(), picture.width() as usize, picture.height() as usize);
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let pixel = |x: usize, y: usize| -> [f32; 3] {
        let start = (y * width + x) * 3;
        match raw.get(start..start + 3) {
            Some([r, g, b]) => [f32::from(*r), f32::from(*g), f32::from(*b)],
            _ => [0.0; 3],
        }
    };
    let corners = [pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom)];
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    let mut out = [0.0; 3];
    for (corner, weight) in corners.iter().zip(weights) {
        for (sum, value) in out.iter_mut().zip(corner) {
            *sum += value * weight;
        }
    }
    out
}

/// The part of `picture` inside `quad` (in its pixels), as a rectangle of `width` by `height`;
/// `None` for a part without surface. Shrinking averages, so that thin strokes stay.
pub(crate) fn cut(picture: &Picture, quad: &Quad, width: u32, height: u32) -> Option<Picture> {
    let rectangle = Quad::rectangle(0.0, 0.0, width as f32, height as f32);
    let map = Homography::between(&rectangle, quad)?;
    let shrink = (quad.width() / width as f32).max(quad.height() / height as f32);
    let steps = (shrink.round() as u32).clamp(1, 4);
    let mut out = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0; 3];
            for part in 0..steps * steps {
                let inner = |index: u32| (index as f32 + 0.5) / steps as f32;
                let place = at(x as f32 + inner(part % steps), y as f32 + inner(part / steps));
                let from = map.apply(place);
                let rgb = sample(picture, from.x - 0.5, from.y - 0.5);
                for (sum, value) in sum.iter_mut().zip(rgb) {
                    *sum += value;
                }
            }
            out.extend(sum.map(|value| (value / (steps * steps) as f32).round() as u8));
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
    }
}
