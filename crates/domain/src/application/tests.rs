use super::diagram::{sample_facts, sample_terms, samples};
use super::*;
use crate::reason::Item;
use jiff::civil::date;
use proptest::prelude::*;

fn cn() -> Calendar {
    toml::from_str(include_str!("../../../../policies/calendars/cn.toml")).unwrap()
}

fn shanghai(month: i8, day: i8, hour: i8) -> At {
    At::of_civil(date(2026, month, day).at(hour, 0, 0, 0), &Zone::shanghai())
}

/// Applies events to a new registration; each must be accepted.
fn after(events: &[(At, Event)]) -> Facts {
    let (calendar, zone, terms) = (cn(), Zone::shanghai(), sample_terms());
    let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
    let start = events.first().unwrap().0;
    let mut facts = Facts::draft(Kind::Registration, &terms, start);
    for (at, event) in events {
        facts = decide(&facts, rules, event, *at).unwrap().next;
    }
    facts
}

fn effects(facts: &Facts, event: &Event, at: At) -> Result<Vec<Effect>, ApplicationRefusal> {
    let (calendar, zone, terms) = (cn(), Zone::shanghai(), sample_terms());
    let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
    decide(facts, rules, event, at).map(|step| step.effects)
}

fn glare() -> Event {
    Event::UpdateAsked { redo: vec![Redo { item: Item::DocumentFront, reason: Reason::D2 }] }
}

fn reviewed(at: At) -> Vec<(At, Event)> {
    let done = Event::ChecksDone { verdict: Verdict::Review };
    vec![(at, Event::Submitted), (at, Event::ChecksStarted), (at, done)]
}

#[test]
fn our_clock_stops_while_the_applicant_must_act() {
    let mut events = reviewed(shanghai(11, 23, 10));
    let due = after(&events).promise.unwrap().due_at;
    assert_eq!(due, shanghai(11, 26, 18));

    events.push((shanghai(11, 24, 10), glare()));
    let waiting = after(&events);
    assert_eq!(waiting.state, State::NeedsUpdate);
    assert_eq!(waiting.paused_days, Some(2));
    assert_eq!(waiting.update_until, Some(At::end_of(date(2026, 12, 1), &Zone::shanghai())));
    assert_eq!(waiting.due_at(&sample_terms()), waiting.update_until);

    events.push((shanghai(11, 30, 10), Event::UpdateSent));
    let resumed = after(&events);
    assert_eq!(resumed.state, State::Submitted);
    assert_eq!(resumed.promise.unwrap().due_at, shanghai(12, 2, 18));
    assert_eq!(resumed.update_until, None);
}

#[test]
fn an_update_goes_back_to_the_front() {
    let mut events = reviewed(shanghai(11, 23, 10));
    events.push((shanghai(11, 23, 11), glare()));
    events.push((shanghai(11, 23, 12), Event::UpdateSent));
    events.push((shanghai(11, 23, 12), Event::ChecksStarted));
    let done = Event::ChecksDone { verdict: Verdict::Review };
    let told = effects(&after(&events), &done, shanghai(11, 23, 12)).unwrap();
    assert_eq!(told, [Effect::Queue { is_front: true }]);
}

#[test]
fn the_apology_goes_out_before_the_promise_passes_and_names_a_later_date() {
    let facts = after(&reviewed(shanghai(11, 23, 10)));
    let timer = facts.due_at(&sample_terms()).unwrap();
    assert_eq!(timer, shanghai(11, 26, 17));
    let early = effects(&facts, &Event::DeadlinePassed, timer.plus_millis(-1));
    assert_eq!(early, Err(ApplicationRefusal::NotDue));
    let told = effects(&facts, &Event::DeadlinePassed, timer).unwrap();
    let [Effect::Tell(Tell::Delayed { promise })] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(promise.due_at, shanghai(11, 27, 18));
    // After a standstill the new date still lies ahead.
    let told = effects(&facts, &Event::DeadlinePassed, shanghai(12, 15, 9)).unwrap();
    let [Effect::Tell(Tell::Delayed { promise })] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(promise.due_at, shanghai(12, 15, 18));
}

#[test]
fn an_imported_calendar_moves_only_provisional_dates_and_says_so() {
    let (zone, terms) = (Zone::shanghai(), sample_terms());
    let facts = after(&reviewed(shanghai(12, 30, 10)));
    assert!(facts.promise.unwrap().is_provisional);
    let newer: Calendar = toml::from_str(
        "name = 'cn'\n[[year]]\nyear = 2027\nstatus = 'official'\nsource = 'test'\n\
         off = ['2027-01-01..2027-01-03']\nwork = ['2027-01-09']\n",
    )
    .unwrap();
    let calendar = cn().merged(newer);
    let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
    let step = decide(&facts, rules, &Event::CalendarImported, shanghai(12, 30, 12)).unwrap();
    assert_eq!(step.effects, [], "the same date is only confirmed");
    assert!(!step.next.promise.unwrap().is_provisional);

    let later: Calendar = toml::from_str(
        "name = 'cn'\n[[year]]\nyear = 2027\nstatus = 'official'\nsource = 'test'\n\
         off = ['2027-01-01..2027-01-05']\n",
    )
    .unwrap();
    let calendar = cn().merged(later);
    let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
    let step = decide(&facts, rules, &Event::CalendarImported, shanghai(12, 30, 12)).unwrap();
    let [Effect::Tell(Tell::DateMoved { promise })] = step.effects.as_slice() else {
        panic!("{:?}", step.effects)
    };
    assert_eq!(promise.due_at.date_in(&zone), date(2027, 1, 7));
}

