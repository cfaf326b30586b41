//! The purpose mark over every shown copy of a document.
//!
//! Order 25 art. 9 wants copies annotated with operator, purpose and date; we add who looks. The
//! mark makes a leaked copy useless elsewhere and tells where it leaked. Originals stay sealed and
//! unmarked; only copies made for looking are stamped.

use crate::draw::{self, Pen};
use crate::picture::Picture;

/// Writes `text` across the picture in sloping rows, faint enough to read what lies below.
///
/// The font has Latin letters, digits and the characters of 仅用于尾号实名登记; others become boxes.
pub fn stamp(picture: &Picture, text: &str) -> Picture {
    let mut out = picture.clone();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let size = (width.max(height) / 34.0).max(12.0);
    let pen = Pen { stroke: (size / 13.0).max(1.2), opacity: 0.34, slope: SLOPE, ..dark(size) };
    let light = Pen { ink: [255, 255, 255], opacity: 0.30, ..pen };
    let step = draw::width(size, text) + size * 4.0;
    let rows = size * 5.5;
    let mut row = 0;
    let mut down = size;
    while down < height + width * SLOPE.tan() {
        let mut across = if row % 2 == 0 { 0.0 } else { -step / 2.0 };
        while across < width {
            let start = (across, down - across * SLOPE.tan());
            // A light edge keeps the mark visible on dark ground.
            draw::text(&mut out, &light, (start.0 + 1.5, start.1 + 1.5), text);
            draw::text(&mut out, &pen, start, text);
            across += step;
        }
        down += rows;
        row += 1;
    }
    out
}

fn dark(size: f32) -> Pen {
    Pen::new(size, [20, 50, 90])
}

const SLOPE: f32 = 0.32;
