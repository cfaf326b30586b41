//! Where faces are (YuNet): the model answers for every cell of three grids how surely it belongs
//! to a face, where that face's box is, and its five places.

use crate::session::{ModelError, Session, Tensor};
use vision::{Landmarks, Picture};

/// The picture is looked at in a square of so many pixels; the model runs at no other size.
const SIDE: usize = 640;
/// Pixels of a cell, of each grid.
const STRIDES: [usize; 3] = [8, 16, 32];
/// Less sure than this is no face at all; what counts as one is the policy's.
const SURENESS_MIN: f32 = 0.5;
/// Two boxes that share more than this are of one face.
const OVERLAP_MAX: f32 = 0.3;
/// Faces that are told of one picture.
const FACES_MAX: usize = 32;

/// Finds faces.
#[derive(Debug)]
pub(super) struct Detector(Box<dyn Session>);

/// A face in a picture's pixels.
#[derive(Clone, Debug)]
pub(super) struct Detection {
    /// From 0 to 1.
    pub(super) sureness: f32,
    /// Left, top, width, height.
    pub(super) place: [f32; 4],
    /// The five places.
    pub(super) landmarks: Landmarks,
}

impl Detection {
    pub(super) fn surface(&self) -> f32 {
        let [_, _, width, height] = self.place;
        (width * height).max(1.0)
    }

    /// Left, top, right, bottom.
    pub(super) fn bounds(&self) -> [f32; 4] {
        let [x, y, width, height] = self.place;
        [x, y, x + width, y + height]
    }

    /// Shared surface of all surface.
    fn overlap(&self, other: &Self) -> f32 {
        let ([a, b, c, d], [e, f, g, h]) = (self.bounds(), other.bounds());
        let shared = (c.min(g) - a.max(e)).max(0.0) * (d.min(h) - b.max(f)).max(0.0);
        shared / (self.surface() + other.surface() - shared).max(1.0)
    }
}

impl Detector {
    pub(super) fn new(session: Box<dyn Session>) -> Self {
        Self(session)
    }

    /// Every face, the largest first.
    pub(super) fn find(&self, picture: &Picture) -> Result<Vec<Detection>, ModelError> {
        let longest = picture.width().max(picture.height());
        let small = picture.fitted(SIDE as u32);
        let scale = longest as f32 / small.width().max(small.height()) as f32;
        let outputs = self.0.run(square(&small))?;
        let mut found = decoded(&outputs)?;
        found.sort_by(|a, b| b.sureness.total_cmp(&a.sureness));
        let mut kept: Vec<Detection> = Vec::new();
        for face in found {
            if kept.len() < FACES_MAX && kept.iter().all(|one| one.overlap(&face) <= OVERLAP_MAX) {
                kept.push(face);
            }
        }
        kept.sort_by(|a, b| b.surface().total_cmp(&a.surface()));
        for face in &mut kept {
            face.place = face.place.map(|value| value * scale);
            face.landmarks = face.landmarks.map(|(x, y)| (x * scale, y * scale));
        }
        Ok(kept)
    }
}

/// Blue, green and red, plane by plane, in the upper left of a black square.
fn square(picture: &Picture) -> Tensor {
    let mut values = vec![0.0; 3 * SIDE * SIDE];
    let width = picture.width() as usize;
    for (plane, channel) in values.chunks_exact_mut(SIDE * SIDE).zip([2, 1, 0]) {
        let rows = plane.chunks_exact_mut(SIDE).zip(picture.raw().chunks_exact(width * 3));
        for (to, from) in rows {
            let from = from.iter().skip(channel).step_by(3);
            to.iter_mut().zip(from).for_each(|(to, value)| *to = f32::from(*value));
        }
    }
    Tensor { shape: vec![1, 3, SIDE, SIDE], values }
}

/// Twelve outputs: class, object, box and places, each for three grids.
fn decoded(outputs: &[Tensor]) -> Result<Vec<Detection>, ModelError> {
    let wrong = || ModelError::Run("the face detector has other outputs".to_owned());
    let mut found = Vec::new();
    for (grid, stride) in STRIDES.into_iter().enumerate() {
        let columns = SIDE / stride;
        let of = |kind: usize, width: usize| {
            let output = outputs.get(kind * STRIDES.len() + grid);
            output.filter(|o| o.values.len() == columns * columns * width).ok_or_else(wrong)
        };
        let (class, object, boxes, places) = (of(0, 1)?, of(1, 1)?, of(2, 4)?, of(3, 10)?);
        let scores = class.values.iter().zip(&object.values);
        let cells = boxes.values.chunks_exact(4).zip(places.values.chunks_exact(10));
        for (index, ((class, object), (place, marks))) in scores.zip(cells).enumerate() {
            let sureness = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            if sureness < SURENESS_MIN {
                continue;
            }
            let (column, row) = ((index % columns) as f32, (index / columns) as f32);
            found.extend(face(sureness, (column, row), stride as f32, place, marks));
        }
    }
    Ok(found)
}

