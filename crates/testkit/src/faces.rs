//! What models would see on a portrait, prescribed; and drawn people that they really see.

use domain::live::Step;
use domain::portrait::{Faces, Found, Measures, OnDocument, Portrait, Spot};
use vision::Picture;
use vision::specimen::{Holder, person_turned};

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

/// Pixels of a picture that a camera takes of a drawn person.
pub const CAMERA: (u32, u32) = (640, 480);

/// How a drawn person sits before a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// The nose beside the middle of the eyes, in distances between them; more than zero is to the
    /// picture's right. Models see about half of what is drawn.
    pub turn: f32,
    /// The size of the face: 1 is about 520 pixels.
    pub scale: f32,
    /// Whether there is anybody.
    pub is_there: bool,
}

impl Pose {
    /// Looking into the camera.
    pub const STRAIGHT: Self = Self { turn: 0.0, scale: 0.42, is_there: true };
    /// Nobody is there.
    pub const NOBODY: Self = Self { is_there: false, ..Self::STRAIGHT };

    /// Doing as they were told.
    pub const fn of(step: Step) -> Self {
        match step {
            Step::Left => Self { turn: 0.8, ..Self::STRAIGHT },
            Step::Right => Self { turn: -0.8, ..Self::STRAIGHT },
            Step::Closer => Self { scale: 0.65, ..Self::STRAIGHT },
        }
    }
}

/// The person of the demo's samples before a wall, as a camera would take it; no two of the first
/// pictures of a pose are alike.
pub fn before_camera(pose: Pose, at: u32) -> Picture {
    let (wide, high) = CAMERA;
    let mut raw = Vec::new();
    let mut dice = 0x9e37_79b9_u32 ^ (at + 1).wrapping_mul(0x85eb_ca6b);
    for y in 0..high {
        for x in 0..wide {
            dice ^= dice << 13;
            dice ^= dice >> 17;
            dice ^= dice << 5;
            let light = 206 - y / 20 + x / 40 + (dice & 3);
            raw.extend([light, light + 4, light + 8].map(|c| u8::try_from(c).unwrap_or(255)));
        }
    }
    let mut picture = Picture::from_raw(wide, high, raw).expect("whole");
    if pose.is_there {
        let tremble = (at % 3) as f32 * 3.0;
        let centre = (320.0 + tremble, 230.0 - tremble);
        person_turned(&mut picture, centre, pose.scale, (Holder::default().seed, pose.turn));
    }
    picture
}