#[test]
fn a_refusal_by_machine_offers_a_person_and_hides_staff_reasons() {
    let at = shanghai(11, 23, 10);
    let refuse = Event::ChecksDone { verdict: Verdict::Refuse { reasons: vec![Reason::S1] } };
    let mut events = vec![(at, Event::Submitted), (at, Event::ChecksStarted)];
    let told = effects(&after(&events), &refuse, at).unwrap();
    let [Effect::Tell(Tell::Rejected { reasons, .. })] = told.as_slice() else { panic!() };
    assert_eq!(reasons, &[Reason::E9]);
    events.push((at, refuse));
    events.push((at, Event::PersonAsked));
    assert_eq!(after(&events).state, State::InReview);

    let mut by_person = reviewed(at);
    by_person.push((at, Event::Rejected { reasons: vec![Reason::D8] }));
    let refused = effects(&after(&by_person), &Event::PersonAsked, at);
    assert_eq!(refused, Err(ApplicationRefusal::NotRefusedByMachine));
}

#[test]
fn a_decision_without_reason_or_with_the_wrong_one_is_refused() {
    let facts = after(&reviewed(shanghai(11, 23, 10)));
    let at = shanghai(11, 23, 11);
    let wrong = Redo { item: Item::Portrait, reason: Reason::D2 };
    let cases = [
        (Event::UpdateAsked { redo: vec![] }, ApplicationRefusal::NoReason),
        (Event::Rejected { reasons: vec![] }, ApplicationRefusal::NoReason),
        (Event::UpdateAsked { redo: vec![wrong] }, ApplicationRefusal::ReasonNotOfItem),
    ];
    for (event, refusal) in cases {
        assert_eq!(effects(&facts, &event, at), Err(refusal));
    }
}

#[test]
fn codes_round_trip() {
    for state in State::ALL {
        assert_eq!(State::from_code(state.code()), Some(state));
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::from_code(kind.code()), Some(kind));
    }
}

/// Where a naive reading of the diagram in design.md allows to go, in one step.
fn may_follow(from: State, to: State) -> bool {
    use State::*;
    let next: &[State] = match from {
        Submitted => &[Checking, Withdrawn],
        Checking => &[InReview, NeedsUpdate, Approved, Rejected, Withdrawn],
        InReview => &[SecondCheck, NeedsUpdate, Approved, Rejected, Withdrawn],
        SecondCheck => &[NeedsUpdate, Approved, Rejected, Withdrawn],
        Draft | NeedsUpdate => &[Submitted, Withdrawn, Expired],
        Approved => &[Ready],
        Ready => &[],
        Rejected => &[InReview],
        Withdrawn | Expired => &[Draft],
    };
    from == to || next.contains(&to)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_events_keep_the_two_clocks_honest(
        picks in prop::collection::vec((0_usize..17, 0_i64..4000), 0..60)
    ) {
        let (calendar, zone, terms) = (cn(), Zone::shanghai(), sample_terms());
        let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
        let mut at = shanghai(1, 5, 9);
        let mut facts = Facts::draft(Kind::Registration, &terms, at);
        for (pick, minutes) in picks {
            at = at.plus_minutes(minutes);
            let (_, event) = &samples()[pick];
            let Ok(step) = decide(&facts, rules, event, at) else { continue };
            let next = &step.next;
            prop_assert!(may_follow(facts.state, next.state), "{:?} {event:?}", facts.state);
            // At most one clock runs.
            prop_assert_eq!(next.state.is_ours() && next.update_until.is_some(), false);
            prop_assert_eq!(next.state.is_ours(), next.state.is_ours() && next.promise.is_some());
            // A promise that moves later is always told in the same step.
            let later = matches!((facts.promise, next.promise),
                (Some(old), Some(new)) if new.due_at > old.due_at);
            let told = step.effects.iter().any(|effect| matches!(effect, Effect::Tell(_)));
            prop_assert!(!later || told, "{event:?}");
            // Whoever is asked or refused is told why, in public words.
            for effect in &step.effects {
                if let Effect::Tell(Tell::Rejected { reasons, .. }) = effect {
                    prop_assert!(!reasons.is_empty());
                    prop_assert!(reasons.iter().all(|reason| !reason.is_staff_only()));
                }
            }
            // What was erased stays erased, and only closed applications are erased.
            prop_assert!(!facts.is_erased || next.is_erased);
            prop_assert!(!next.is_erased || next.due_at(&terms).is_none());
            facts = step.next;
        }
    }

    /// The timer that a state asks for is exactly when its deadline event is accepted.
    #[test]
    fn deadlines_fire_at_their_time_and_not_before(minutes in 1_i64..20_000) {
        let (calendar, zone, terms) = (cn(), Zone::shanghai(), sample_terms());
        let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
        let due = At::default().plus_minutes(minutes);
        for state in State::ALL {
            let facts = sample_facts(state, due);
            let Some(timer) = facts.due_at(&terms) else { continue };
            prop_assert_eq!(timer, due);
            let early = decide(&facts, rules, &Event::DeadlinePassed, timer.plus_millis(-1));
            prop_assert_eq!(early, Err(ApplicationRefusal::NotDue));
            prop_assert!(decide(&facts, rules, &Event::DeadlinePassed, timer).is_ok());
        }
    }
}
