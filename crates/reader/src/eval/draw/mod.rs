//! Draws specimens, with the word SPECIMEN on each.

pub(crate) mod licence;
pub(crate) mod passport;
pub(crate) mod permit;
pub(crate) mod resident;

use crate::eval::dice::Dice;
use crate::eval::font::{Faces, advance, write};
use ab_glyph::FontVec;
use vision::Picture;

/// Pixels of a card of 85.6 mm × 54 mm at 300 to the inch.
pub(crate) const CARD: (u32, u32) = (1012, 638);
const INK: [u8; 3] = [30, 32, 36];
const LABEL: [u8; 3] = [58, 104, 150];
const RED: [u8; 3] = [196, 40, 44];

/// Pixels to draw on.
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// How something is written.
#[derive(Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) font: &'a FontVec,
    pub(crate) size: f32,
    pub(crate) gap: f32,
    pub(crate) ink: [u8; 3],
    pub(crate) opacity: f32,
}

impl Canvas {
    /// A ground with fine waves, as security print has.
    pub(crate) fn new((width, height): (u32, u32), ground: [f32; 3], dice: &mut Dice) -> Self {
        let (phase, slope) = (dice.between(0.0, 6.0), dice.between(12.0, 34.0));
        let mut pixels = Vec::with_capacity((width * height * 3) as usize);
        for index in 0..width * height {
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            let wave = ((x / 7.0 + (y / slope + phase).sin() * 3.0).sin()) * 5.0;
            let drift = (x / 170.0 + phase).sin() * 6.0 + (y / 90.0).cos() * 5.0;
            pixels.extend(ground.map(|channel| (channel + wave + drift).clamp(0.0, 255.0) as u8));
        }
        Self { width, height, pixels }
    }

    /// Writes `text` from `start`, its upper left corner; returns where it ends.
    pub(crate) fn text(&mut self, pen: Pen<'_>, start: (f32, f32), text: &str) -> f32 {
        write(pen.font, (pen.size, pen.gap), start, text, |x, y, cover| {
            let place = ((y * self.width + x) * 3) as usize;
            if x < self.width
                && let Some(pixel) = self.pixels.get_mut(place..place + 3)
            {
                for (channel, ink) in pixel.iter_mut().zip(pen.ink) {
                    let old = f32::from(*channel);
                    *channel = (old + (f32::from(ink) - old) * cover * pen.opacity) as u8;
                }
            }
        })
    }

    /// Lines of a machine-readable zone, each sign in a column of its own from `left` to `right`.
    pub(crate) fn zone(&mut self, pen: Pen<'_>, [left, right, top]: [f32; 3], lines: &[String]) {
        for (index, line) in lines.iter().enumerate() {
            let step = (right - left) / line.chars().count().max(1) as f32;
            let gap = step - advance(pen.font, pen.size, '<');
            let y = top + index as f32 * pen.size * 1.45;
            self.text(Pen { gap, ..pen }, (left, y), line);
        }
    }

    pub(crate) fn into_picture(self) -> Picture {
        let whole = Picture::from_raw(self.width, self.height, self.pixels);
        whole.expect("a canvas has all its pixels")
    }
}

/// The word that nobody can miss.
fn mark(card: &mut Canvas, faces: &Faces<'_>, place: (f32, f32)) {
    let pen = Pen { font: faces.text, size: 26.0, gap: 4.0, ink: RED, opacity: 0.75 };
    card.text(pen, place, "SPECIMEN");
}
