//! How many numbers one identity may hold.
//!
//! Caps differ in scope, class and grandfathering (GSMA handbook; 一证五卡, six-department notice of
//! 2016-09-23): an existing surplus may be kept, but nothing is added to it. A number counts until
//! it is closed, also while it is paused or suspended.

use crate::number::NumberRefusal;
use serde::{Deserialize, Serialize};

/// Across what a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapScope {
    /// The numbers of one operator.
    Operator,
    /// All operators of the country, as an outside register counts them.
    National,
}

/// Which numbers a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapClass {
    /// Every number.
    Any,
    /// Prepaid numbers.
    Prepaid,
    /// Postpaid numbers.
    Postpaid,
}

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapHolder {
    /// A person.
    Person,
    /// An organisation.
    Organisation,
}

/// One cap of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapRule {
    /// Across what it counts.
    pub scope: CapScope,
    /// Which numbers it counts.
    pub class: CapClass,
    /// Whose numbers it counts.
    pub holder: CapHolder,
    /// How many are allowed.
    pub limit: i64,
    /// Whether a surplus from before the rule may be kept. Where it may not, the surplus has to be
    /// closed; either way nothing is added to it.
    pub grandfather: bool,
    /// Where the figure comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: crate::policy::Confidence,
}

/// How many numbers an identity holds at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// A person or an organisation.
    pub holder: CapHolder,
    /// At this operator.
    pub at_operator: i64,
    /// In the country, if an outside register said so.
    pub national: Option<i64>,
}

/// Whether the identity may hold one number more of `class`. A national cap is skipped where no
/// register answered; the check that asked it says so.
pub fn one_more(rules: &[CapRule], class: CapClass, held: Holdings) -> Result<(), NumberRefusal> {
    for rule in rules.iter().filter(|rule| rule.holder == held.holder) {
        let is_counted = rule.class == CapClass::Any || rule.class == class;
        let count = match rule.scope {
            CapScope::Operator => Some(held.at_operator),
            CapScope::National => held.national,
        };
        if is_counted && count.is_some_and(|count| count >= rule.limit) {
            return Err(NumberRefusal::CapReached { limit: rule.limit });
        }
    }
    Ok(())
}

/// How many numbers an identity must close: nothing where the surplus is grandfathered.
pub fn surplus(rules: &[CapRule], held: Holdings) -> i64 {
    let of = |rule: &CapRule| match rule.scope {
        CapScope::Operator if !rule.grandfather => (held.at_operator - rule.limit).max(0),
        CapScope::National if !rule.grandfather => {
            held.national.map_or(0, |count| (count - rule.limit).max(0))
        }
        CapScope::Operator | CapScope::National => 0,
    };
    rules.iter().filter(|rule| rule.holder == held.holder).map(of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Confidence;
    use proptest::prelude::*;

    proptest! {
        /// Any order of asking and closing: nobody who began within the cap ever passes it, and
        /// whoever began above it only comes down.
        #[test]
        fn the_cap_holds_in_any_order(
            limit in 1..8_i64,
            start in 0..12_i64,
            asks in prop::collection::vec(any::<bool>(), 0..200),
        ) {
            let rules = [rule(CapScope::Operator, CapClass::Any, limit, true)];
            let mut count = start;
            for is_asking in asks {
                let before = count;
                if !is_asking {
                    count = (count - 1).max(0);
                } else if one_more(&rules, CapClass::Prepaid, held(count, None)).is_ok() {
                    count += 1;
                }
                prop_assert!(count <= limit.max(start));
                prop_assert!(before < limit || count <= before);
            }
        }
    }

    fn rule(scope: CapScope, class: CapClass, limit: i64, grandfather: bool) -> CapRule {
        CapRule {
            scope,
            class,
            holder: CapHolder::Person,
            limit,
            grandfather,
            source: "test".into(),
            confidence: Confidence::Law,
        }
    }

    fn held(at_operator: i64, national: Option<i64>) -> Holdings {
        Holdings { holder: CapHolder::Person, at_operator, national }
    }

    #[test]
    fn the_sixth_card_is_refused_and_a_surplus_gets_none_more() {
        let five = [rule(CapScope::Operator, CapClass::Any, 5, true)];
        assert_eq!(one_more(&five, CapClass::Prepaid, held(4, None)), Ok(()));
        for count in 5..9 {
            let full = Err(NumberRefusal::CapReached { limit: 5 });
            assert_eq!(one_more(&five, CapClass::Prepaid, held(count, None)), full);
        }
        assert_eq!(surplus(&five, held(8, None)), 0);
        let strict = [rule(CapScope::Operator, CapClass::Any, 5, false)];
        assert_eq!(surplus(&strict, held(8, None)), 3);
    }

    #[test]
    fn a_class_cap_counts_its_class_and_a_national_one_needs_an_answer() {
        let rules = [
            rule(CapScope::Operator, CapClass::Prepaid, 3, true),
            rule(CapScope::National, CapClass::Any, 10, true),
        ];
        assert_eq!(one_more(&rules, CapClass::Postpaid, held(3, None)), Ok(()));
        assert!(one_more(&rules, CapClass::Prepaid, held(3, None)).is_err());
        assert!(one_more(&rules, CapClass::Postpaid, held(3, Some(10))).is_err());
    }
}