fn face(
    sureness: f32,
    (column, row): (f32, f32),
    stride: f32,
    place: &[f32],
    marks: &[f32],
) -> Option<Detection> {
    let &[x, y, width, height] = place else { return None };
    let (width, height) = (width.exp() * stride, height.exp() * stride);
    let (x, y) = ((column + x) * stride, (row + y) * stride);
    let mut landmarks = [(0.0, 0.0); 5];
    for (to, mark) in landmarks.iter_mut().zip(marks.chunks_exact(2)) {
        let &[dx, dy] = mark else { return None };
        *to = ((column + dx) * stride, (row + dy) * stride);
    }
    let place = [x - width / 2.0, y - height / 2.0, width, height];
    let is_finite = place.iter().all(|value| value.is_finite())
        && landmarks.iter().all(|(x, y)| x.is_finite() && y.is_finite());
    is_finite.then_some(Detection { sureness, place, landmarks })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs in which one cell of the middle grid, and its neighbour, answer.
    fn outputs(sure: f32) -> Vec<Tensor> {
        let mut all = Vec::new();
        for width in [1, 1, 4, 10] {
            for stride in STRIDES {
                let cells = (SIDE / stride) * (SIDE / stride);
                all.push(Tensor { shape: vec![1, cells, width], values: vec![0.0; cells * width] });
            }
        }
        for (cell, sure) in [(41, sure), (42, sure * 0.9)] {
            all[1].values[cell] = sure;
            all[4].values[cell] = sure;
            let scale: f32 = 4.0;
            all[7].values[cell * 4..cell * 4 + 4].copy_from_slice(&[
                0.5,
                0.5,
                scale.ln(),
                scale.ln(),
            ]);
            all[10].values[cell * 10..cell * 10 + 10]
                .copy_from_slice(&[-0.5, 0.0, 1.5, 0.0, 0.5, 0.5, 0.0, 1.0, 1.0, 1.0]);
        }
        all
    }

    #[derive(Debug)]
    struct Prescribed(Vec<Tensor>);

    impl Session for Prescribed {
        fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
            assert_eq!(input.shape, [1, 3, SIDE, SIDE]);
            Ok(self.0.clone())
        }
    }

    #[test]
    fn two_cells_of_one_face_are_one_face_in_the_pictures_own_pixels() {
        let detector = Detector::new(Box::new(Prescribed(outputs(0.9))));
        let picture = Picture::from_raw(1280, 640, vec![7; 1280 * 640 * 3]).expect("whole");
        let found = detector.find(&picture).expect("it runs");
        assert_eq!(found.len(), 1);
        // Column 1, row 1 of cells of 16 pixels: the centre is (24, 24), the sides are 64 pixels;
        // the picture is twice as large as the square.
        assert!(
            found[0]
                .place
                .iter()
                .zip([-16.0, -16.0, 128.0, 128.0])
                .all(|(a, b)| (a - b).abs() < 0.1)
        );
        assert_eq!(found[0].landmarks[0], (16.0, 32.0));
        assert!((found[0].sureness - 0.9).abs() < 1e-6);
    }

    #[test]
    fn what_is_unsure_or_wild_is_no_face_and_other_outputs_are_a_failure() {
        assert!(decoded(&outputs(0.49)).expect("whole").is_empty());
        let mut wild = outputs(0.9);
        wild[7].values[41 * 4 + 2] = f32::INFINITY;
        wild[10].values[42 * 10] = f32::NAN;
        assert!(decoded(&wild).expect("whole").is_empty());
        assert!(decoded(&outputs(0.9)[..11]).is_err());
        let mut short = outputs(0.9);
        short[0].values.pop();
        assert!(decoded(&short).is_err());
    }

    #[test]
    fn the_square_holds_blue_first() {
        let picture = Picture::from_raw(2, 1, vec![1, 2, 3, 4, 5, 6]).expect("whole");
        let tensor = square(&picture);
        let at = |plane: usize, x: usize| tensor.values[plane * SIDE * SIDE + x];
        let first = [at(0, 0), at(1, 0), at(2, 0), at(0, 1), at(2, 1)].map(|value| value as u8);
        assert_eq!(first, [3, 2, 1, 6, 4]);
    }
}
