//! Drawing with soft edges: just enough for marks and specimens.

use crate::glyph;
use crate::picture::Picture;
use image::{Rgb, RgbImage};

/// A colour.
pub(crate) type Ink = [u8; 3];

/// A point in pixels.
pub(crate) type Point = (f32, f32);

/// Where and how text is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    /// Height of a letter in pixels.
    pub size: f32,
    /// Width of a stroke in pixels.
    pub stroke: f32,
    /// Colour.
    pub ink: Ink,
    /// 0 is invisible, 1 covers.
    pub opacity: f32,
    /// Slope of the line of writing, in radians, upwards.
    pub slope: f32,
}

impl Pen {
    /// Upright, covering, with strokes in proportion.
    pub(crate) fn new(size: f32, ink: Ink) -> Self {
        Self { size, stroke: (size / 11.0).max(1.2), ink, opacity: 1.0, slope: 0.0 }
    }
}

/// A picture of one colour.
pub(crate) fn sheet(width: u32, height: u32, ink: Ink) -> Picture {
    Picture { rgb: RgbImage::from_pixel(width, height, Rgb(ink)) }
}

/// Paints every pixel by its place.
pub(crate) fn paint(picture: &mut Picture, ink: impl Fn(f32, f32) -> Ink) {
    for (x, y, pixel) in picture.rgb.enumerate_pixels_mut() {
        pixel.0 = ink(x as f32, y as f32);
    }
}

/// Fills what lies inside a shape; `distance` is negative inside, in pixels.
pub(crate) fn fill(
    picture: &mut Picture,
    ink: Ink,
    opacity: f32,
    (from, to): (Point, Point),
    distance: impl Fn(f32, f32) -> f32,
) {
    let bound = |value: f32, whole: u32| value.clamp(0.0, whole as f32) as u32;
    let (width, height) = (picture.width(), picture.height());
    for y in bound(from.1.floor() - 1.0, height)..bound(to.1.ceil() + 2.0, height) {
        for x in bound(from.0.floor() - 1.0, width)..bound(to.0.ceil() + 2.0, width) {
            let cover = (0.5 - distance(x as f32, y as f32)).clamp(0.0, 1.0) * opacity;
            if cover > 0.0
                && let Some(pixel) = picture.rgb.get_pixel_mut_checked(x, y)
            {
                for (channel, new) in pixel.0.iter_mut().zip(ink) {
                    let old = f32::from(*channel);
                    *channel = (old + (f32::from(new) - old) * cover).round() as u8;
                }
            }
        }
    }
}

/// A filled rectangle.
pub(crate) fn rectangle(picture: &mut Picture, ink: Ink, opacity: f32, corners: (Point, Point)) {
    let ((left, top), (right, bottom)) = corners;
    fill(picture, ink, opacity, corners, |x, y| {
        (left - x).max(x - right).max(top - y).max(y - bottom)
    });
}

/// A filled ellipse.
pub(crate) fn ellipse(picture: &mut Picture, ink: Ink, centre: Point, radii: Point) {
    let ((cx, cy), (rx, ry)) = (centre, radii);
    let corners = ((cx - rx, cy - ry), (cx + rx, cy + ry));
    fill(picture, ink, 1.0, corners, |x, y| {
        let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
        (dx.hypot(dy) - 1.0) * rx.min(ry)
    });
}

/// A line with round ends.
pub(crate) fn line(picture: &mut Picture, pen: &Pen, from: Point, to: Point) {
    let half = pen.stroke / 2.0;
    let low = (from.0.min(to.0) - half, from.1.min(to.1) - half);
    let high = (from.0.max(to.0) + half, from.1.max(to.1) + half);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length2 = (dx * dx + dy * dy).max(f32::EPSILON);
    fill(picture, pen.ink, pen.opacity, (low, high), |x, y| {
        let along = (((x - from.0) * dx + (y - from.1) * dy) / length2).clamp(0.0, 1.0);
        (x - from.0 - along * dx).hypot(y - from.1 - along * dy) - half
    });
}

/// Writes text from its upper left corner; characters the font lacks become an empty box.
/// Returns where the next character would start.
pub(crate) fn text(picture: &mut Picture, pen: &Pen, start: Point, text: &str) -> f32 {
    let unit = pen.size / 15.0;
    let (sin, cos) = pen.slope.sin_cos();
    let mut across = 0.0;
    for character in text.chars() {
        let (strokes, width) = glyph::strokes(character).unwrap_or((MISSING, 19.0));
        let place = |(x, y): Point| {
            let (x, y) = (across + x * unit, y * unit);
            (start.0 + x * cos + y * sin, start.1 - x * sin + y * cos)
        };
        for polyline in strokes.split(' ') {
            let mut before = None;
            for point in glyph::points(polyline).map(place) {
                if let Some(before) = before {
                    line(picture, pen, before, point);
                }
                before = Some(point);
            }
        }
        across += width * unit;
    }
    start.0 + across
}

/// How wide `text` would be written.
pub(crate) fn width(size: f32, text: &str) -> f32 {
    let widths = text.chars().map(|c| glyph::strokes(c).map_or(19.0, |(_, width)| width));
    widths.sum::<f32>() * size / 15.0
}

const MISSING: &str = "22d2dd2d22";
