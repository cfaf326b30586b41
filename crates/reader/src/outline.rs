//! Where the card lies: four straight edges that frame something with the shape of a card.
//!
//! Every edge pixel votes for the one line through it that its gradient allows (Hough 1962 with
//! gradients, Ballard 1981); of the strongest lines, the four that are best backed by edges win.

use crate::geometry::{Point, Quad, at};
use crate::raster::{Gray, cut, whole};
use vision::Picture;

/// The picture is looked at with this longer side, in pixels.
const SIDE: f32 = 360.0;
/// Directions of lines, in steps of one degree.
const ANGLES: usize = 180;
/// Lines that are kept of the strongest.
const LINES_MAX: usize = 26;
/// An ID-1 card is 85.6 mm × 54 mm (ISO/IEC 7810); perspective changes what is seen of that.
const RATIO: [f32; 2] = [1.25, 2.0];
/// The least share of the picture that a card fills.
const SURFACE_MIN: f32 = 0.08;
/// The least share of the frame that must be backed by edges.
const SUPPORT_MIN: f32 = 0.62;

/// The card's corners in the picture's pixels, its long sides first and last, or `None` if nothing
/// in the picture is framed like one.
pub(crate) fn card(picture: &Picture) -> Option<Quad> {
    let scale = SIDE / picture.width().max(picture.height()) as f32;
    let (width, height) = (picture.width() as f32 * scale, picture.height() as f32 * scale);
    let small = cut(picture, &whole(picture), width.round() as u32, height.round() as u32)?;
    let edges = Edges::of(&Gray::of(&small));
    let lines = edges.lines();
    let quad = edges.best(&lines)?;
    let (w, h) = (quad.width(), quad.height());
    let quad = if w < h { quad.turned(1) } else { quad };
    Some(quad.map(|p| at(p.x / scale, p.y / scale)))
}

/// A line: all points with x·cos + y·sin = distance.
#[derive(Clone, Copy, Debug)]
struct Edge {
    angle: usize,
    distance: f32,
}

impl Edge {
    fn normal(self) -> (f32, f32) {
        let (sin, cos) = (self.angle as f32).to_radians().sin_cos();
        (cos, sin)
    }

    fn crossing(self, other: Self) -> Option<Point> {
        let ((a, b), (c, d)) = (self.normal(), other.normal());
        let size = a * d - b * c;
        (size.abs() > 0.3).then(|| {
            at(
                (self.distance * d - other.distance * b) / size,
                (other.distance * a - self.distance * c) / size,
            )
        })
    }
}

/// Strength and direction of the brightest step at every pixel.
struct Edges {
    strength: Gray,
    angle: Vec<usize>,
    threshold: f32,
}

impl Edges {
    fn of(gray: &Gray) -> Self {
        let mut strength = Gray::empty(gray.width, gray.height);
        let mut angle = vec![0; gray.values.len()];
        for y in 1..gray.height.saturating_sub(1) {
            for x in 1..gray.width.saturating_sub(1) {
                let (ix, iy) = (x.cast_signed(), y.cast_signed());
                let p = |dx: isize, dy: isize| gray.get(ix + dx, iy + dy);
                let across =
                    p(1, -1) + 2.0 * p(1, 0) + p(1, 1) - p(-1, -1) - 2.0 * p(-1, 0) - p(-1, 1);
                let down =
                    p(-1, 1) + 2.0 * p(0, 1) + p(1, 1) - p(-1, -1) - 2.0 * p(0, -1) - p(1, -1);
                strength.set(x, y, across.hypot(down));
                let degrees = down.atan2(across).to_degrees().rem_euclid(180.0);
                if let Some(angle) = angle.get_mut(y * gray.width + x) {
                    *angle = degrees.round() as usize % ANGLES;
                }
            }
        }
        let mut sorted = strength.values.clone();
        sorted.sort_by(f32::total_cmp);
        let high = sorted.get(sorted.len() * 84 / 100).copied().unwrap_or(0.0);
        Self { strength, angle, threshold: high.max(24.0) }
    }

