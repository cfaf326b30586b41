//! Faces: found, measured, and compared. What is compared are vectors of 128 numbers that exist
//! only while two pictures are compared; they never leave this module.

mod detect;
mod fold;
mod measure;
mod pattern;

use crate::outline;
use crate::raster::cut;
use crate::session::{ModelError, Session, Tensor};
use detect::{Detection, Detector};
use domain::portrait::{Faces, Found, Measures, OnDocument, Portrait, Spot};
use std::time::Instant;
use vision::{Landmarks, Picture, TEMPLATE, aligned, fingerprint};

pub(crate) use fold::fold;

/// Pixels of the square from which a face is compared.
const SIDE: u32 = 112;
/// A document is cut out with this many pixels from side to side, which is what its photo has.
const CARD: (u32, u32) = (1012, 638);
/// So sure must the detector be that a face on a document is not looked for in other ways.
const SURE: f32 = 0.85;
/// Numbers that a face is compared by.
const VECTOR: usize = 128;

/// Finds, measures and compares faces. It keeps nothing of what it sees.
#[derive(Debug)]
pub struct FaceReader {
    detector: Detector,
    embedder: Box<dyn Session>,
}

/// What a face is compared by. It cannot be printed or read out, and is wiped when it is dropped.
pub struct FaceVector(Vec<f32>);

/// A face in a picture of its own.
struct OnCard {
    picture: Picture,
    landmarks: Landmarks,
    found: Found,
}

impl FaceReader {
    /// A reader of two models: the first finds faces, the second makes vectors of them.
    pub fn new(detector: Box<dyn Session>, embedder: Box<dyn Session>) -> Self {
        Self { detector: Detector::new(detector), embedder }
    }

    /// Looks at a portrait and, if there is one, at the photo of a document beside it. Gives up
    /// with [`ModelError::Deadline`] at the first step after `deadline`.
    pub fn look(
        &self,
        portrait: &Picture,
        document: Option<&Picture>,
        deadline: Instant,
    ) -> Result<Faces, ModelError> {
        let begun = Instant::now();
        let faces = self.detector.find(portrait)?;
        in_time(deadline)?;
        let seen = measured(portrait, &faces);
        let document = match document {
            None => None,
            Some(document) => {
                let on_card = self.on_document(document, deadline)?;
                let pair = on_card.as_ref().zip(faces.first()).and_then(|(card, face)| {
                    Some((
                        upright(portrait, &face.landmarks)?,
                        upright(&card.picture, &card.landmarks)?,
                    ))
                });
                let (mut cosine, mut bits) = (None, None);
                if let Some((one, other)) = pair {
                    bits = Some(fingerprint(&one).distance(&fingerprint(&other)));
                    in_time(deadline)?;
                    let one = embed(self.embedder.as_ref(), &one)?;
                    in_time(deadline)?;
                    cosine = one.cosine(&embed(self.embedder.as_ref(), &other)?);
                }
                Some(OnDocument { face: on_card.map(|card| card.found), cosine, bits })
            }
        };
        let millis = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok(Faces { portrait: seen, document, millis })
    }

    /// What the largest face of a picture is compared by, for as long as it is held; none if there
    /// is no face of which the detector is at least so sure.
    pub fn vector(
        &self,
        picture: &Picture,
        sureness_min: f32,
    ) -> Result<Option<FaceVector>, ModelError> {
        let faces = self.detector.find(picture)?;
        let sure = faces.first().filter(|face| face.sureness >= sureness_min);
        let face = sure.and_then(|face| upright(picture, &face.landmarks));
        face.map(|face| embed(self.embedder.as_ref(), &face)).transpose()
    }

    /// What a challenge is judged by: where the largest face's five places are, and how many faces
    /// of some size there are.
    pub fn follow(&self, frame: &Picture, deadline: Instant) -> Result<Portrait, ModelError> {
        in_time(deadline)?;
        Ok(measured(frame, &self.detector.find(frame)?))
    }

    /// The face on a document, upright or lying: first on the card that is cut out, then anywhere.
    fn on_document(
        &self,
        photo: &Picture,
        deadline: Instant,
    ) -> Result<Option<OnCard>, ModelError> {
        let mut best: Option<OnCard> = None;
        let card = outline::card(photo).and_then(|quad| {
            let picture = cut(photo, &quad, CARD.0, CARD.1)?;
            let map = crate::geometry::Homography::between(
                &crate::geometry::Quad::rectangle(0.0, 0.0, CARD.0 as f32, CARD.1 as f32),
                &quad,
            )?;
            Some((picture, map))
        });
        for quarters in 0..4_u8 {
            let mut views = Vec::new();
            views.extend(card.as_ref().map(|(picture, map)| (picture.turned(quarters), Some(map))));
            views.push((photo.turned(quarters), None));
            for (picture, map) in views {
                if best.as_ref().is_some_and(|best| best.found.sureness >= SURE) {
                    break;
                }
                in_time(deadline)?;
                let Some(face) = self.detector.find(&picture)?.into_iter().next() else { continue };
                if best.as_ref().is_some_and(|best| best.found.sureness >= face.sureness) {
                    continue;
                }
                let upright = face.landmarks.map(|place| {
                    let whole = map.map_or((photo.width(), photo.height()), |_| CARD);
                    let back = unturned(place, quarters, whole);
                    map.map_or(back, |map| {
                        let point = map.apply(crate::geometry::at(back.0, back.1));
                        (point.x, point.y)
                    })
                });
                let found = found(&face, &upright, photo);
                best = Some(OnCard { picture, landmarks: face.landmarks, found });
            }
            if best.as_ref().is_some_and(|best| best.found.sureness >= SURE) {
                break;
            }
        }
        Ok(best)
    }
}

