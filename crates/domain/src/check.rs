//! Checks on an application: values with an outcome, evidence and a reason, never side effects.
//!
//! A check that cannot run says [`Outcome::Unavailable`]; it never passes by default.

use crate::reason::{Item, Reason};
use serde::{Deserialize, Serialize};

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Number and card belong together and are free to register.
    SimPairing,
    /// The policy accepts this kind of document.
    DocumentAccepted,
    /// The document number has the right form and check digit.
    DocumentFormat,
    /// The document is valid today.
    DocumentDates,
    /// The holder's age meets the rule.
    Age,
    /// Resolution, sharpness and light of every image.
    ImageQuality,
    /// One face, of some size, upright, in good light, uncovered as far as can be told.
    PortraitQuality,
    /// No image was sent twice.
    SameImage,
    /// What a machine reads on the document against what was typed.
    MachineRead,
    /// The portrait against the face on the document.
    PortraitMatch,
    /// The portrait shows a live person.
    Liveness,
    /// The same identity under another party.
    DuplicateIdentity,
    /// The number of numbers one identity may hold.
    Cap,
    /// The sanctions list.
    Sanctions,
    /// The identity authority's answer.
    AuthorityLookup,
}

impl CheckKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::SimPairing,
        Self::DocumentAccepted,
        Self::DocumentFormat,
        Self::DocumentDates,
        Self::Age,
        Self::ImageQuality,
        Self::PortraitQuality,
        Self::SameImage,
        Self::MachineRead,
        Self::PortraitMatch,
        Self::Liveness,
        Self::DuplicateIdentity,
        Self::Cap,
        Self::Sanctions,
        Self::AuthorityLookup,
    ];

    /// The stable word in the database and the API; the words are the message `review-check-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SimPairing => "sim_pairing",
            Self::DocumentAccepted => "document_accepted",
            Self::DocumentFormat => "document_format",
            Self::DocumentDates => "document_dates",
            Self::Age => "age",
            Self::ImageQuality => "image_quality",
            Self::PortraitQuality => "portrait_quality",
            Self::SameImage => "same_image",
            Self::MachineRead => "machine_read",
            Self::PortraitMatch => "portrait_match",
            Self::Liveness => "liveness",
            Self::DuplicateIdentity => "duplicate_identity",
            Self::Cap => "cap",
            Self::Sanctions => "sanctions",
            Self::AuthorityLookup => "authority_lookup",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing wrong.
    Pass,
    /// A person should look.
    Warn,
    /// Wrong.
    Fail,
    /// Could not be done: no model, no answer, nothing to compare with.
    Unavailable,
}

impl Outcome {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unavailable => "unavailable",
        }
    }

    /// The outcome of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Pass, Self::Warn, Self::Fail, Self::Unavailable]
            .into_iter()
            .find(|outcome| outcome.code() == code)
    }
}

/// One measured or compared value behind an outcome. Never personal data: evidence is shown in
/// logs of decisions and kept after the person's data is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What, such as `sharpness`.
    pub name: String,
    /// The value, such as `12.5`.
    pub value: String,
}

/// One finished check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at.
    pub kind: CheckKind,
    /// The part of the application it concerns, if one.
    pub item: Option<Item>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, unless it passed.
    pub reason: Option<Reason>,
    /// What was measured.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

impl Check {
    /// A check of `kind` with `outcome` and nothing else.
    pub const fn new(kind: CheckKind, outcome: Outcome) -> Self {
        Self { kind, item: None, outcome, reason: None, evidence: Vec::new() }
    }

    /// A check that passed.
    pub const fn pass(kind: CheckKind) -> Self {
        Self::new(kind, Outcome::Pass)
    }

    /// A check that could not run.
    pub const fn unavailable(kind: CheckKind) -> Self {
        Self::new(kind, Outcome::Unavailable)
    }

    /// With the part it concerns.
    pub const fn of(mut self, item: Item) -> Self {
        self.item = Some(item);
        self
    }

    /// With the reason.
    pub const fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// With one more measured value.
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.evidence.push(Evidence { name: name.to_owned(), value: value.to_string() });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for kind in CheckKind::ALL {
            assert_eq!(CheckKind::from_code(kind.code()), Some(kind));
        }
        for outcome in [Outcome::Pass, Outcome::Warn, Outcome::Fail, Outcome::Unavailable] {
            assert_eq!(Outcome::from_code(outcome.code()), Some(outcome));
        }
    }
}