    /// The strongest lines, none of them twice.
    fn lines(&self) -> Vec<Edge> {
        let reach = (self.strength.width as f32).hypot(self.strength.height as f32).ceil();
        let bins = reach as usize * 2 + 3;
        let mut votes = vec![0.0_f32; ANGLES * bins];
        let strong = self.strength.values.iter().zip(&self.angle).enumerate();
        for (index, (strength, angle)) in strong {
            if *strength < self.threshold {
                continue;
            }
            let x = (index % self.strength.width) as f32;
            let y = (index / self.strength.width) as f32;
            for turn in [ANGLES - 2, ANGLES - 1, 0, 1, 2] {
                let angle = (angle + turn) % ANGLES;
                let (sin, cos) = (angle as f32).to_radians().sin_cos();
                let bin = (x * cos + y * sin + reach).round() as usize;
                if let Some(vote) = votes.get_mut(angle * bins + bin) {
                    *vote += 1.0;
                }
            }
        }
        strongest(votes, bins, reach)
    }

    /// How well `quad` is framed: the least backed side, and the mean of all, 0 to 1.
    fn support(&self, quad: &Quad) -> (f32, f32) {
        let next = quad.0.iter().cycle().skip(1);
        let (mut least, mut sum) = (1.0_f32, 0.0);
        for (a, b) in quad.0.iter().zip(next) {
            let share = self.side(*a, *b);
            least = least.min(share);
            sum += share;
        }
        (least, sum / 4.0)
    }

    /// The share of a side that lies on an edge of its own direction.
    fn side(&self, a: Point, b: Point) -> f32 {
        let count = (a.distance(b) / 2.0).ceil().max(4.0);
        let normal = (b.x - a.x).atan2(a.y - b.y).to_degrees().rem_euclid(180.0);
        let mut hits = 0.0;
        for step in 0..count as usize {
            let p = a.towards(b, (step as f32 + 0.5) / count);
            let is_hit = (-1..=1).any(|dy| (-1..=1).any(|dx| self.is_edge(p, dx, dy, normal)));
            hits += f32::from(u8::from(is_hit));
        }
        hits / count
    }

    fn is_edge(&self, p: Point, dx: isize, dy: isize, normal: f32) -> bool {
        let (x, y) = (p.x.round() as isize + dx, p.y.round() as isize + dy);
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return false };
        if x >= self.strength.width || y >= self.strength.height {
            return false;
        }
        let index = y * self.strength.width + x;
        let strength = self.strength.values.get(index).copied().unwrap_or(0.0);
        let angle = self.angle.get(index).copied().unwrap_or(0) as f32;
        let apart = (angle - normal).rem_euclid(180.0);
        strength >= self.threshold * 0.7 && apart.min(180.0 - apart) < 12.0
    }

    /// The best framed quadrilateral of two pairs of lines.
    fn best(&self, lines: &[Edge]) -> Option<Quad> {
        let pairs = self.pairs(lines);
        let mut best: Option<(f32, Quad)> = None;
        for (index, one) in pairs.iter().enumerate() {
            for other in pairs.iter().skip(index + 1) {
                let Some(quad) = self.framed(*one, *other) else { continue };
                let (least, mean) = self.support(&quad);
                if least < 0.35 || mean < SUPPORT_MIN {
                    continue;
                }
                // Between a card and a frame within it the larger one wins.
                let share = quad.area() / (self.strength.width * self.strength.height) as f32;
                let score = mean + 0.5 * least + 0.35 * share.sqrt();
                if best.is_none_or(|(most, _)| score > most) {
                    best = Some((score, quad));
                }
            }
        }
        best.map(|(_, quad)| quad)
    }

    /// Lines that could be opposite sides.
    fn pairs(&self, lines: &[Edge]) -> Vec<[Edge; 2]> {
        let apart_min = self.strength.width.min(self.strength.height) as f32 * 0.2;
        let mut pairs = Vec::new();
        for (index, one) in lines.iter().enumerate() {
            for other in lines.iter().skip(index + 1) {
                let turn = one.angle.abs_diff(other.angle);
                let is_flipped = turn > ANGLES / 2;
                let turn = if is_flipped { ANGLES - turn } else { turn };
                let distance = if is_flipped { -other.distance } else { other.distance };
                if turn <= 22 && (one.distance - distance).abs() > apart_min {
                    pairs.push([*one, *other]);
                }
            }
        }
        pairs
    }

    /// The four crossings of two pairs, if they look like a card.
    fn framed(&self, [a, b]: [Edge; 2], [c, d]: [Edge; 2]) -> Option<Quad> {
        let corners = [a.crossing(c)?, a.crossing(d)?, b.crossing(d)?, b.crossing(c)?];
        let (width, height) = (self.strength.width as f32, self.strength.height as f32);
        let slack = 0.04 * width.max(height);
        let is_inside = |p: &Point| {
            (-slack..width + slack).contains(&p.x) && (-slack..height + slack).contains(&p.y)
        };
        if !corners.iter().all(is_inside) {
            return None;
        }
        let quad = ordered(corners)?;
        let (w, h) = (quad.width(), quad.height());
        let ratio = w.max(h) / w.min(h).max(1.0);
        let is_card = (RATIO[0]..RATIO[1]).contains(&ratio);
        (is_card && quad.area() > SURFACE_MIN * width * height).then_some(quad)
    }
}

