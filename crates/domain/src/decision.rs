//! The decision rule: checks become *approve*, *review*, *ask again* or *refuse*, always with the
//! rules that fired, so that a decision can be explained and replayed.
//!
//! Order: what must be refused, then what must be redone, then what a person must see. Only when
//! none of these fired may the policy let the machine approve. A refusal by machine always offers a
//! person's review (PIPL art. 24).

use crate::check::{Check, CheckKind, Outcome};
use crate::policy::Sourced;
use crate::reason::{Item, Reason};
use serde::{Deserialize, Serialize};

/// What the policy lets the machine decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Checks that must have passed before anything is approved without a person.
    pub required: Vec<CheckKind>,
    /// A failure of these is refused at once.
    pub refuse: Vec<CheckKind>,
    /// A failure of these is sent back to be redone at once.
    pub ask_again: Vec<CheckKind>,
    /// Whether the machine may approve when everything required passed and nothing else fired.
    pub may_approve: bool,
}

/// Which clean applications are approved without a person: those on which [`decide`] found nothing
/// to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Automatic {
    /// A further card, such as a secondary or retention card, of a verified holder who has one in
    /// use.
    pub further_cards: Sourced<bool>,
    /// Anybody's first card.
    pub first_cards: Sourced<bool>,
    /// Of those, so many in a hundred are decided by a person all the same, who is not told what
    /// the machine would have done.
    pub sample_percent: Sourced<i64>,
}

/// What is known of whoever asks, besides the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the same identity, under the same name, holds a number here.
    pub is_verified: bool,
    /// Whether the holder is of age and no organisation: all others are for people.
    pub is_adult_person: bool,
    /// Whether no more than one live challenge was given: of few orders, whoever may ask for
    /// another until he gets the one he has on film proves nothing.
    pub is_first_challenge: bool,
    /// A number below 10,000 that follows from the application's id by a keyed hash.
    pub draw: u16,
}

/// One item to redo and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Redo {
    /// What to redo.
    pub item: Item,
    /// Why.
    pub reason: Reason,
}

/// What follows from the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// The machine approves.
    Approve,
    /// A person decides.
    Review,
    /// The applicant redoes these.
    AskAgain {
        /// At least one.
        redo: Vec<Redo>,
    },
    /// Not approved, with the way to a person's review.
    Refuse {
        /// At least one.
        reasons: Vec<Reason>,
    },
}

/// Why a rule fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The policy refuses on this failure.
    RefuseOnFail,
    /// The policy asks again on this failure.
    AskAgainOnFail,
    /// It failed and the policy leaves that to a person.
    ReviewOnFail,
    /// It raised a doubt.
    ReviewOnWarn,
    /// It is required and could not run or was not run.
    ReviewOnMissing,
    /// Everything required passed, but the policy keeps approvals to people.
    ReviewAlways,
    /// Everything required passed and the policy lets the machine approve.
    ApproveOnPass,
    /// The same for a further card of a verified holder.
    ApproveFurtherCard,
    /// It would have been approved, and was drawn for a person's look.
    ReviewSampled,
    /// It would have been approved, and the number's own rules refused.
    ReviewOnRefusal,
}

/// A rule that fired and the check that fired it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fired {
    /// Which rule.
    pub rule: Rule,
    /// On which check; none for the rules about all of them.
    pub check: Option<CheckKind>,
}

/// The verdict and the rules behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What follows.
    pub verdict: Verdict,
    /// Every rule that fired, in the order of the checks.
    pub fired: Vec<Fired>,
}

/// Decides over finished checks. The same checks and rules always give the same answer.
pub fn decide(checks: &[Check], rules: &Rules) -> Decision {
    let mut fired: Vec<Fired> = checks.iter().filter_map(|check| fire(check, rules)).collect();
    for &kind in &rules.required {
        if !checks.iter().any(|check| check.kind == kind) {
            fired.push(Fired { rule: Rule::ReviewOnMissing, check: Some(kind) });
        }
    }
    let has = |rule| fired.iter().any(|f| f.rule == rule);
    let verdict = if has(Rule::RefuseOnFail) {
        let refused =
            checks.iter().filter(|c| fire(c, rules).is_some_and(|f| f.rule == Rule::RefuseOnFail));
        let mut reasons: Vec<Reason> =
            refused.map(|check| check.reason.unwrap_or(Reason::E9)).collect();
        dedup(&mut reasons);
        Verdict::Refuse { reasons }
    } else if has(Rule::AskAgainOnFail) {
        let mut redo: Vec<Redo> = checks.iter().filter_map(|c| redo_of(c, rules)).collect();
        dedup(&mut redo);
        Verdict::AskAgain { redo }
    } else if !fired.is_empty() {
        Verdict::Review
    } else if rules.may_approve {
        fired.push(Fired { rule: Rule::ApproveOnPass, check: None });
        Verdict::Approve
    } else {
        fired.push(Fired { rule: Rule::ReviewAlways, check: None });
        Verdict::Review
    };
    Decision { verdict, fired }
}

