//! What happens to a number, told one event after another.

use super::*;
use crate::ladder;
use jiff::civil::date;

fn step(facts: &Facts, event: &Event, at: At) -> Step {
    decide(facts, &cn(), event, at).unwrap()
}

fn no(facts: &Facts, event: &Event, at: At) -> NumberRefusal {
    decide(facts, &cn(), event, at).unwrap_err()
}

#[test]
fn an_unregistered_card_can_do_nothing_until_it_is_approved() {
    let at = on(2026, 3, 14, 10);
    let sim = diagram::sim(b'1');
    let stock = Facts::in_stock(at);
    let allocated = step(&stock, &Event::Allocated { sim }, at);
    assert_eq!(allocated.next.profile(), ServiceProfile::NOTHING);
    assert!(allocated.next.holds.has(HoldKind::Unregistered));
    let facts = active(&cn(), at);
    assert_eq!(facts.profile(), ServiceProfile::FULL);
    assert_eq!(ladder::deadline_on(&facts, &cn()), date(2026, 6, 12));
}

#[test]
fn the_ladder_of_a_silent_number() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    let steps = let_pass(&mut facts, &policy, on(2027, 3, 1, 0), true);
    let told: Vec<(String, Vec<&str>)> = steps
        .iter()
        .map(|(at, s)| (at.date_in(&policy.zone).to_string(), s.rules.clone()))
        .collect();
    let expected = [
        ("2026-04-14", "keep_alive.remind"),
        ("2026-05-14", "keep_alive.remind"),
        ("2026-05-30", "keep_alive.remind"),
        ("2026-06-06", "keep_alive.remind"),
        ("2026-06-12", "keep_alive.last_day"),
        ("2026-06-13", "keep_alive.bar_outgoing"),
        ("2026-06-20", "keep_alive.suspend"),
        ("2026-09-11", "keep_alive.quarantine"),
        ("2026-12-10", "quarantine.over"),
    ];
    assert_eq!(told, expected.map(|(day, rule)| (day.to_owned(), vec![rule])));
    assert_eq!(facts.lifecycle, Lifecycle::InStock);
}

#[test]
fn without_proof_of_notice_nothing_is_closed_or_released() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    let steps = let_pass(&mut facts, &policy, on(2027, 3, 1, 0), false);
    assert_eq!(facts.lifecycle, Lifecycle::Active);
    assert!(facts.holds.has(HoldKind::InactiveFull));
    // The holder is told once more, with a week; then it is tried every day in silence.
    let held = |(_, s): &&(At, Step)| s.rules == ["notice.not_proven"];
    let tries: Vec<&(At, Step)> = steps.iter().filter(held).collect();
    let hold = HoldKind::InactiveFull;
    let tell = Tell::Restricted { hold, held_until_on: Some(date(2026, 9, 18)) };
    assert_eq!(tries[0].1.effects, [Effect::Tell(tell)]);
    assert_eq!(tries[1].0, on(2026, 9, 19, 0));
    assert!(tries[1..].iter().all(|(_, s)| s.effects.is_empty()));
    // Proof comes late: closed then, and the release waits for proof of its own.
    let at = on(2027, 3, 1, 12);
    facts = step(&facts, &Event::NoticeProven, at).next;
    facts = step(&facts, &Event::DeadlinePassed, at).next;
    assert_eq!(facts.lifecycle, Lifecycle::Quarantined);
    let_pass(&mut facts, &policy, on(2028, 3, 1, 0), false);
    assert_eq!(facts.lifecycle, Lifecycle::Quarantined);
    facts = step(&facts, &Event::NoticeProven, on(2028, 3, 1, 0)).next;
    facts = step(&facts, &Event::DeadlinePassed, on(2028, 3, 1, 0)).next;
    assert_eq!(facts.lifecycle, Lifecycle::InStock);
}