/// The peaks of the votes, strongest first.
fn strongest(mut votes: Vec<f32>, bins: usize, reach: f32) -> Vec<Edge> {
    let mut lines = Vec::new();
    while lines.len() < LINES_MAX {
        let best = votes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let Some((index, most)) = best else { break };
        if *most < 18.0 {
            break;
        }
        let (angle, bin) = (index / bins, index % bins);
        lines.push(Edge { angle, distance: bin as f32 - reach });
        for turn in 0..11 {
            let whole = angle + ANGLES + turn - 5;
            let is_flipped = whole / ANGLES != 1;
            let centre =
                if is_flipped { reach as usize * 2 - bin.min(reach as usize * 2) } else { bin };
            for near in centre.saturating_sub(5)..(centre + 6).min(bins) {
                if let Some(vote) = votes.get_mut(whole % ANGLES * bins + near) {
                    *vote = 0.0;
                }
            }
        }
    }
    lines
}

/// The corners clockwise from the one nearest the upper left; `None` if they cross.
fn ordered(corners: [Point; 4]) -> Option<Quad> {
    let quad = Quad(corners);
    let quad = if quad.area() < 0.0 {
        let [a, b, c, d] = corners;
        Quad([a, d, c, b])
    } else {
        quad
    };
    let first = quad.0.iter().enumerate().min_by(|a, b| {
        let sum = |p: &Point| p.x + p.y;
        sum(a.1).total_cmp(&sum(b.1))
    })?;
    let quad = quad.turned(first.0);
    (quad.area() > 0.0).then_some(quad)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A light card on a dark table.
    fn photo(corners: Quad, ground: u8, card: u8) -> Picture {
        let inside = |p: Point| {
            let next = corners.0.iter().cycle().skip(1);
            corners
                .0
                .iter()
                .zip(next)
                .all(|(a, b)| (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0.0)
        };
        let (width, height) = (720_u32, 540_u32);
        let pixels = (0..width * height).flat_map(|index| {
            let p = at((index % width) as f32, (index / width) as f32);
            [if inside(p) { card } else { ground }; 3]
        });
        Picture::from_raw(width, height, pixels.collect()).expect("whole")
    }

    #[test]
    fn a_card_in_perspective_is_found_at_its_corners() {
        let corners = Quad([at(110.0, 90.0), at(640.0, 130.0), at(600.0, 450.0), at(90.0, 400.0)]);
        for (ground, card) in [(60, 210), (235, 190), (120, 170)] {
            let found = super::card(&photo(corners, ground, card)).expect("a card");
            for (found, real) in found.0.iter().zip(corners.0) {
                assert!(found.distance(real) < 9.0, "{found:?} for {real:?}");
            }
        }
    }

    #[test]
    fn an_empty_table_and_a_square_are_no_card() {
        let nothing = Quad::rectangle(0.0, 0.0, 0.0, 0.0);
        assert!(card(&photo(nothing, 90, 90)).is_none());
        let square = Quad::rectangle(100.0, 100.0, 400.0, 400.0);
        assert!(card(&photo(square, 60, 210)).is_none());
    }
}
