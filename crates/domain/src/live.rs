//! A short film against a challenge: a sign that a live person stood before the camera at this
//! moment, and no more than a sign. Nothing here is certified presentation-attack detection
//! (ISO/IEC 30107): a patient forger with a moving mask or a rendered face may pass.
//!
//! What five places of a face tell is asked for: turning to either side and coming closer. Whether
//! an eye is open they do not tell, so blinking is not asked for (decision 128).

use crate::portrait::{Limits, Portrait};
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The head turned to the person's own left.
    Left,
    /// To their right.
    Right,
    /// The face closer to the camera.
    Closer,
}

impl Step {
    /// Every step; a challenge asks for all of them in an order of its own.
    pub const ALL: [Self; 3] = [Self::Left, Self::Right, Self::Closer];

    /// The stable word; the words are the message `live-step-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Closer => "closer",
        }
    }

    /// The step of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }
}

/// Pictures of each stage of the film: looking straight, then each step.
pub const FRAMES_EACH: usize = 2;
/// All pictures of a film.
pub const FRAMES: usize = FRAMES_EACH * (1 + Step::ALL.len());

/// The order that belongs to a number, each equally often.
pub fn order(number: u8) -> [Step; 3] {
    let [left, right, closer] = Step::ALL;
    match number % 6 {
        0 => [left, right, closer],
        1 => [left, closer, right],
        2 => [right, left, closer],
        3 => [right, closer, left],
        4 => [closer, left, right],
        _ => [closer, right, left],
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step was seen in its order, and nothing spoke against it.
    Passed,
    /// Something speaks against it: a person looks.
    Suspicious,
    /// It cannot be told.
    NotAssessed,
}

impl Outcome {
    /// The stable word in the database; the words are the message `live-outcome-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Suspicious => "suspicious",
            Self::NotAssessed => "not_assessed",
        }
    }

    /// The outcome of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Passed, Self::Suspicious, Self::NotAssessed].into_iter().find(|o| o.code() == code)
    }
}

/// Why it did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Models that look are not here, or had no time.
    Unavailable,
    /// The challenge is another one's, used, or over.
    Nonce,
    /// Fewer pictures than were asked for, or more, or files that are none.
    Frames,
    /// A picture without a face that the model is sure of.
    NoFace,
    /// A step was not seen.
    NotSeen,
    /// Two pictures are the same file.
    Repeated,
    /// The face does not move at all, as no living one is still.
    Still,
    /// The steps were seen in another order.
    Order,
    /// More than one face.
    SeveralFaces,
    /// A straight frame around the face, most of the time.
    Framed,
    /// Fine lines as of a screen, most of the time.
    Patterned,
    /// The face is not like the one on the portrait.
    OtherPerson,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Unavailable,
        Self::Nonce,
        Self::Frames,
        Self::NoFace,
        Self::NotSeen,
        Self::Repeated,
        Self::Still,
        Self::Order,
        Self::SeveralFaces,
        Self::Framed,
        Self::Patterned,
        Self::OtherPerson,
    ];

    /// The stable word; the words are the message `live-why-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Nonce => "nonce",
            Self::Frames => "frames",
            Self::NoFace => "no_face",
            Self::NotSeen => "not_seen",
            Self::Repeated => "repeated",
            Self::Still => "still",
            Self::Order => "order",
            Self::SeveralFaces => "several_faces",
            Self::Framed => "framed",
            Self::Patterned => "patterned",
            Self::OtherPerson => "other_person",
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }

    /// What it makes of the film.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Unavailable | Self::Frames | Self::NoFace | Self::NotSeen => Outcome::NotAssessed,
            _ => Outcome::Suspicious,
        }
    }
}

/// The nose must lie so much farther to a side than while looking straight, in distances between
/// the eyes.
const TURN_MIN: f32 = 0.15;
/// The eyes must lie so many times farther apart than while looking straight.
const CLOSER_MIN: f32 = 1.25;
/// In a living face the five places move by more than this between some two pictures, in
/// ten-thousandths of the picture.
const STILL_MAX: i32 = 8;

