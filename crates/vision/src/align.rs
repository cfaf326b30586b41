//! A face put upright: cut out so that eyes, nose and mouth lie where a pattern wants them.

use crate::picture::Picture;

/// Five places of a face in pixels: the eye on the picture's left, the other one, the tip of the
/// nose, the corner of the mouth on the left, the other one.
pub type Landmarks = [(f32, f32); 5];

/// Finest steps within one pixel of the result, each way, when a large face is shrunk.
const STEPS_MAX: u32 = 6;

/// Where the five places lie in the square of 112 pixels that face models are trained on (the
/// template of ArcFace, Deng and others 2019).
pub const TEMPLATE: Landmarks = [
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
];

/// The template for a square of `side` pixels that shows `zoom` times as much around the face.
pub fn template(side: f32, zoom: f32) -> Landmarks {
    let scale = side / (112.0 * zoom);
    TEMPLATE.map(|(x, y)| ((x - 56.0) * scale + side / 2.0, (y - 56.0) * scale + side / 2.0))
}

/// `picture` turned, moved and scaled (never sheared) so that `from` comes as close to `to` as it
/// can by least squares (Umeyama 1991, in the plane), `width` by `height` pixels. What lies outside
/// the picture is black. `None` if the five places are one.
pub fn aligned(
    picture: &Picture,
    from: &Landmarks,
    to: &Landmarks,
    (width, height): (u32, u32),
) -> Option<Picture> {
    let back = Similarity::between(to, from)?;
    let steps = (back.scale().round().max(1.0) as u32).min(STEPS_MAX);
    let inner = |index: u32| (index as f32 + 0.5) / steps as f32 - 0.5;
    let mut out = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0_f32; 3];
            for part in 0..steps * steps {
                let place = (x as f32 + inner(part % steps), y as f32 + inner(part / steps));
                let rgb = sample(picture, back.apply(place));
                sum.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += value);
            }
            out.extend(sum.map(|value| (value / (steps * steps) as f32).round() as u8));
        }
    }
    Picture::from_raw(width, height, out)
}

/// Turning, scaling and moving: `(a·x − b·y + c, b·x + a·y + d)`.
#[derive(Clone, Copy, Debug)]
struct Similarity {
    a: f32,
    b: f32,
    c: f32,
    d: f32,
}

impl Similarity {
    fn between(from: &Landmarks, to: &Landmarks) -> Option<Self> {
        let mean = |points: &Landmarks| {
            let sum = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
            (sum.0 / 5.0, sum.1 / 5.0)
        };
        let (p0, q0) = (mean(from), mean(to));
        let (mut along, mut across, mut size) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (p, q) in from.iter().zip(to) {
            let (px, py, qx, qy) = (p.0 - p0.0, p.1 - p0.1, q.0 - q0.0, q.1 - q0.1);
            along += px * qx + py * qy;
            across += px * qy - py * qx;
            size += px * px + py * py;
        }
        let is_usable = size.is_finite() && size > 1e-3 && along.hypot(across) > 1e-6;
        is_usable.then(|| {
            let (a, b) = (along / size, across / size);
            Self { a, b, c: q0.0 - a * p0.0 + b * p0.1, d: q0.1 - b * p0.0 - a * p0.1 }
        })
    }

    fn scale(self) -> f32 {
        self.a.hypot(self.b)
    }

    fn apply(self, (x, y): (f32, f32)) -> (f32, f32) {
        (self.a * x - self.b * y + self.c, self.b * x + self.a * y + self.d)
    }
}

/// Between four pixels; black outside.
fn sample(picture: &Picture, (x, y): (f32, f32)) -> [f32; 3] {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    if !(x > -1.0 && y > -1.0 && x < width && y < height) {
        return [0.0; 3];
    }
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let mut out = [0.0; 3];
    for (dx, dy, weight) in [
        (0.0, 0.0, (1.0 - fx) * (1.0 - fy)),
        (1.0, 0.0, fx * (1.0 - fy)),
        (0.0, 1.0, (1.0 - fx) * fy),
        (1.0, 1.0, fx * fy),
    ] {
        let (px, py) = (left + dx, top + dy);
        if px < 0.0 || py < 0.0 || weight <= 0.0 {
            continue;
        }
        if let Some(pixel) = picture.rgb.get_pixel_checked(px as u32, py as u32) {
            out.iter_mut().zip(pixel.0).for_each(|(sum, c)| *sum += f32::from(c) * weight);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(places: &Landmarks) -> Picture {
        let mut picture = crate::draw::sheet(400, 300, [0, 0, 0]);
        for place in places {
            crate::draw::ellipse(&mut picture, [255, 255, 255], *place, (6.0, 6.0));
        }
        picture
    }

    #[test]
    fn a_turned_face_comes_to_the_template() {
        let turned = |(x, y): (f32, f32)| {
            let (sin, cos) = 0.4_f32.sin_cos();
            ((x * cos - y * sin) * 2.0 + 170.0, (x * sin + y * cos) * 2.0 + 20.0)
        };
        let from = TEMPLATE.map(turned);
        let upright = aligned(&dots(&from), &from, &TEMPLATE, (112, 112)).expect("five places");
        for (x, y) in TEMPLATE {
            let pixel = upright.rgb.get_pixel(x.round() as u32, y.round() as u32).0;
            assert!(pixel[0] > 200, "a dot at {x},{y}: {pixel:?}");
        }
        let dark = upright.rgb.get_pixel(56, 56).0;
        assert!(dark[0] < 20, "nothing between the dots: {dark:?}");
    }

    #[test]
    fn one_place_and_wild_places_are_no_face() {
        let picture = dots(&TEMPLATE);
        assert!(aligned(&picture, &[(5.0, 5.0); 5], &TEMPLATE, (8, 8)).is_none());
        let wild = [(f32::NAN, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 9.0)];
        assert!(aligned(&picture, &wild, &TEMPLATE, (8, 8)).is_none());
        let far = TEMPLATE.map(|(x, y)| (x + 1e6, y - 1e6));
        let black = aligned(&picture, &far, &TEMPLATE, (8, 8)).expect("a face far outside");
        assert!(black.raw().iter().all(|value| *value == 0));
    }
}
