//! Points, quadrilaterals and the plane perspective that maps one onto another.

/// A point in pixels, or in shares of a card's width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    /// Left to right.
    pub(crate) x: f32,
    /// Top to bottom.
    pub(crate) y: f32,
}

/// A point.
pub(crate) const fn at(x: f32, y: f32) -> Point {
    Point { x, y }
}

impl Point {
    /// How far two points lie apart.
    pub(crate) fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point `share` of the way to `other`.
    pub(crate) fn towards(self, other: Self, share: f32) -> Self {
        at(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// Four corners: upper left, upper right, lower right, lower left of what is written in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quad(pub(crate) [Point; 4]);

impl Quad {
    /// An upright rectangle.
    pub(crate) const fn rectangle(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self([at(left, top), at(right, top), at(right, bottom), at(left, bottom)])
    }

    /// Mean of the upper and the lower side.
    pub(crate) fn width(&self) -> f32 {
        let [a, b, c, d] = self.0;
        f32::midpoint(a.distance(b), d.distance(c))
    }

    /// Mean of the left and the right side.
    pub(crate) fn height(&self) -> f32 {
        let [a, b, c, d] = self.0;
        f32::midpoint(a.distance(d), b.distance(c))
    }

    /// The mean of the corners.
    pub(crate) fn centre(&self) -> Point {
        let sum = self.0.iter().fold(at(0.0, 0.0), |sum, p| at(sum.x + p.x, sum.y + p.y));
        at(sum.x / 4.0, sum.y / 4.0)
    }

    /// Each corner moved.
    pub(crate) fn map(&self, change: impl Fn(Point) -> Point) -> Self {
        Self(self.0.map(change))
    }

    /// The same corners, beginning `quarters` later: what was the right side becomes the top.
    pub(crate) fn turned(&self, quarters: usize) -> Self {
        let mut corners = self.0;
        corners.rotate_left(quarters % 4);
        Self(corners)
    }

    /// The surface; negative when the corners run the other way round.
    pub(crate) fn area(&self) -> f32 {
        let [a, b, c, d] = self.0;
        let cross = |p: Point, q: Point| p.x * q.y - q.x * p.y;
        (cross(a, b) + cross(b, c) + cross(c, d) + cross(d, a)) / 2.0
    }

    /// The part from `from` to `to`, in shares of the writing direction.
    pub(crate) fn part(&self, from: f32, to: f32) -> Self {
        let [a, b, c, d] = self.0;
        Self([a.towards(b, from), a.towards(b, to), d.towards(c, to), d.towards(c, from)])
    }

    /// Smallest and largest coordinates: left, top, right, bottom.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let low = |f: fn(&Point) -> f32| self.0.iter().map(f).fold(f32::INFINITY, f32::min);
        let high = |f: fn(&Point) -> f32| self.0.iter().map(f).fold(f32::NEG_INFINITY, f32::max);
        [low(|p| p.x), low(|p| p.y), high(|p| p.x), high(|p| p.y)]
    }
}

/// A plane perspective.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Homography([f64; 9]);

impl Homography {
    /// The one that takes the corners of `from` to the corners of `to`; `None` if three of them lie
    /// on a line.
    pub(crate) fn between(from: &Quad, to: &Quad) -> Option<Self> {
        let mut rows = [[0.0_f64; 9]; 8];
        let pairs = from.0.iter().zip(to.0);
        for (two, (p, q)) in rows.chunks_exact_mut(2).zip(pairs) {
            let (x, y) = (f64::from(p.x), f64::from(p.y));
            let (u, v) = (f64::from(q.x), f64::from(q.y));
            if let [first, second] = two {
                *first = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
                *second = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
            }
        }
        let [a, b, c, d, e, f, g, h] = solve(rows)?;
        Some(Self([a, b, c, d, e, f, g, h, 1.0]))
    }

    /// Where `start` goes, and every point a step of 1 further right, without end.
    pub(crate) fn along(&self, start: Point) -> impl Iterator<Item = Point> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let (x, y) = (f64::from(start.x), f64::from(start.y));
        let [u, v, w] = [a * x + b * y + c, d * x + e * y + f, g * x + h * y + i];
        (0_u32..).map(move |step| {
            let step = f64::from(step);
            let w = w + g * step;
            let w = 1.0 / if w.abs() < 1e-9 { 1e-9 } else { w };
            at(((u + a * step) * w) as f32, ((v + d * step) * w) as f32)
        })
    }

    /// Where `point` goes.
    pub(crate) fn apply(&self, point: Point) -> Point {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let w = g * x + h * y + i;
        let w = if w.abs() < 1e-9 { 1e-9 } else { w };
        at(((a * x + b * y + c) / w) as f32, ((d * x + e * y + f) / w) as f32)
    }
}

/// Gauss with pivots; `None` if the equations have no single answer.
fn solve(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let size = |row: &[f64; 9]| row.get(column).map_or(0.0, |value| value.abs());
        let best = (column..8).max_by(|a, b| {
            let of = |index: &usize| rows.get(*index).map_or(0.0, size);
            of(a).total_cmp(&of(b))
        })?;
        rows.swap(column, best);
        let pivot = *rows.get(column)?;
        let head = *pivot.get(column)?;
        if head.abs() < 1e-10 {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let factor = row.get(column)? / head;
                for (value, above) in row.iter_mut().zip(pivot) {
                    *value -= factor * above;
                }
            }
        }
    }
    let mut answer = [0.0; 8];
    for (index, (value, row)) in answer.iter_mut().zip(rows).enumerate() {
        *value = row.get(8)? / row.get(index)?;
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perspective_takes_every_corner_to_its_place_and_back() {
        let from = Quad::rectangle(0.0, 0.0, 100.0, 60.0);
        let to = Quad([at(12.0, 7.0), at(230.0, 31.0), at(210.0, 190.0), at(-4.0, 150.0)]);
        let there = Homography::between(&from, &to).expect("a perspective");
        let back = Homography::between(&to, &from).expect("a perspective");
        for (p, q) in from.0.iter().zip(to.0) {
            assert!(there.apply(*p).distance(q) < 0.01);
            assert!(back.apply(there.apply(*p)).distance(*p) < 0.01);
        }
    }

    #[test]
    fn a_row_of_points_goes_where_each_of_them_goes() {
        let from = Quad::rectangle(0.0, 0.0, 100.0, 60.0);
        let to = Quad([at(12.0, 7.0), at(230.0, 31.0), at(210.0, 190.0), at(-4.0, 150.0)]);
        let map = Homography::between(&from, &to).expect("a perspective");
        for (step, point) in map.along(at(3.5, 20.25)).take(90).enumerate() {
            assert!(map.apply(at(3.5 + step as f32, 20.25)).distance(point) < 1e-3);
        }
    }

    #[test]
    fn corners_on_a_line_have_no_perspective() {
        let flat = Quad([at(0.0, 0.0), at(1.0, 0.0), at(2.0, 0.0), at(3.0, 0.0)]);
        assert!(Homography::between(&flat, &Quad::rectangle(0.0, 0.0, 1.0, 1.0)).is_none());
    }
}
