//! Where text stands: the detection net and what is made of its map (differentiable
//! binarization, Liao et al. 2020, with the limits of the package the model comes from).

use crate::geometry::{Point, Quad, at};
use crate::session::{ModelError, Session, Tensor};
use vision::Picture;

/// From this probability on a pixel is text.
const PIXEL_MIN: f32 = 0.3;
/// Mean probability from which on a blob is a line.
const LINE_MIN: f32 = 0.5;
/// How far the shrunk blob is grown back: surface × this / girth.
const GROWTH: f32 = 1.6;
/// Blobs thinner than this, in pixels of the map, are dirt.
const SIDE_MIN: f32 = 3.0;
/// More lines than any document has; the rest is left.
const LINES_MAX: usize = 200;
/// The net halves its input five times.
const STEP: u32 = 32;

/// The lines of text in `picture`, each as a quadrilateral in its pixels, written from left to
/// right. `longest` is the side, in pixels, to which the picture is brought for the net.
pub(crate) fn lines(
    session: &dyn Session,
    picture: &Picture,
    longest: u32,
) -> Result<Vec<Quad>, ModelError> {
    let scale = longest as f32 / picture.width().max(picture.height()) as f32;
    let side = |length: u32| {
        let steps = (length as f32 * scale / STEP as f32).round() as u32;
        steps.max(1) * STEP
    };
    let (width, height) = (side(picture.width()), side(picture.height()));
    let small = crate::raster::cut(picture, &crate::raster::whole(picture), width, height)
        .ok_or_else(|| ModelError::Run("the picture has no surface".to_owned()))?;
    let outputs = session.run(tensor(&small))?;
    let map = outputs.first().ok_or_else(|| ModelError::Run("no map".to_owned()))?;
    let (width, height) = (width as usize, height as usize);
    if map.values.len() != width * height {
        return Err(ModelError::Run("the map has another size".to_owned()));
    }
    let (across, down) =
        (picture.width() as f32 / width as f32, picture.height() as f32 / height as f32);
    let found = blobs(&map.values, width, height);
    Ok(found.iter().map(|quad| quad.map(|p| at(p.x * across, p.y * down))).collect())
}

/// Blue, green and red, from −1 to 1.
pub(crate) fn tensor(picture: &Picture) -> Tensor {
    let mut values = Vec::with_capacity(picture.raw().len());
    for channel in [2, 1, 0] {
        let of_channel = picture.raw().iter().skip(channel).step_by(3);
        values.extend(of_channel.map(|value| f32::from(*value) / 127.5 - 1.0));
    }
    let shape = vec![1, 3, picture.height() as usize, picture.width() as usize];
    Tensor { shape, values }
}

/// Every blob of text in a map of probabilities.
fn blobs(map: &[f32], width: usize, height: usize) -> Vec<Quad> {
    let mut is_open: Vec<bool> = map.iter().map(|value| *value > PIXEL_MIN).collect();
    let mut found = Vec::new();
    for start in 0..map.len() {
        if is_open.get(start) != Some(&true) {
            continue;
        }
        let pixels = flood(&mut is_open, start, width, height);
        let sum: f32 = pixels.iter().filter_map(|index| map.get(*index)).sum();
        if sum / (pixels.len() as f32) < LINE_MIN {
            continue;
        }
        if let Some(quad) = grown(&pixels, width) {
            found.push(quad);
        }
        if found.len() == LINES_MAX {
            break;
        }
    }
    found
}

/// Takes one connected blob out of the mask.
fn flood(is_open: &mut [bool], start: usize, width: usize, height: usize) -> Vec<usize> {
    let mut pixels = Vec::new();
    let mut next = vec![start];
    while let Some(index) = next.pop() {
        match is_open.get_mut(index) {
            Some(open) if *open => *open = false,
            _ => continue,
        }
        pixels.push(index);
        let (x, y) = (index % width, index / width);
        for ny in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for nx in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                next.push(ny * width + nx);
            }
        }
    }
    pixels
}

