//! What an identity authority is asked, what it answers, and what follows for the check.
//!
//! In China an operator must verify name and number against the citizens' register, and may have
//! the portrait compared with the register's photo (notice of the ministry of 2016 on real names,
//! item 3; fraud law art. 9). The authority tells whether things agree; it never tells what it has.

use crate::check::{Check, CheckKind, Outcome};
use crate::identity::DocumentKind;
use crate::policy::Sourced;
use crate::reason::{Item, Reason};
use crate::time::At;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whether this name belongs to this number.
    NameNumber,
    /// The same, and whether the portrait shows that person.
    NameNumberPortrait,
}

impl Question {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NameNumber => "name_number",
            Self::NameNumberPortrait => "name_number_portrait",
        }
    }

    /// The question of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::NameNumber, Self::NameNumberPortrait].into_iter().find(|one| one.code() == code)
    }
}

/// Whether name and number belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belongs {
    /// They do.
    Match,
    /// The number is somebody else's.
    Mismatch,
    /// Nobody has the number, or its record may not be asked about.
    NoRecord,
}

/// Whether the portrait shows the person of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// It does.
    Match,
    /// The authority cannot tell.
    Unclear,
    /// It shows somebody else.
    Mismatch,
    /// There is no photo to compare with.
    NoPhoto,
}

/// What the authority said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// Of name and number.
    pub belongs: Belongs,
    /// Of the portrait, if it was asked about.
    pub likeness: Option<Likeness>,
}

impl Answer {
    /// Whether it says that everything agrees: only such an answer is worth keeping.
    pub const fn is_match(self) -> bool {
        matches!(self.belongs, Belongs::Match)
            && matches!(self.likeness, None | Some(Likeness::Match))
    }

    /// The stable words, such as `match` or `match,unclear`.
    pub fn code(self) -> String {
        let belongs = match self.belongs {
            Belongs::Match => "match",
            Belongs::Mismatch => "mismatch",
            Belongs::NoRecord => "no_record",
        };
        let likeness = match self.likeness {
            None => return belongs.to_owned(),
            Some(Likeness::Match) => "match",
            Some(Likeness::Unclear) => "unclear",
            Some(Likeness::Mismatch) => "mismatch",
            Some(Likeness::NoPhoto) => "no_photo",
        };
        format!("{belongs},{likeness}")
    }
}

/// Whom and when an authority is asked, as policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The documents it has records of.
    pub documents: Vec<DocumentKind>,
    /// What it is asked.
    pub question: Sourced<Question>,
    /// So long an answer is waited for before a person decides without it.
    pub patience_minutes: Sourced<i64>,
    /// A matching answer may be used again for so many days, if the applicant agreed to that.
    pub keep_days: Sourced<i64>,
}

impl Lookup {
    /// Whether it is asked about holders of this document.
    pub fn covers(&self, document: DocumentKind) -> bool {
        self.documents.contains(&document)
    }
}

/// How a lookup of one application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookedup {
    /// Nobody is connected, or it has no records of such documents.
    NotAsked,
    /// It was asked and did not answer in time, or its answer made no sense.
    NoAnswer,
    /// It refused to answer.
    Refused,
    /// It answered.
    Answered {
        /// What.
        answer: Answer,
        /// When.
        at: At,
        /// Whether it was asked for an earlier application.
        is_kept: bool,
    },
}

/// The check that follows. No answer never passes; a mismatch is for a person, who sees whether it
/// is a slip of the pen.
pub fn check(looked_up: Lookedup) -> Check {
    let kind = CheckKind::AuthorityLookup;
    let (answer, at, is_kept) = match looked_up {
        Lookedup::NotAsked => return Check::unavailable(kind).with("because", "no authority"),
        Lookedup::NoAnswer => return Check::unavailable(kind).with("because", "no answer"),
        Lookedup::Refused => return Check::unavailable(kind).with("because", "refused"),
        Lookedup::Answered { answer, at, is_kept } => (answer, at, is_kept),
    };
    let check = match (answer.belongs, answer.likeness) {
        (Belongs::Mismatch, _) => {
            Check::new(kind, Outcome::Fail).of(Item::Name).because(Reason::M1)
        }
        (Belongs::NoRecord, _) => {
            Check::new(kind, Outcome::Warn).of(Item::DocumentNumber).because(Reason::M2)
        }
        (Belongs::Match, Some(Likeness::Mismatch)) => {
            Check::new(kind, Outcome::Fail).of(Item::Portrait).because(Reason::M3)
        }
        (Belongs::Match, Some(Likeness::Unclear | Likeness::NoPhoto)) => {
            Check::new(kind, Outcome::Warn).of(Item::Portrait)
        }
        (Belongs::Match, None | Some(Likeness::Match)) => Check::pass(kind),
    };
    check.with("answer", answer.code()).with("at", at.rfc3339()).with("kept", is_kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(belongs: Belongs, likeness: Option<Likeness>) -> Outcome {
        let answer = Answer { belongs, likeness };
        let at = At::from_millis(1_790_000_000_000);
        check(Lookedup::Answered { answer, at, is_kept: false }).outcome
    }

    #[test]
    fn only_what_agrees_in_everything_passes() {
        let likenesses = [
            None,
            Some(Likeness::Match),
            Some(Likeness::Unclear),
            Some(Likeness::Mismatch),
            Some(Likeness::NoPhoto),
        ];
        for belongs in [Belongs::Match, Belongs::Mismatch, Belongs::NoRecord] {
            for likeness in likenesses {
                let passes = outcome(belongs, likeness) == Outcome::Pass;
                assert_eq!(passes, Answer { belongs, likeness }.is_match());
            }
        }
        for none in [Lookedup::NotAsked, Lookedup::NoAnswer, Lookedup::Refused] {
            assert_eq!(check(none).outcome, Outcome::Unavailable);
        }
    }
}
