//! What models would see on a portrait, prescribed.

use domain::live::Step;
use domain::portrait::{Faces, Found, Measures, OnDocument, Portrait, Spot};

/// A face in the middle of the picture.
pub fn face() -> Found {
    let spot = |x, y| Spot { x, y };
    Found {
        sureness: 0.93,
        eyes_px: 120.0,
        spots: [
            spot(4_000, 4_000),
            spot(6_000, 4_000),
            spot(5_000, 4_800),
            spot(4_200, 5_600),
            spot(5_800, 5_600),
        ],
    }
}

/// Nothing wrong with it.
pub fn measures() -> Measures {
    Measures {
        roll_degrees: 0.5,
        turn: 0.02,
        nod: 0.55,
        sharpness: 14.0,
        brightness: 130.0,
        dark_share: 0.0,
        bright_share: 0.0,
        side_ratio: 1.0,
        eyes_dark_share: 0.1,
        lower_colour: 4.0,
        pattern: 3.0,
    }
}

/// A portrait of one face, of which `change` may spoil the measures.
pub fn portrait(change: impl FnOnce(&mut Measures)) -> Portrait {
    let mut measures = measures();
    change(&mut measures);
    Portrait { faces: 1, face: Some(face()), measures: Some(measures), ..Portrait::default() }
}

/// A good portrait, and beside it a document whose face is so much like it.
pub fn beside(cosine: f32) -> Faces {
    let document = OnDocument { face: Some(face()), cosine: Some(cosine), bits: Some(110) };
    Faces { portrait: portrait(|_| {}), document: Some(document), millis: 70 }
}

/// What models see on a film that does as it was told.
pub fn film(steps: &[Step]) -> Vec<Portrait> {
    let frame = |turn: f32, eyes_px: f32, tremble: i32| {
        let mut frame = portrait(|measures| measures.turn = turn);
        let face = frame.face.as_mut().expect("a face");
        face.eyes_px = eyes_px;
        face.spots.iter_mut().for_each(|spot| spot.x += tremble);
        frame
    };
    let mut frames = vec![frame(0.0, 80.0, 0), frame(0.0, 80.0, 4)];
    for (at, step) in (1..).zip(steps) {
        let (turn, eyes) = match step {
            Step::Left => (0.3, 80.0),
            Step::Right => (-0.3, 80.0),
            Step::Closer => (0.0, 120.0),
        };
        frames.push(frame(turn, eyes, 20 * at));
        frames.push(frame(turn, eyes, 25 * at));
    }
    frames
}

/// Eight files, no two the same.
pub fn files() -> Vec<Vec<u8>> {
    let file = |at: u8| {
        let raw = (0..400 * 400 * 3).map(|i: u32| (i % 251) as u8 ^ at).collect();
        vision::Picture::from_raw(400, 400, raw).expect("enough bytes").to_jpeg()
    };
    (0..8).map(file).collect()
}