/// The rectangle round a blob, grown back to the size of the letters.
fn grown(pixels: &[usize], width: usize) -> Option<Quad> {
    let points = pixels.iter().map(|i| at((i % width) as f32 + 0.5, (i / width) as f32 + 0.5));
    let quad = smallest_rectangle(&hull(points.collect()))?;
    let (w, h) = (quad.width() + 1.0, quad.height() + 1.0);
    if w.min(h) < SIDE_MIN {
        return None;
    }
    let more = w * h * GROWTH / (2.0 * (w + h)) + 0.5;
    let [a, b, c, d] = quad.0;
    let (right, down) = (unit(a, b, (1.0, 0.0)), unit(a, d, (0.0, 1.0)));
    let moved = |p: Point, along: f32, across: f32| {
        at(
            p.x + (right.0 * along + down.0 * across) * more,
            p.y + (right.1 * along + down.1 * across) * more,
        )
    };
    let quad =
        Quad([moved(a, -1.0, -1.0), moved(b, 1.0, -1.0), moved(c, 1.0, 1.0), moved(d, -1.0, 1.0)]);
    Some(quad)
}

fn unit(from: Point, to: Point, otherwise: (f32, f32)) -> (f32, f32) {
    let length = from.distance(to);
    if length < 1e-3 {
        return otherwise;
    }
    ((to.x - from.x) / length, (to.y - from.y) / length)
}

/// The convex hull (Andrew's monotone chain).
pub(crate) fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    let half = |points: &mut dyn Iterator<Item = &Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for &p in points {
            while let [.., a, b] = chain.as_slice() {
                if (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut whole = half(&mut points.iter());
    whole.extend(half(&mut points.iter().rev()));
    if whole.is_empty() { points } else { whole }
}

/// The rectangle of least surface round a hull: one of its sides lies on the hull. Its first side
/// runs most nearly to the right.
fn smallest_rectangle(hull: &[Point]) -> Option<Quad> {
    let next = hull.iter().cycle().skip(1);
    let mut best: Option<(f32, Quad)> = None;
    for (a, b) in hull.iter().zip(next) {
        let mut angle = (b.y - a.y).atan2(b.x - a.x);
        let quarter = std::f32::consts::FRAC_PI_2;
        angle -= (angle / quarter).round() * quarter;
        let quad = rectangle_at(hull, angle);
        let surface = quad.width() * quad.height();
        if best.is_none_or(|(least, _)| surface < least) {
            best = Some((surface, quad));
        }
    }
    best.map(|(_, quad)| quad)
}

/// The rectangle round points whose first side has this angle.
fn rectangle_at(points: &[Point], angle: f32) -> Quad {
    let (sin, cos) = angle.sin_cos();
    let turned = |p: &Point| at(p.x * cos + p.y * sin, p.y * cos - p.x * sin);
    let mut bounds = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    for p in points.iter().map(turned) {
        let [left, top, right, bottom] = bounds;
        bounds = [left.min(p.x), top.min(p.y), right.max(p.x), bottom.max(p.y)];
    }
    let [left, top, right, bottom] = bounds;
    let back = |p: Point| at(p.x * cos - p.y * sin, p.x * sin + p.y * cos);
    Quad::rectangle(left, top, right, bottom).map(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slanted_bar_is_found_with_its_slope_and_dirt_is_not() {
        let (width, height) = (200, 100);
        let mut map = vec![0.0; width * height];
        for x in 20..180_usize {
            for y in 0..10_usize {
                let row = 30 + x / 8 + y;
                if let Some(value) = map.get_mut(row * width + x) {
                    *value = 0.9;
                }
            }
        }
        if let Some(value) = map.get_mut(5 * width + 5) {
            *value = 0.9;
        }
        let found = blobs(&map, width, height);
        assert_eq!(found.len(), 1);
        let [a, b, ..] = found.first().expect("one").0;
        let slope = (b.y - a.y) / (b.x - a.x);
        assert!((slope - 0.125).abs() < 0.02, "{slope}");
    }

    #[test]
    fn a_faint_blob_is_no_line() {
        let map = vec![0.4; 100 * 50];
        assert!(blobs(&map, 100, 50).is_empty());
    }
}