impl Decision {
    /// Whether nothing but the policy kept the machine from approving: people's answers to such
    /// applications say how far it can be trusted.
    pub fn is_clean(&self) -> bool {
        let is_kept = |fired: &Fired| {
            matches!(fired.rule, Rule::ReviewAlways | Rule::ReviewSampled) && fired.check.is_none()
        };
        self.verdict == Verdict::Review && !self.fired.is_empty() && self.fired.iter().all(is_kept)
    }

    /// The decision with what the policy lets the machine approve: a clean application becomes an
    /// approval, or a person's by lot; any other stays as it is.
    pub fn or_automatic(self, automatic: Option<&Automatic>, standing: &Standing) -> Self {
        let may_be = self.is_clean() && standing.is_adult_person && standing.is_first_challenge;
        let Some(automatic) = automatic.filter(|_| may_be) else { return self };
        let rule = match standing.is_verified {
            true if *automatic.further_cards => Rule::ApproveFurtherCard,
            false if *automatic.first_cards => Rule::ApproveOnPass,
            true | false => return self,
        };
        let is_drawn = i64::from(standing.draw) < *automatic.sample_percent * 100;
        let (verdict, rule) = if is_drawn {
            (Verdict::Review, Rule::ReviewSampled)
        } else {
            (Verdict::Approve, rule)
        };
        Self { verdict, fired: vec![Fired { rule, check: None }] }
    }
}

/// The rule one check fires, if any.
fn fire(check: &Check, rules: &Rules) -> Option<Fired> {
    let kind = check.kind;
    let rule = match check.outcome {
        Outcome::Warn => Rule::ReviewOnWarn,
        Outcome::Unavailable if rules.required.contains(&kind) => Rule::ReviewOnMissing,
        Outcome::Pass | Outcome::Unavailable => return None,
        Outcome::Fail if rules.refuse.contains(&kind) => Rule::RefuseOnFail,
        Outcome::Fail if rules.ask_again.contains(&kind) && can_redo(check) => Rule::AskAgainOnFail,
        Outcome::Fail => Rule::ReviewOnFail,
    };
    Some(Fired { rule, check: Some(kind) })
}

/// Only a failure that names an item the reason belongs to can be sent back.
fn can_redo(check: &Check) -> bool {
    match (check.item, check.reason) {
        (Some(item), Some(reason)) => reason.items().contains(&item),
        _ => false,
    }
}

fn redo_of(check: &Check, rules: &Rules) -> Option<Redo> {
    let sent_back = fire(check, rules).is_some_and(|f| f.rule == Rule::AskAgainOnFail);
    sent_back.then_some(Redo { item: check.item?, reason: check.reason? })
}

