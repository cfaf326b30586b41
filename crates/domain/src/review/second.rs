use super::Verdict;
use crate::application::Kind;
use crate::check::Outcome;
use crate::policy::SecondCheck;
use serde::{Deserialize, Serialize};

/// Why a second person must look. The page shows the rule, never the first opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondRule {
    /// Nothing is refused for good by one person alone.
    FinalRefusal,
    /// Approved although the portrait did not match by machine.
    PortraitOverride,
    /// The holder is a minor.
    Minor,
    /// The holder is an organisation.
    Organisation,
    /// An earlier decision is looked at again.
    Appeal,
    /// The number moves to another holder or card, or comes back from quarantine.
    SensitiveKind,
    /// Drawn by lot; not for the list of the policy, which has a percentage for it.
    Sample,
}

impl SecondRule {
    /// Every rule.
    pub const ALL: [Self; 7] = [
        Self::FinalRefusal,
        Self::PortraitOverride,
        Self::Minor,
        Self::Organisation,
        Self::Appeal,
        Self::SensitiveKind,
        Self::Sample,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FinalRefusal => "final_refusal",
            Self::PortraitOverride => "portrait_override",
            Self::Minor => "minor",
            Self::Organisation => "organisation",
            Self::Appeal => "appeal",
            Self::SensitiveKind => "sensitive_kind",
            Self::Sample => "sample",
        }
    }

    /// The rule of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }
}

/// What the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFacts {
    /// What the first person wants.
    pub verdict: Verdict,
    /// What is asked for.
    pub kind: Kind,
    /// What the machine said of portrait and document, if it said anything.
    pub portrait: Option<Outcome>,
    /// Whether the holder is a minor.
    pub is_minor: bool,
    /// Whether the holder is an organisation.
    pub is_organisation: bool,
    /// A number below 10,000 that follows from the application's id by a keyed hash, so that
    /// nobody can choose or foresee it and it is the same when asked again.
    pub draw: u16,
}

/// The rules that ask for a second look at this opinion; none if it stands alone. Asking again for
/// an item is never looked at twice: it decides nothing.
pub fn second_rules(facts: &SecondFacts, terms: &SecondCheck) -> Vec<SecondRule> {
    if facts.verdict == Verdict::AskAgain {
        return Vec::new();
    }
    let is_approval = facts.verdict == Verdict::Approve;
    let fires = |rule: SecondRule| match rule {
        SecondRule::FinalRefusal => facts.verdict == Verdict::Refuse,
        SecondRule::PortraitOverride => {
            is_approval && matches!(facts.portrait, Some(Outcome::Warn | Outcome::Fail))
        }
        SecondRule::Minor => facts.is_minor,
        SecondRule::Organisation => facts.is_organisation,
        SecondRule::Appeal => facts.kind == Kind::Appeal,
        SecondRule::SensitiveKind => {
            matches!(facts.kind, Kind::Recovery | Kind::Transfer | Kind::SimReplacement)
        }
        SecondRule::Sample => is_approval && i64::from(facts.draw) < *terms.sample_percent * 100,
    };
    let mut fired: Vec<SecondRule> =
        terms.always.iter().copied().filter(|rule| fires(*rule)).collect();
    if fired.is_empty() && fires(SecondRule::Sample) {
        fired.push(SecondRule::Sample);
    }
    fired
}
