//! What is wrong with a portrait, each with the value that was measured and the limit it broke.

use super::{Limits, Measures, Portrait};
use crate::reason::Reason;
use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A person may still know the face.
    Warn,
    /// Hardly.
    Fail,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// No face.
    NoFace,
    /// A second face of some size.
    SeveralFaces,
    /// Too few pixels between the eyes.
    TooFar,
    /// The head is tilted to a side.
    Tilted,
    /// The head is turned to a side.
    Turned,
    /// Not sharp.
    Blurry,
    /// Too little light on the face.
    TooDark,
    /// Too much of it.
    TooBright,
    /// Light from one side only.
    Uneven,
    /// The eyes are dark: glasses against the sun, hair or a shadow.
    EyesDark,
    /// Mouth and chin have another colour than the rest: a mask, a scarf, perhaps a beard.
    LowerCovered,
    /// A straight frame around the face: a card, a print or a screen.
    Framed,
    /// A regular pattern of fine lines: a screen or a print.
    Patterned,
}

impl FindingKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::NoFace,
        Self::SeveralFaces,
        Self::TooFar,
        Self::Tilted,
        Self::Turned,
        Self::Blurry,
        Self::TooDark,
        Self::TooBright,
        Self::Uneven,
        Self::EyesDark,
        Self::LowerCovered,
        Self::Framed,
        Self::Patterned,
    ];

    /// The stable word; the words are the messages `portrait-…` and `portrait-…-fix`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoFace => "no_face",
            Self::SeveralFaces => "several_faces",
            Self::TooFar => "too_far",
            Self::Tilted => "tilted",
            Self::Turned => "turned",
            Self::Blurry => "blurry",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::Uneven => "uneven",
            Self::EyesDark => "eyes_dark",
            Self::LowerCovered => "lower_covered",
            Self::Framed => "framed",
            Self::Patterned => "patterned",
        }
    }

    /// The catalogue's reason, for asking again.
    pub const fn reason(self) -> Reason {
        match self {
            Self::EyesDark | Self::LowerCovered => Reason::P2,
            Self::Framed | Self::Patterned => Reason::P4,
            _ => Reason::P1,
        }
    }
}

/// One thing wrong with a portrait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// What was measured, in the unit of the limit.
    pub value: f32,
    /// The limit it broke.
    pub limit: i64,
}

/// Everything that is wrong by these limits, in the order of [`FindingKind::ALL`].
///
/// Light and sharpness of a picture in the dark are one fault, not two; what needs a face is not
/// said of a picture without one.
pub fn faults(portrait: &Portrait, limits: &Limits) -> Vec<Finding> {
    let sure = portrait
        .face
        .filter(|face| f64::from(face.sureness) * 100.0 >= limits.sureness_percent_min as f64);
    let (Some(face), Some(measures)) = (sure, portrait.measures.as_ref()) else {
        let value = portrait.face.map_or(0.0, |face| face.sureness * 100.0);
        let limit = limits.sureness_percent_min;
        return vec![Finding { kind: FindingKind::NoFace, severity: Severity::Fail, value, limit }];
    };
    let mut found = Vec::new();
    let mut say = |kind, severity: Option<Severity>, value, limit| {
        found.extend(severity.map(|severity| Finding { kind, severity, value, limit }));
    };
    let second = portrait.second_share * 100.0;
    let limit = limits.second_percent_max;
    say(FindingKind::SeveralFaces, above(second, limit, Severity::Fail), second, limit);
    let far = below(face.eyes_px, limits.eyes_px_fail, limits.eyes_px_warn);
    say(FindingKind::TooFar, far, face.eyes_px, limits.eyes_px_warn);
    let (roll, turn) = (measures.roll_degrees.abs(), measures.turn.abs() * 100.0);
    let limit = limits.roll_degrees_max;
    say(FindingKind::Tilted, above(roll, limit, Severity::Warn), roll, limit);
    let limit = limits.turn_percent_max;
    say(FindingKind::Turned, above(turn, limit, Severity::Warn), turn, limit);
    found.extend(light(measures, limits));
    found.extend(cover(portrait, measures, limits));
    found
}

fn light(measures: &Measures, limits: &Limits) -> Vec<Finding> {
    let clipped = limits.clipped_percent_max;
    let (dark, bright) = (measures.dark_share * 100.0, measures.bright_share * 100.0);
    let warn = |kind, value, limit| Finding { kind, severity: Severity::Warn, value, limit };
    let mut found = Vec::new();
    if measures.brightness < limits.brightness_min as f32 {
        found.push(warn(FindingKind::TooDark, measures.brightness, limits.brightness_min));
    } else if let Some(severity) =
        below(measures.sharpness * 10.0, limits.sharpness_tenths_fail, limits.sharpness_tenths_warn)
    {
        let (value, limit) = (measures.sharpness * 10.0, limits.sharpness_tenths_warn);
        found.push(Finding { kind: FindingKind::Blurry, severity, value, limit });
    }
    if measures.brightness > limits.brightness_max as f32 {
        found.push(warn(FindingKind::TooBright, measures.brightness, limits.brightness_max));
    } else if bright > clipped as f32 {
        found.push(warn(FindingKind::TooBright, bright, clipped));
    } else if dark > clipped as f32 && measures.brightness >= limits.brightness_min as f32 {
        found.push(warn(FindingKind::TooDark, dark, clipped));
    }
    let side = measures.side_ratio.max(1.0 / measures.side_ratio.max(1e-3)) * 100.0;
    if side > limits.side_percent_max as f32 {
        found.push(warn(FindingKind::Uneven, side, limits.side_percent_max));
    }
    found.sort_by_key(|finding| finding.kind);
    found
}

/// Signs that something lies over the face, or that the picture is one of a picture. None of them
/// is sure, so none fails.
fn cover(portrait: &Portrait, measures: &Measures, limits: &Limits) -> Vec<Finding> {
    let eyes = measures.eyes_dark_share * 100.0;
    let signs = [
        (FindingKind::EyesDark, eyes, limits.eyes_dark_percent_max),
        (FindingKind::LowerCovered, measures.lower_colour, limits.lower_colour_max),
        (FindingKind::Framed, if portrait.is_framed { 1.0 } else { 0.0 }, 0),
        (FindingKind::Patterned, measures.pattern, limits.pattern_max),
    ];
    let is_broken = |(_, value, limit): &(FindingKind, f32, i64)| *value > *limit as f32;
    let finding = |(kind, value, limit)| Finding { kind, severity: Severity::Warn, value, limit };
    signs.into_iter().filter(is_broken).map(finding).collect()
}

fn above(value: f32, limit: i64, severity: Severity) -> Option<Severity> {
    (value > limit as f32).then_some(severity)
}

fn below(value: f32, fail: i64, warn: i64) -> Option<Severity> {
    let severity = if value < fail as f32 { Severity::Fail } else { Severity::Warn };
    (value < warn as f32).then_some(severity)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