/// Removes later repeats, keeping the order.
fn dedup<T: PartialEq>(list: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::with_capacity(list.len());
    for value in list.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    *list = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            required: vec![CheckKind::DocumentFormat, CheckKind::PortraitMatch],
            refuse: vec![CheckKind::Cap],
            ask_again: vec![CheckKind::ImageQuality],
            may_approve: true,
        }
    }

    fn all_pass() -> Vec<Check> {
        CheckKind::ALL.into_iter().map(Check::pass).collect()
    }

    fn with(kind: CheckKind, outcome: Outcome) -> Vec<Check> {
        let mut checks = all_pass();
        let check = checks.iter_mut().find(|c| c.kind == kind).unwrap();
        check.outcome = outcome;
        checks
    }

    #[test]
    fn everything_passed_is_approved_only_where_the_policy_says_so() {
        assert_eq!(decide(&all_pass(), &rules()).verdict, Verdict::Approve);
        let people = Rules { may_approve: false, ..rules() };
        let decision = decide(&all_pass(), &people);
        assert_eq!(decision.verdict, Verdict::Review);
        assert_eq!(decision.fired, [Fired { rule: Rule::ReviewAlways, check: None }]);
    }

    fn automatic(further: bool, first: bool, percent: i64) -> Automatic {
        fn of<T>(value: T) -> Sourced<T> {
            let confidence = crate::policy::Confidence::Assumed;
            Sourced { value, source: String::new(), confidence }
        }
        Automatic {
            further_cards: of(further),
            first_cards: of(first),
            sample_percent: of(percent),
        }
    }

    #[test]
    fn only_clean_applications_of_whom_the_policy_names_are_approved_by_machine() {
        let people = Rules { may_approve: false, ..rules() };
        let clean = || decide(&all_pass(), &people);
        let known = Standing {
            is_verified: true,
            is_adult_person: true,
            is_first_challenge: true,
            draw: 300,
        };
        let new = Standing { is_verified: false, ..known };
        let verdict = |decision: Decision, automatic: &Automatic, standing: &Standing| {
            let decided = decision.or_automatic(Some(automatic), standing);
            (decided.verdict, decided.fired.first().map(|fired| fired.rule))
        };
        let further = automatic(true, false, 3);
        let approved = (Verdict::Approve, Some(Rule::ApproveFurtherCard));
        assert_eq!(verdict(clean(), &further, &known), approved);
        let kept = (Verdict::Review, Some(Rule::ReviewAlways));
        assert_eq!(verdict(clean(), &further, &new), kept);
        assert_eq!(clean().or_automatic(None, &known).verdict, Verdict::Review);
        let child = Standing { is_adult_person: false, ..known };
        assert_eq!(verdict(clean(), &further, &child), kept);
        let chosen = Standing { is_first_challenge: false, ..known };
        assert_eq!(verdict(clean(), &further, &chosen), kept, "a challenge that suited");
        let drawn = Standing { draw: 299, ..known };
        let sampled = (Verdict::Review, Some(Rule::ReviewSampled));
        assert_eq!(verdict(clean(), &further, &drawn), sampled);
        let everybody = (Verdict::Approve, Some(Rule::ApproveOnPass));
        assert_eq!(verdict(clean(), &automatic(false, true, 3), &new), everybody);
        assert_eq!(verdict(clean(), &automatic(false, true, 3), &known), kept);
        // Whatever is not clean stays what it was, for every check and outcome.
        for kind in CheckKind::ALL {
            for outcome in [Outcome::Warn, Outcome::Fail, Outcome::Unavailable] {
                let decided = decide(&with(kind, outcome), &people);
                if decided.is_clean() {
                    assert!(outcome == Outcome::Unavailable && !people.required.contains(&kind));
                    continue;
                }
                let after = decided.clone().or_automatic(Some(&automatic(true, true, 0)), &known);
                assert_eq!(after, decided, "{kind:?} {outcome:?}");
            }
        }
    }

    #[test]
    fn a_required_check_that_cannot_run_or_is_missing_goes_to_a_person() {
        let checks = with(CheckKind::PortraitMatch, Outcome::Unavailable);
        assert_eq!(decide(&checks, &rules()).verdict, Verdict::Review);
        assert_eq!(decide(&[], &rules()).verdict, Verdict::Review);
        let optional = with(CheckKind::Liveness, Outcome::Unavailable);
        assert_eq!(decide(&optional, &rules()).verdict, Verdict::Approve);
    }

    #[test]
    fn refusing_goes_before_asking_again_and_both_name_reasons() {
        let mut checks = with(CheckKind::Cap, Outcome::Fail);
        checks.push(
            Check::new(CheckKind::ImageQuality, Outcome::Fail)
                .of(Item::DocumentFront)
                .because(Reason::D1),
        );
        let decision = decide(&checks, &rules());
        assert_eq!(decision.verdict, Verdict::Refuse { reasons: vec![Reason::E9] });
        assert_eq!(decision.fired.len(), 2);

        checks.retain(|c| c.kind != CheckKind::Cap);
        let redo = vec![Redo { item: Item::DocumentFront, reason: Reason::D1 }];
        assert_eq!(decide(&checks, &rules()).verdict, Verdict::AskAgain { redo });
    }

    #[test]
    fn a_failure_that_names_nothing_to_redo_goes_to_a_person() {
        let checks = with(CheckKind::ImageQuality, Outcome::Fail);
        assert_eq!(decide(&checks, &rules()).verdict, Verdict::Review);
        let other = with(CheckKind::Sanctions, Outcome::Fail);
        assert_eq!(decide(&other, &rules()).verdict, Verdict::Review);
    }
}
