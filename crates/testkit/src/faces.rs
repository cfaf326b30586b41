//! What models would see on a portrait, prescribed.

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