/// What one film shows, in its order: `FRAMES_EACH` pictures looking straight, then as many of each
/// step. `digests` are of the files. Empty if nothing speaks against it.
pub fn judge(
    steps: [Step; 3],
    frames: &[Portrait],
    digests: &[[u8; 32]],
    limits: &Limits,
) -> Vec<Why> {
    if frames.len() != FRAMES || digests.len() != FRAMES {
        return vec![Why::Frames];
    }
    let mut why = Vec::new();
    if digests.iter().enumerate().any(|(at, one)| digests.iter().skip(at + 1).any(|two| one == two))
    {
        why.push(Why::Repeated);
    }
    let sure = limits.sureness_percent_min as f32 / 100.0;
    let seen: Vec<Seen> = frames.iter().filter_map(|frame| Seen::of(frame, sure)).collect();
    if seen.len() != FRAMES {
        why.push(Why::NoFace);
        return why;
    }
    if frames.iter().any(|frame| frame.second_share * 100.0 > limits.second_percent_max as f32) {
        why.push(Why::SeveralFaces);
    }
    if is_still(frames) {
        why.push(Why::Still);
    }
    why.extend(moved(steps, &seen));
    let most =
        |is: &dyn Fn(&Portrait) -> bool| frames.iter().filter(|f| is(f)).count() * 2 > FRAMES;
    if most(&|frame| frame.is_framed) {
        why.push(Why::Framed);
    }
    let pattern = limits.pattern_max as f32;
    if most(&|frame| frame.measures.is_some_and(|measures| measures.pattern > pattern)) {
        why.push(Why::Patterned);
    }
    why
}

/// The worst of the reasons, or passed.
pub fn outcome(why: &[Why]) -> Outcome {
    let outcomes = why.iter().map(|why| why.outcome());
    // What speaks against it weighs more than what is missing.
    match outcomes.clone().any(|outcome| outcome == Outcome::Suspicious) {
        true => Outcome::Suspicious,
        false if why.is_empty() => Outcome::Passed,
        false => Outcome::NotAssessed,
    }
}

#[derive(Clone, Copy)]
struct Seen {
    turn: f32,
    eyes_px: f32,
}

impl Seen {
    fn of(frame: &Portrait, sure: f32) -> Option<Self> {
        let face = frame.face.filter(|face| face.sureness >= sure)?;
        Some(Self { turn: frame.measures?.turn, eyes_px: face.eyes_px })
    }

    /// Which step this shows against looking straight. The camera's picture is not mirrored, so the
    /// nose of who turns to their own left goes to the picture's right.
    fn step(self, straight: Self) -> Option<Step> {
        let turn = self.turn - straight.turn;
        if turn > TURN_MIN {
            Some(Step::Left)
        } else if turn < -TURN_MIN {
            Some(Step::Right)
        } else if self.eyes_px > straight.eyes_px * CLOSER_MIN {
            Some(Step::Closer)
        } else {
            None
        }
    }
}

/// Whether each stage shows its step; one picture of a stage that does is enough, none may show
/// another.
fn moved(steps: [Step; 3], seen: &[Seen]) -> Option<Why> {
    let mut stages = seen.chunks(FRAMES_EACH);
    let straight = *stages.next()?.first()?;
    for (step, stage) in steps.into_iter().zip(stages) {
        let shown: Vec<Step> = stage.iter().filter_map(|seen| seen.step(straight)).collect();
        if shown.iter().any(|other| *other != step) {
            return Some(Why::Order);
        }
        if shown.is_empty() {
            return Some(Why::NotSeen);
        }
    }
    None
}

fn is_still(frames: &[Portrait]) -> bool {
    let Some(first) = frames.first().and_then(|frame| frame.face) else { return false };
    frames.iter().filter_map(|frame| frame.face).all(|face| {
        let pairs = first.spots.iter().zip(&face.spots);
        pairs.fold(0, |most, (a, b)| most.max((a.x - b.x).abs()).max((a.y - b.y).abs()))
            <= STILL_MAX
    })
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