#[test]
fn a_call_after_a_reminder_saves_the_number_and_says_so() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    let_pass(&mut facts, &policy, on(2026, 5, 20, 0), true);
    let used_at = on(2026, 5, 21, 9);
    // The feed knows of it; the sweep learns at the next deadline.
    facts.last_use = Some(Usage { kind: UsageKind::MoCall, at: used_at });
    let due = facts.due_at.unwrap();
    let saved = step(&facts, &Event::DeadlinePassed, due);
    let deadline_on = date(2026, 8, 19);
    let used_on = date(2026, 5, 21);
    let tell = Tell::Saved { kind: UsageKind::MoCall, used_on, deadline_on };
    assert_eq!(saved.effects, [Effect::Tell(tell)]);
    assert_eq!(ladder::deadline_on(&saved.next, &policy), deadline_on);
    assert!(saved.next.due_at > Some(due));
}

#[test]
fn a_use_lifts_what_inactivity_set_at_once_and_nothing_else() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    let_pass(&mut facts, &policy, on(2026, 6, 21, 0), true);
    let at = on(2026, 6, 22, 8);
    facts = step(&facts, &Event::LossReported, at).next;
    let top_up = Event::UsageSeen { kind: UsageKind::TopUp, used_at: at };
    facts = step(&facts, &top_up, at).next;
    assert!(!facts.holds.has_any(&[HoldKind::InactiveOutgoing, HoldKind::InactiveFull]));
    assert!(facts.holds.has(HoldKind::Loss));
    assert_eq!(facts.profile(), ServiceProfile::NOTHING);
}

#[test]
fn lifting_an_arrears_hold_does_not_lift_the_loss_hold() {
    let at = on(2026, 4, 1, 10);
    let mut facts = active(&cn(), on(2026, 3, 14, 10));
    facts = step(&facts, &Event::ArrearsReached, at).next;
    assert!(facts.profile().allows(Service::SmsIn), "incoming only at first");
    facts = step(&facts, &Event::LossReported, at).next;
    let paid = step(&facts, &Event::Paid, at);
    assert!(!paid.next.holds.has(HoldKind::ArrearsOutgoing));
    assert_eq!(paid.next.profile(), ServiceProfile::NOTHING);
    assert!(!paid.effects.contains(&Effect::Provision), "the network sees no difference");
    let found = step(&paid.next, &Event::LossLifted, at);
    assert_eq!(found.next.profile(), ServiceProfile::FULL);
}

#[test]
fn one_lifted_order_leaves_the_other_in_force() {
    let at = on(2026, 4, 1, 10);
    let order = |r: &str| Event::AuthorityOrdered { reference: r.into(), until: None };
    let lift = |r: &str| Event::AuthorityLifted { reference: r.into() };
    let mut facts = active(&cn(), on(2026, 3, 14, 10));
    facts = step(&facts, &order("A-1"), at).next;
    facts = step(&facts, &order("B-2"), at).next;
    assert_eq!(no(&facts, &order("A-1"), at), NumberRefusal::OrderKnown);
    facts = step(&facts, &lift("A-1"), at).next;
    assert_eq!(facts.profile(), ServiceProfile::NOTHING);
    assert_eq!(no(&facts, &lift("A-1"), at), NumberRefusal::OrderUnknown);
    facts = step(&facts, &lift("B-2"), at).next;
    assert_eq!(facts.profile(), ServiceProfile::FULL);
}

#[test]
fn an_order_on_an_unregistered_card_ends_by_itself() {
    let policy = cn();
    let at = on(2026, 3, 14, 10);
    let stock = Facts::in_stock(at);
    let mut facts = step(&stock, &Event::Allocated { sim: diagram::sim(b'1') }, at).next;
    let until = Some(at.plus_days(200));
    let order = Event::AuthorityOrdered { reference: "A-1".into(), until };
    facts = step(&facts, &order, at).next;
    assert_eq!(let_pass(&mut facts, &policy, at.plus_days(199), true), []);
    let_pass(&mut facts, &policy, at.plus_days(200), true);
    assert_eq!(
        facts.lifecycle,
        Lifecycle::InStock,
        "its time as an unregistered card is over, too"
    );
}

#[test]
fn the_clock_stands_still_while_we_bar_the_number_and_starts_afresh() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts = step(&facts, &Event::FraudFlagged, on(2026, 4, 1, 10)).next;
    assert!(let_pass(&mut facts, &policy, on(2027, 1, 1, 0), true).is_empty());
    facts = step(&facts, &Event::FraudCleared, on(2027, 1, 1, 0)).next;
    assert_eq!(ladder::deadline_on(&facts, &policy), date(2027, 4, 1));
}

