//! Lines of a document as rows of placed signs, and how labels and values are found in them.

use crate::geometry::{Point, Quad};
use crate::recognise::Line;
use crate::text::plain;

/// One sign with its place; lengths are in shares of the document's width.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    /// What it says.
    pub(crate) sign: char,
    /// How sure the net is, 0 to 1.
    pub(crate) confidence: f32,
    /// Its middle.
    pub(crate) middle: Point,
}

/// One line of text.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    /// Its signs from left to right, without spaces.
    pub(crate) signs: Vec<Placed>,
    /// Its place.
    pub(crate) quad: Quad,
}

/// Signs that belong to one value.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Value(pub(crate) Vec<Placed>);

impl Value {
    /// The signs as text.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|sign| sign.sign).collect()
    }

    /// Confidence of the least sure sign.
    pub(crate) fn confidence(&self) -> f32 {
        self.0.iter().map(|sign| sign.confidence).fold(1.0, f32::min)
    }

    /// Only the signs that pass.
    pub(crate) fn only(mut self, keep: impl Fn(char) -> bool) -> Self {
        self.0.retain(|sign| keep(sign.sign));
        self
    }

    /// The smallest upright rectangle round the signs' middles, a sign wider on every side.
    pub(crate) fn bounds(&self, margin: f32) -> Quad {
        let of = |f: fn(&Placed) -> f32| self.0.iter().map(f);
        let low = |f| of(f).fold(f32::INFINITY, f32::min) - margin;
        let high = |f| of(f).fold(f32::NEG_INFINITY, f32::max) + margin;
        Quad::rectangle(
            low(|s| s.middle.x),
            low(|s| s.middle.y),
            high(|s| s.middle.x),
            high(|s| s.middle.y),
        )
    }
}

impl Row {
    /// A row of a line whose quadrilateral is in shares of the document's width.
    pub(crate) fn of(line: &Line) -> Self {
        let [a, b, c, d] = line.quad.0;
        let signs = line.signs.iter().filter_map(|sign| {
            let (top, bottom) = (a.towards(b, sign.place), d.towards(c, sign.place));
            let middle = top.towards(bottom, 0.5);
            Some(Placed { sign: plain(sign.sign)?, confidence: sign.confidence, middle })
        });
        Self { signs: signs.collect(), quad: line.quad }
    }

    /// Its middle.
    pub(crate) fn middle(&self) -> Point {
        self.quad.centre()
    }

    /// The place after `word` among its signs.
    fn after(&self, word: &str) -> Option<usize> {
        let word: Vec<char> = word.chars().collect();
        let signs: Vec<char> = self.signs.iter().map(|sign| sign.sign).collect();
        let start = signs.windows(word.len()).position(|window| window == word)?;
        Some(start + word.len())
    }

    /// The signs after `word`, if it stands here.
    pub(crate) fn behind(&self, word: &str) -> Option<&[Placed]> {
        self.signs.get(self.after(word)?..)
    }

    /// The height at `x` of the line of writing.
    pub(crate) fn height_at(&self, x: f32) -> f32 {
        let [a, b, c, d] = self.quad.0;
        let (left, right) = (a.towards(d, 0.5), b.towards(c, 0.5));
        let run = right.x - left.x;
        if run.abs() < 1e-4 {
            return left.y;
        }
        left.y + (right.y - left.y) * (x - left.x) / run
    }
}

/// A label with what stands to its right.
pub(crate) struct Found {
    /// The signs to its right, on the same line of writing.
    pub(crate) value: Value,
    /// The middle of the label's last sign.
    pub(crate) end: Point,
}

/// Looks for `word` and takes what stands to its right, up to `x_max`.
pub(crate) fn labelled(rows: &[Row], word: &str, x_max: f32) -> Option<Found> {
    let row = rows.iter().find(|row| row.after(word).is_some())?;
    let end = row.after(word)?;
    let last = row.signs.get(end - 1)?.middle;
    let mut signs: Vec<Placed> = row.signs.get(end..)?.to_vec();
    let mut beside: Vec<&Row> = rows
        .iter()
        .filter(|other| !std::ptr::eq(*other, row) && is_beside(row, last, other))
        .collect();
    beside.sort_by(|a, b| a.middle().x.total_cmp(&b.middle().x));
    signs.extend(beside.iter().flat_map(|row| row.signs.iter().copied()));
    signs.retain(|sign| sign.middle.x < x_max);
    Some(Found { value: Value(signs), end: last })
}

/// Whether `other` stands right of `from` on the line of writing of `row`.
fn is_beside(row: &Row, from: Point, other: &Row) -> bool {
    let middle = other.middle();
    let [left, ..] = other.quad.bounds();
    let apart = (row.height_at(left) - other.height_at(left)).abs();
    left > from.x - row.quad.height() * 0.3
        && middle.x > from.x
        && apart < row.quad.height().min(other.quad.height()) * 0.55
}

/// The signs whose middles lie in the rectangle, row by row from above.
pub(crate) fn within(rows: &[Row], from: Point, to: Point) -> Value {
    let is_inside = |p: Point| p.x >= from.x && p.x < to.x && p.y >= from.y && p.y < to.y;
    let mut inside: Vec<&Row> = rows.iter().filter(|row| is_inside(row.middle())).collect();
    inside.sort_by(|a, b| {
        let key = |row: &Row| row.height_at(from.x);
        let gap = a.quad.height().min(b.quad.height()) * 0.6;
        if (key(a) - key(b)).abs() < gap {
            a.middle().x.total_cmp(&b.middle().x)
        } else {
            key(a).total_cmp(&key(b))
        }
    });
    let signs = inside.iter().flat_map(|row| row.signs.iter().copied());
    Value(signs.filter(|sign| sign.middle.x >= from.x).collect())
}