/// `None` for places that are no face.
fn upright(picture: &Picture, landmarks: &Landmarks) -> Option<Picture> {
    aligned(picture, landmarks, &TEMPLATE, (SIDE, SIDE))
}

/// Red, green and blue as they are, plane by plane.
fn embed(session: &dyn Session, face: &Picture) -> Result<FaceVector, ModelError> {
    let plane = |channel: usize| face.raw().iter().skip(channel).step_by(3).map(|v| f32::from(*v));
    let values: Vec<f32> = (0..3).flat_map(plane).collect();
    let side = SIDE as usize;
    let outputs = session.run(Tensor { shape: vec![1, 3, side, side], values })?;
    match outputs.into_iter().next() {
        Some(output) if output.values.len() == VECTOR => Ok(FaceVector(output.values)),
        _ => Err(ModelError::Run("a face has not its numbers".to_owned())),
    }
}

/// Never the numbers.
impl std::fmt::Debug for FaceVector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceVector({})", self.0.len())
    }
}

impl FaceVector {
    /// How alike two faces are, from −1 to 1; none if one of them has no direction.
    pub fn cosine(&self, other: &Self) -> Option<f32> {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let size = dot(&self.0, &self.0).sqrt() * dot(&other.0, &other.0).sqrt();
        let cosine = dot(&self.0, &other.0) / size;
        cosine.is_finite().then_some(cosine.clamp(-1.0, 1.0) as f32)
    }
}

impl Drop for FaceVector {
    fn drop(&mut self) {
        self.0.fill(0.0);
    }
}

pub(super) fn in_time(deadline: Instant) -> Result<(), ModelError> {
    if Instant::now() > deadline { Err(ModelError::Deadline) } else { Ok(()) }
}

/// Everything about the faces of one picture.
fn measured(picture: &Picture, faces: &[Detection]) -> Portrait {
    let Some(first) = faces.first() else { return Portrait::default() };
    let second_share = faces.get(1).map_or(0.0, |second| second.surface() / first.surface());
    Portrait {
        faces: u32::try_from(faces.len()).unwrap_or(u32::MAX),
        second_share,
        face: Some(found(first, &first.landmarks, picture)),
        measures: measures(picture, first),
        is_framed: is_framed(picture, first),
    }
}

fn measures(picture: &Picture, face: &Detection) -> Option<Measures> {
    let mut measures = measure::measure(picture, &face.landmarks)?;
    measures.pattern = pattern::strength(picture, face.bounds());
    Some(measures)
}

/// Whether four straight edges lie around the whole face and within the picture.
fn is_framed(picture: &Picture, face: &Detection) -> bool {
    let Some(frame) = outline::card(picture) else { return false };
    let [left, top, right, bottom] = frame.bounds();
    let [x0, y0, x1, y1] = face.bounds();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let is_around = left < x0 && top < y0 && right > x1 && bottom > y1;
    // The picture's own border is no frame.
    let far = width.min(height) * 0.02;
    is_around && left > far && top > far && right < width - far && bottom < height - far
}

fn found(face: &Detection, landmarks: &Landmarks, photo: &Picture) -> Found {
    let share = |value: f32, whole: u32| (value / whole.max(1) as f32 * 10_000.0).round() as i32;
    let spots =
        landmarks.map(|(x, y)| Spot { x: share(x, photo.width()), y: share(y, photo.height()) });
    let [left, right, ..] = landmarks;
    let eyes_px = (left.0 - right.0).hypot(left.1 - right.1);
    Found { sureness: face.sureness, eyes_px, spots }
}

/// Where a place of a picture that was turned clockwise by quarters lies in the unturned one, which
/// is `width` by `height`.
fn unturned((x, y): (f32, f32), quarters: u8, (width, height): (u32, u32)) -> (f32, f32) {
    let (width, height) = (width as f32, height as f32);
    match quarters % 4 {
        1 => (y, height - x),
        2 => (width - x, height - y),
        3 => (width - y, x),
        _ => (x, y),
    }
}

#[cfg(test)]
mod parity_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_back_finds_the_place() {
        // A place 10 from the left, 20 from the top of 100 × 50, turned clockwise.
        assert_eq!(unturned((10.0, 20.0), 0, (100, 50)), (10.0, 20.0));
        assert_eq!(unturned((30.0, 10.0), 1, (100, 50)), (10.0, 20.0));
        assert_eq!(unturned((90.0, 30.0), 2, (100, 50)), (10.0, 20.0));
        assert_eq!(unturned((20.0, 90.0), 3, (100, 50)), (10.0, 20.0));
    }

    #[test]
    fn vectors_without_length_have_no_cosine() {
        let vector = |value: f32| FaceVector(vec![value; VECTOR]);
        assert_eq!(vector(0.0).cosine(&vector(1.0)), None);
        assert_eq!(vector(f32::NAN).cosine(&vector(1.0)), None);
        assert_eq!(vector(2.0).cosine(&vector(-1.0)), Some(-1.0));
    }
}