#[test]
fn a_pause_keeps_the_number_without_service_and_ends_by_itself() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    let until = on(2026, 9, 1, 0);
    let paused = step(&facts, &Event::PauseRequested { until }, on(2026, 4, 1, 10));
    // From 1 April to the end of August: five months, paid ahead.
    let fee = crate::money::Fee::PauseMonth;
    assert!(paused.effects.contains(&Effect::Charge { fee, times: 5 }));
    let resumed = step(&paused.next, &Event::Resumed, on(2026, 6, 15, 10));
    assert!(resumed.effects.contains(&Effect::GiveBack { fee, times: 2 }));
    facts = paused.next;
    assert_eq!(facts.profile(), ServiceProfile::NOTHING);
    let steps = let_pass(&mut facts, &policy, until, true);
    assert_eq!(steps.len(), 1);
    assert_eq!(facts.profile(), ServiceProfile::FULL);
    assert_eq!(ladder::deadline_on(&facts, &policy), date(2026, 11, 30));
    let long = Event::PauseRequested { until: on(2027, 9, 3, 0) };
    assert_eq!(no(&facts, &long, until), NumberRefusal::PauseLength { months_max: 12 });
}

#[test]
fn a_lost_phone_is_blocked_then_served_by_a_new_sim() {
    let at = on(2026, 4, 1, 10);
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts = step(&facts, &Event::LossReported, at).next;
    let sim = diagram::sim(b'9');
    let replaced = step(&facts, &Event::SimReplaced { sim }, at);
    assert_eq!(replaced.next.profile(), ServiceProfile::FULL);
    assert_eq!(replaced.next.sim, Some(sim));
    // Cooling: no transfer, no port-out, no other SIM for 72 hours.
    let (party_id, episode_id) = (holder(2, at).party_id, holder(2, at).episode_id);
    let transfer = Event::Transferred { party_id, episode_id };
    assert_eq!(no(&replaced.next, &transfer, at), NumberRefusal::SimCooling);
    facts = replaced.next;
    let_pass(&mut facts, &policy, at.plus_days(3), true);
    assert_eq!(step(&facts, &transfer, at.plus_days(3)).next.holder.unwrap().party_id, party_id);
}

#[test]
fn only_the_former_holder_recovers_and_only_until_the_last_day() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts = step(&facts, &Event::CloseRequested, on(2026, 8, 18, 10)).next;
    assert!(facts.profile().allows(Service::SmsIn), "so that accounts can be unbound");
    let_pass(&mut facts, &policy, on(2026, 8, 26, 10), true);
    assert_eq!(facts.lifecycle, Lifecycle::Quarantined);
    let at = on(2026, 9, 1, 10);
    let recover = |party: u128| {
        let Holder { party_id, episode_id, .. } = holder(party, at);
        Event::Recovered { party_id, episode_id, sim: diagram::sim(b'7') }
    };
    assert_eq!(no(&facts, &recover(2), at), NumberRefusal::NotFormerHolder);
    assert_eq!(step(&facts, &recover(1), at).next.lifecycle, Lifecycle::Active);
}

#[test]
fn closed_on_25_august_is_first_free_again_on_23_november() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts = step(&facts, &Event::CloseRequested, on(2026, 8, 17, 10)).next;
    let_pass(&mut facts, &policy, on(2026, 8, 25, 10), true);
    assert_eq!(facts.since, on(2026, 8, 25, 0));
    assert_eq!(facts.until, Some(on(2026, 11, 23, 0)));
    facts = step(&facts, &Event::NoticeProven, on(2026, 11, 22, 23)).next;
    let early = step(&facts, &Event::DeadlinePassed, on(2026, 11, 22, 23));
    assert_eq!(early.next.lifecycle, Lifecycle::Quarantined);
    let free = step(&facts, &Event::DeadlinePassed, on(2026, 11, 23, 0));
    assert_eq!(free.next.lifecycle, Lifecycle::InStock);
}

