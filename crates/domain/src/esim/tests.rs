use super::*;
use crate::time::At;
use proptest::prelude::*;

#[test]
fn the_examples_of_the_standard_are_read_and_written() {
    // SGP.22 v2, section 4.1.
    for (text, address, matching_id, needs) in [
        (
            "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815",
            "smdp.gsma.com",
            "04386-AGYFT-A74Y8-3F815",
            false,
        ),
        (
            "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$$1",
            "smdp.gsma.com",
            "04386-AGYFT-A74Y8-3F815",
            true,
        ),
        (
            "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
            "smdp.gsma.com",
            "04386-AGYFT-A74Y8-3F815",
            true,
        ),
        ("LPA:1$SMDP.GSMA.COM$", "smdp.gsma.com", "", false),
        ("1$smdp.example:8443$ABC", "smdp.example:8443", "ABC", false),
        (" lpa:1$smdp.example$ABC$1.2 ", "smdp.example", "ABC", false),
    ] {
        let code = ActivationCode::parse(text).unwrap();
        assert_eq!((code.address(), code.matching_id()), (address, matching_id), "{text}");
        assert_eq!(code.needs_confirmation(), needs, "{text}");
        assert_eq!(ActivationCode::parse(&code.to_text()), Ok(code.clone()), "{text}");
        assert!(code.to_text().starts_with("LPA:1$"));
        assert_eq!(format!("{code:?}"), "•••");
    }
    let code = ActivationCode::new("smdp.example", "AB-1").unwrap();
    assert_eq!(code.to_text(), "LPA:1$smdp.example$AB-1");
    let code = code.with_oid("1.3.6").unwrap().with_confirmation().unwrap();
    assert_eq!(code.to_text(), "LPA:1$smdp.example$AB-1$1.3.6$1");
}

#[test]
fn what_is_no_code_is_refused() {
    use EsimRefusal::{Address, CodeFormat, CodeLength, MatchingId};
    let long = format!("1$smdp.example${}", "A".repeat(255));
    for (text, refusal) in [
        ("", CodeFormat),
        ("LPA:", CodeFormat),
        ("LPA:2$smdp.example$A", CodeFormat),
        ("LPA:1$smdp.example", CodeFormat),
        ("LPA:1$smdp.example$A$$1$2", CodeFormat),
        ("LPA:1$smdp.example$A$1.2$2", CodeFormat),
        ("LPA:1$smdp.example$A$oid", CodeFormat),
        ("LPA:1$$A", Address),
        ("LPA:1$smdp..example$A", Address),
        ("LPA:1$-smdp.example$A", Address),
        ("LPA:1$smdp.example:0$A", Address),
        ("LPA:1$smdp.example/path$A", Address),
        ("LPA:1$smdp.例$A", Address),
        ("LPA:1$smdp.example$a", MatchingId),
        ("LPA:1$smdp.example$A B", MatchingId),
        ("LPA:1$smdp.example$码", MatchingId),
        (&long, CodeLength),
    ] {
        assert_eq!(ActivationCode::parse(text), Err(refusal), "{text}");
    }
    assert_eq!(ActivationCode::new("smdp.example", &"A".repeat(250)), Err(CodeLength));
}

const AT: At = At::from_millis(1_800_000_000_000);

fn after(events: &[Event]) -> Result<Facts, EsimRefusal> {
    events.iter().try_fold(Facts::WANTED, |facts, event| decide(&facts, *event))
}

fn told(point: Point, is_well: bool, minutes: i64) -> Event {
    Event::Progress { point, is_well, at: AT.plus_minutes(minutes) }
}

#[test]
fn the_usual_life_of_a_profile() {
    let life = [
        (None, State::Available),
        (Some(Event::Ordered), State::Allocated),
        (Some(Event::Confirmed), State::Confirmed),
        (Some(Event::Moved), State::Confirmed),
        (Some(Event::Released), State::Released),
        (Some(told(Point::Eligibility, true, 1)), State::Released),
        (Some(told(Point::Download, true, 2)), State::Downloaded),
        (Some(told(Point::Installation, true, 3)), State::Installed),
        (Some(told(Point::Enabling, true, 4)), State::Enabled),
        (Some(told(Point::Disabling, true, 5)), State::Disabled),
        (Some(told(Point::Enabling, true, 6)), State::Enabled),
        (Some(told(Point::Deletion, true, 7)), State::Deleted),
        (Some(told(Point::Enabling, true, 8)), State::Deleted),
    ];
    let mut facts = Facts::WANTED;
    for (event, state) in life {
        if let Some(event) = event {
            facts = decide(&facts, event).unwrap();
            assert_eq!(decide(&facts, event), Ok(facts), "{event:?} again says nothing new");
        }
        assert_eq!(facts.state(), state, "after {event:?}");
        assert_eq!(
            facts.is_ready(),
            matches!(state, State::Released | State::Downloaded),
            "after {event:?}"
        );
    }
}

