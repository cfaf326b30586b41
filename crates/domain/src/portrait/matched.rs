//! The portrait against the face on the document, and both checks.

use super::{Faces, FacesSeen, Limits, Severity, faults};
use crate::check::{Check, CheckKind, Outcome};
use crate::reason::{Item, Reason};
use serde::{Deserialize, Serialize};

/// What a cosine means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Hardly the same face.
    Mismatch,
    /// Too close to tell: a person compares.
    Review,
    /// Consistent with one person; still only a hint.
    Consistent,
    /// One and the same picture: the portrait is the document's photo.
    Copy,
}

impl Band {
    /// The stable word; the words are the message `face-band-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mismatch => "mismatch",
            Self::Review => "review",
            Self::Consistent => "consistent",
            Self::Copy => "copy",
        }
    }
}

/// The band of a cosine, by these limits.
pub fn band(cosine: f32, limits: &Limits) -> Band {
    let percent = f64::from(cosine) * 100.0;
    if percent > limits.copy_percent_min as f64 {
        Band::Copy
    } else if percent >= limits.consistent_percent_min as f64 {
        Band::Consistent
    } else if percent >= limits.review_percent_min as f64 {
        Band::Review
    } else {
        Band::Mismatch
    }
}

/// What came of comparing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compared {
    /// There is no photo of the document.
    NoDocument,
    /// No face on the portrait that the model is sure of.
    NoPortrait,
    /// No face on the document's photo.
    NoFaceOnDocument,
    /// A cosine and its band.
    Scored {
        /// From −1 to 1.
        cosine: f32,
        /// What it means.
        band: Band,
    },
}

impl Compared {
    /// What follows from what was seen.
    pub fn of(faces: &Faces, limits: &Limits) -> Self {
        let least = limits.sureness_percent_min as f64;
        let is_sure = |sureness: f32| f64::from(sureness) * 100.0 >= least;
        let Some(document) = &faces.document else { return Self::NoDocument };
        if !faces.portrait.face.is_some_and(|face| is_sure(face.sureness)) {
            return Self::NoPortrait;
        }
        match (document.face, document.cosine) {
            (Some(_), Some(cosine)) if cosine.is_finite() => {
                let is_copy =
                    document.bits.is_some_and(|bits| i64::from(bits) <= limits.copy_bits_max);
                let band = if is_copy { Band::Copy } else { band(cosine, limits) };
                Self::Scored { cosine, band }
            }
            _ => Self::NoFaceOnDocument,
        }
    }
}

/// The check of the portrait itself: a failure if a person could hardly be known by it. What the
/// applicant sent in spite of the warning is a doubt, for a person.
pub fn check_quality(seen: &FacesSeen, limits: &Limits, is_sent_anyway: bool) -> Check {
    const KIND: CheckKind = CheckKind::PortraitQuality;
    let faces = match seen {
        FacesSeen::Unread(why) => {
            return Check::unavailable(KIND).of(Item::Portrait).with("because", why.code());
        }
        FacesSeen::Looked(faces) => faces,
    };
    let found = faults(&faces.portrait, limits);
    let worst = found.iter().map(|finding| finding.severity).max();
    let outcome = match worst {
        Some(Severity::Fail) if !is_sent_anyway => Outcome::Fail,
        Some(Severity::Fail | Severity::Warn) => Outcome::Warn,
        None => Outcome::Pass,
    };
    let mut check = Check::new(KIND, outcome).of(Item::Portrait);
    check.reason = found
        .iter()
        .find(|finding| Some(finding.severity) == worst)
        .map(|finding| finding.kind.reason());
    for finding in &found {
        let value = format!("{:.1} (limit {})", finding.value, finding.limit);
        check = check.with(finding.kind.code(), value);
    }
    check.with("sent_anyway", is_sent_anyway)
}

/// Whether the portrait is the document's own photo, which the applicant is asked to replace.
pub fn is_copy(seen: &FacesSeen, limits: &Limits) -> bool {
    let FacesSeen::Looked(faces) = seen else { return false };
    matches!(Compared::of(faces, limits), Compared::Scored { band: Band::Copy, .. })
}

/// The check of the portrait against the document. Consistent is a pass of this check and nothing
/// more; every other band is for a person. The band is its evidence; the score itself is about a
/// face, and stays sealed with what was seen.
pub fn check_match(seen: &FacesSeen, limits: &Limits) -> Check {
    const KIND: CheckKind = CheckKind::PortraitMatch;
    let faces = match seen {
        FacesSeen::Unread(why) => return Check::unavailable(KIND).with("because", why.code()),
        FacesSeen::Looked(faces) => faces,
    };
    let check = match Compared::of(faces, limits) {
        Compared::NoDocument => Check::unavailable(KIND).with("because", "no document"),
        Compared::NoPortrait => Check::unavailable(KIND).with("because", "no face on portrait"),
        Compared::NoFaceOnDocument => {
            Check::unavailable(KIND).with("because", "no face on document")
        }
        Compared::Scored { band, .. } => {
            let check = match band {
                Band::Mismatch => Check::new(KIND, Outcome::Fail).because(Reason::M3),
                Band::Review => Check::new(KIND, Outcome::Warn).because(Reason::M3),
                Band::Consistent => Check::pass(KIND),
                Band::Copy => Check::new(KIND, Outcome::Warn).because(Reason::P4),
            };
            check.with("band", band.code())
        }
    };
    let bands = format!(
        "{} {} {}",
        limits.review_percent_min, limits.consistent_percent_min, limits.copy_percent_min
    );
    check.of(Item::Portrait).with("bands_percent", bands).with("millis", faces.millis)
}

#[cfg(test)]
#[path = "matched_tests.rs"]
mod tests;