#[test]
fn closing_and_recovering_does_not_wash_off_a_fraud_flag() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts = step(&facts, &Event::CloseRequested, on(2026, 4, 1, 10)).next;
    facts = step(&facts, &Event::FraudFlagged, on(2026, 4, 2, 10)).next;
    let_pass(&mut facts, &policy, on(2026, 4, 20, 0), true);
    let at = on(2026, 4, 20, 0);
    let Holder { party_id, episode_id, .. } = holder(1, at);
    let recover = Event::Recovered { party_id, episode_id, sim: diagram::sim(b'7') };
    assert_eq!(no(&facts, &recover, at), NumberRefusal::SafetyCheck);
    facts = step(&facts, &Event::FraudCleared, at).next;
    assert_eq!(step(&facts, &recover, at).next.profile(), ServiceProfile::FULL);
}

#[test]
fn owing_for_long_closes_the_number_and_paying_brings_it_back() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts.last_use = Some(Usage { kind: UsageKind::MoCall, at: on(2026, 6, 1, 0) });
    facts = step(&facts, &Event::ArrearsReached, on(2026, 3, 20, 10)).next;
    let_pass(&mut facts, &policy, on(2026, 4, 20, 0), true);
    assert!(facts.holds.has(HoldKind::ArrearsFull));
    let_pass(&mut facts, &policy, on(2026, 6, 18, 12), true);
    assert_eq!((facts.lifecycle, facts.cause), (Lifecycle::PreClose, Some(Cause::Arrears)));
    let withdrawn = no(&facts, &Event::CloseWithdrawn, on(2026, 6, 19, 0));
    assert_eq!(withdrawn, NumberRefusal::HasArrears);
    facts = step(&facts, &Event::Paid, on(2026, 6, 19, 0)).next;
    assert_eq!(facts.lifecycle, Lifecycle::Active);
    assert_eq!(facts.profile(), ServiceProfile::FULL);
}

#[test]
fn a_safety_check_that_is_not_answered_bars_outgoing_until_it_is() {
    let policy = cn();
    let at = on(2026, 4, 1, 10);
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    facts = step(&facts, &Event::ReverifyOrdered { by: at.plus_minutes(1) }, at).next;
    assert_eq!(facts.reverify_by, Some(at.plus_days(1)), "never less than the law gives");
    assert_eq!(facts.profile(), ServiceProfile::FULL);
    let_pass(&mut facts, &policy, at.plus_days(2), true);
    assert!(facts.profile().allows(Service::SmsIn) && !facts.profile().allows(Service::VoiceOut));
    facts = step(&facts, &Event::ReverifyPassed, at.plus_days(2)).next;
    assert_eq!(facts.profile(), ServiceProfile::FULL);
}

#[test]
fn a_number_leaves_for_another_operator_only_in_normal_service() {
    let policy = cn();
    let facts = active(&policy, on(2026, 3, 14, 10));
    let early = no(&facts, &Event::PortedOut, on(2026, 7, 11, 10));
    assert_eq!(early, NumberRefusal::TenureTooShort { days_min: 120 });
    let left = step(&facts, &Event::PortedOut, on(2026, 7, 12, 10)).next;
    assert_eq!((left.lifecycle, left.due_at), (Lifecycle::PortedOut, None));
    let back = step(&left, &Event::PortReturned, on(2028, 1, 1, 0)).next;
    assert_eq!(back.lifecycle, Lifecycle::Quarantined);
}

#[test]
fn a_sweep_that_stood_still_never_shortens_the_notice() {
    let policy = cn();
    let mut facts = active(&policy, on(2026, 3, 14, 10));
    // Nothing ran for half a year. The first step is a reminder with seven days, not a bar.
    let at = on(2026, 9, 20, 10);
    facts = step(&facts, &Event::DeadlinePassed, at).next;
    assert_eq!(facts.profile(), ServiceProfile::FULL);
    assert_eq!(ladder::deadline_on(&facts, &policy), date(2026, 9, 26));
    let steps = let_pass(&mut facts, &policy, on(2026, 10, 10, 0), true);
    let days: Vec<String> =
        steps.iter().map(|(at, _)| at.date_in(&policy.zone).to_string()).collect();
    assert_eq!(days, ["2026-09-26", "2026-09-27", "2026-10-04"]);
}
