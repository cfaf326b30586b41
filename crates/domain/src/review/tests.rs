use super::*;
use crate::application::Kind;
use proptest::prelude::*;

const ITEMS: [Item; 5] =
    [Item::Name, Item::DocumentNumber, Item::DocumentFront, Item::DocumentBack, Item::Portrait];

fn ok(item: Item) -> Mark {
    Mark { item, result: ItemResult::Ok, reasons: Vec::new(), region: None }
}

fn fault(item: Item, reason: Reason) -> Mark {
    Mark { item, result: ItemResult::Retake, reasons: vec![reason], region: None }
}

fn opinion(verdict: Verdict, changed: &[Mark], reasons: &[Reason]) -> Opinion {
    let mut marks: Vec<Mark> = ITEMS.into_iter().map(ok).collect();
    for mark in changed {
        let at = marks.iter().position(|other| other.item == mark.item).unwrap();
        marks[at] = mark.clone();
    }
    Opinion { verdict, marks, reasons: reasons.to_vec() }
}

#[test]
fn sound_opinions_pass() {
    for sound in [
        opinion(Verdict::Approve, &[], &[]),
        opinion(Verdict::AskAgain, &[fault(Item::DocumentFront, Reason::D2)], &[]),
        opinion(Verdict::Refuse, &[], &[Reason::D8]),
        opinion(Verdict::Refuse, &[], &[Reason::S2]),
        opinion(Verdict::Refuse, &[fault(Item::Portrait, Reason::M3)], &[]),
        Opinion { verdict: Verdict::Refuse, marks: Vec::new(), reasons: vec![Reason::E1] },
    ] {
        assert_eq!(sound.check(&ITEMS), Ok(()), "{sound:?}");
    }
}

#[test]
fn contradictions_are_named() {
    use ReviewRefusal as No;
    let unsure = Mark { reasons: Vec::new(), ..fault(Item::Portrait, Reason::P1) };
    let praised = Mark { reasons: vec![Reason::P1], ..ok(Item::Portrait) };
    let glare = fault(Item::DocumentFront, Reason::D2);
    let mut unseen = opinion(Verdict::Approve, &[], &[]);
    unseen.marks.pop();
    for (given, want) in [
        (opinion(Verdict::Approve, std::slice::from_ref(&glare), &[]), No::ApproveWithFault),
        (opinion(Verdict::Approve, &[], &[Reason::D8]), No::ApproveWithFault),
        (opinion(Verdict::AskAgain, &[unsure], &[]), No::ReasonMissing(Some(Item::Portrait))),
        (opinion(Verdict::Approve, &[praised], &[]), No::ReasonOnOk(Item::Portrait)),
        (
            opinion(Verdict::AskAgain, &[fault(Item::Portrait, Reason::D1)], &[]),
            No::ReasonNotOfItem(Item::Portrait, Reason::D1),
        ),
        (opinion(Verdict::Refuse, &[], &[Reason::D1]), No::ReasonNotForWhole(Reason::D1)),
        (
            opinion(Verdict::AskAgain, std::slice::from_ref(&glare), &[Reason::D8]),
            No::ReasonIsFinal,
        ),
        (opinion(Verdict::AskAgain, &[], &[]), No::NothingToRedo),
        (opinion(Verdict::Refuse, &[glare], &[]), No::OnlyRedoReasons),
        (opinion(Verdict::Refuse, &[], &[]), No::ReasonMissing(None)),
        (unseen, No::ItemNotLookedAt(Item::Portrait)),
    ] {
        assert_eq!(given.check(&ITEMS), Err(want), "{given:?}");
    }
}

#[test]
fn equal_verdicts_merge_and_keep_what_either_found() {
    let first = opinion(Verdict::AskAgain, &[fault(Item::DocumentFront, Reason::D2)], &[]);
    let second = opinion(
        Verdict::AskAgain,
        &[fault(Item::DocumentFront, Reason::D3), fault(Item::Portrait, Reason::P1)],
        &[],
    );
    let merged = merge(&first, &second).unwrap();
    assert_eq!(merged.check(&ITEMS), Ok(()));
    let redo: Vec<_> = merged.redo().into_iter().map(|r| (r.item, r.reason)).collect();
    assert_eq!(
        redo,
        [
            (Item::DocumentFront, Reason::D3),
            (Item::DocumentFront, Reason::D2),
            (Item::Portrait, Reason::P1)
        ]
    );
    assert_eq!(merge(&first, &opinion(Verdict::Approve, &[], &[])), None);
}