#[test]
fn steps_are_not_skipped_and_an_ended_order_stays_ended() {
    use Event::{CancelAsked, Cancelled, Confirmed, Moved, Ordered, Refused, Released};
    let over = Err(EsimRefusal::OrderOver);
    assert_eq!(after(&[Confirmed]), over);
    assert_eq!(after(&[Ordered, Moved]), over);
    assert_eq!(after(&[Ordered, Confirmed, Released]), over);
    assert_eq!(after(&[Refused, Ordered]), over);
    assert_eq!(after(&[Ordered, Confirmed, Refused]), over, "it was promised");
    assert_eq!(after(&[Cancelled]), over);
    let cancelled = after(&[Ordered, CancelAsked, CancelAsked, Cancelled]).unwrap();
    assert_eq!(cancelled.state(), State::Unavailable);
    assert_eq!(decide(&cancelled, Confirmed), over);
    let installed =
        [Ordered, Confirmed, Moved, Released, told(Point::Installation, true, 1), CancelAsked];
    assert_eq!(after(&installed), Err(EsimRefusal::Installed));
}

#[test]
fn what_went_wrong_is_shown_until_it_goes_well() {
    use Event::{Confirmed, Moved, Ordered, Released};
    let start = [Ordered, Confirmed, Moved, Released];
    let with = |more: &[Event]| after(&[&start, more].concat()).unwrap();
    let failed = with(&[told(Point::Download, false, 2)]);
    assert_eq!(failed.open_problem(), Some(Problem::Download));
    assert!(failed.is_ready(), "it can be tried again");
    let again = decide(&failed, told(Point::Download, true, 3)).unwrap();
    assert_eq!((again.open_problem(), again.state()), (None, State::Downloaded));
    let lost = decide(&again, told(Point::Installation, false, 4)).unwrap();
    assert_eq!((lost.state(), lost.is_ready()), (State::Error, false));
    let late = decide(&lost, told(Point::Installation, true, 5)).unwrap();
    assert_eq!((late.state(), late.open_problem()), (State::Installed, None));
    assert_eq!(with(&[told(Point::Disabling, false, 1)]), with(&[]));
}

fn any_progress() -> impl Strategy<Value = Event> {
    (0..Point::ALL.len(), any::<bool>(), 0_i64..5)
        .prop_map(|(at, is_well, minutes)| told(Point::ALL[at], is_well, minutes))
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Ordered),
        Just(Event::Confirmed),
        Just(Event::Moved),
        Just(Event::Released),
        Just(Event::Refused),
        Just(Event::CancelAsked),
        Just(Event::Cancelled),
        any_progress(),
    ]
}

proptest! {
    #[test]
    fn the_order_of_reports_does_not_matter(
        reports in prop::collection::vec(any_progress(), 0..8),
        again in any::<prop::sample::Index>(),
        shuffled in any::<u64>(),
    ) {
        let forward = after(&reports).unwrap();
        let mut other = reports.clone();
        if let Some(report) = reports.get(again.index(reports.len().max(1))) {
            other.push(*report);
        }
        // A permutation that depends on the seed.
        other.sort_by_key(|event| {
            let Event::Progress { point, is_well, at } = event else { return 0 };
            let mixed = (point.id().unsigned_abs() ^ shuffled).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ at.millis().unsigned_abs() ^ u64::from(*is_well)
        });
        prop_assert_eq!(after(&other).unwrap(), forward);
    }

    #[test]
    fn nothing_goes_back(events in prop::collection::vec(any_event(), 0..30)) {
        let mut facts = Facts::WANTED;
        for event in events {
            let Ok(next) = decide(&facts, event) else { continue };
            prop_assert!(next.step >= facts.step, "{event:?}: {facts:?} to {next:?}");
            prop_assert!(!facts.step.is_over() || next.step == facts.step);
            let was_in_chip = facts.download.is_installed();
            prop_assert!(!was_in_chip || next.download.is_installed());
            prop_assert!(!(was_in_chip && next.is_ready()));
            facts = next;
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(LPA:)?[0-9a-zA-Z$.:-]{0,40}|\\PC{0,60}") {
        if let Ok(code) = ActivationCode::parse(&text) {
            prop_assert_eq!(ActivationCode::parse(&code.to_text()), Ok(code));
        }
    }
}