fn facts(verdict: Verdict) -> SecondFacts {
    SecondFacts {
        verdict,
        kind: Kind::Registration,
        portrait: Some(Outcome::Unavailable),
        is_minor: false,
        is_organisation: false,
        draw: 9_999,
    }
}

fn terms() -> crate::policy::SecondCheck {
    let always = SecondRule::ALL.into_iter().filter(|rule| *rule != SecondRule::Sample).collect();
    let sample_percent = crate::policy::Sourced {
        value: 3,
        source: "test".to_owned(),
        confidence: crate::policy::Confidence::Assumed,
    };
    crate::policy::SecondCheck { always, sample_percent }
}

#[test]
fn each_second_check_rule_fires_on_its_facts_only() {
    use SecondRule as Rule;
    let plain = facts(Verdict::Approve);
    let rules = |facts: &SecondFacts| second_rules(facts, &terms());
    assert_eq!(rules(&plain), []);
    assert_eq!(rules(&facts(Verdict::Refuse)), [Rule::FinalRefusal]);
    let warned = SecondFacts { portrait: Some(Outcome::Warn), ..plain };
    assert_eq!(rules(&warned), [Rule::PortraitOverride]);
    assert_eq!(rules(&SecondFacts { is_minor: true, ..plain }), [Rule::Minor]);
    assert_eq!(rules(&SecondFacts { is_organisation: true, ..plain }), [Rule::Organisation]);
    for kind in [Kind::Recovery, Kind::Transfer, Kind::SimReplacement] {
        assert_eq!(rules(&SecondFacts { kind, ..plain }), [Rule::SensitiveKind]);
    }
    assert_eq!(rules(&SecondFacts { kind: Kind::Appeal, ..plain }), [Rule::Appeal]);
    assert_eq!(rules(&SecondFacts { draw: 299, ..plain }), [Rule::Sample]);
    assert_eq!(rules(&SecondFacts { draw: 300, ..plain }), []);
    let asked = SecondFacts { is_minor: true, draw: 0, ..facts(Verdict::AskAgain) };
    assert_eq!(rules(&asked), []);
}

#[test]
fn own_returned_cases_come_first_then_promise_then_the_simplest() {
    let place = |is_front, is_mine, day: i64, difficulty| {
        let promise_at = At::default().plus_days(day);
        Place { is_front, is_mine, promise_at, difficulty }
    };
    let sorted = [
        place(true, true, 5, 9),
        place(true, false, 2, 9),
        place(false, false, 1, 0),
        place(false, false, 1, 3),
        place(false, false, 2, 0),
    ];
    assert!(sorted.is_sorted_by_key(Place::key));
}

#[test]
fn a_harder_case_weighs_more() {
    let case = |outcome| difficulty(&[Check::new(CheckKind::Age, outcome)]);
    let weights = [Outcome::Pass, Outcome::Unavailable, Outcome::Warn, Outcome::Fail].map(case);
    assert!(weights.is_sorted(), "{weights:?}");
}

proptest! {
    #[test]
    fn regions_round_trip_and_lie_inside(numbers: (u16, u16, u16, u16)) {
        let (left, top, width, height) = numbers;
        if let Some(region) = Region::new(left, top, width, height) {
            prop_assert!(u32::from(left) + u32::from(width) <= 1000);
            prop_assert!(u32::from(top) + u32::from(height) <= 1000);
            prop_assert_eq!(Region::from_text(&region.to_text()), Some(region));
        }
    }

    #[test]
    fn what_is_not_a_region_is_not_taken_for_one(text: String) {
        if let Some(region) = Region::from_text(&text) {
            prop_assert_eq!(Region::from_text(&region.to_text()), Some(region));
        }
        let _ = Region::from_cells(&text, "A1");
    }
}
