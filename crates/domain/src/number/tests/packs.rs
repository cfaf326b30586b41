//! Every pack that ships: it is sound, and its ladder ends where it says.

use super::*;
use crate::policy::{LadderAct, effective};

#[test]
fn every_pack_is_sound_and_says_where_its_figures_come_from() {
    for policy in packs() {
        assert_eq!(policy.faults(), [], "{}", policy.code);
        assert!(!policy.keep_alive.window_days.source.is_empty());
    }
}

#[test]
fn the_ladder_of_every_pack_ends_in_stock_after_all_its_steps() {
    for policy in packs() {
        let start = At::of_civil(Date::constant(2026, 1, 15).at(12, 0, 0, 0), &policy.zone);
        let mut facts = active(&policy, start);
        let steps = let_pass(&mut facts, &policy, start.plus_days(4_000), true);
        assert_eq!(facts.lifecycle, Lifecycle::InStock, "{}", policy.code);
        let expected = policy.keep_alive.ladder.len() + 1;
        assert_eq!(steps.len(), expected, "{}: one step a day, then the release", policy.code);
        for ((at, _), ladder) in steps.iter().zip(policy.keep_alive.ladder.iter()) {
            let days = i64::from(*policy.keep_alive.window_days + ladder.day);
            let day = crate::ladder::plus_days(start.date_in(&policy.zone), days + 1);
            assert_eq!(*at, At::start_of(day, &policy.zone), "{} day {}", policy.code, ladder.day);
        }
        let closed = steps.iter().find(|(_, s)| s.next.lifecycle == Lifecycle::Quarantined);
        let released = steps.last().unwrap().0;
        let rested = released.date_in(&policy.zone) - closed.unwrap().0.date_in(&policy.zone);
        let rested = rested.total((jiff::Unit::Day, jiff::SpanRelativeTo::days_are_24_hours()));
        assert!((rested.unwrap() - *policy.quarantine.days as f64).abs() < 0.5, "{}", policy.code);
    }
}

#[test]
fn a_wrong_policy_says_all_that_is_wrong_with_it() {
    let mut policy = cn();
    policy.keep_alive.counting.value.clear();
    policy.keep_alive.ladder.value.retain(|step| step.act != LadderAct::Remind);
    policy.quarantine.days.value = 0;
    policy.caps[0].limit = 0;
    policy.arrears.as_mut().unwrap().close_days.value = 1;
    let keys: Vec<&str> = policy.faults().iter().map(|fault| fault.key).collect();
    let expected =
        ["cap.limit", "quarantine.days", "keep_alive.counting", "keep_alive.ladder", "arrears"];
    assert_eq!(keys, expected);
}

#[test]
fn an_unknown_key_and_a_figure_without_source_are_refused() {
    let unknown = PACKS[0].replace("[close]", "[close]\nundo_hours = 3");
    assert!(toml::from_str::<Policy>(&unknown).unwrap_err().to_string().contains("undo_hours"));
    let bare = PACKS[0].replace("[close]\nundo_days = {", "[close]\nundo_days = 7 # {");
    assert!(toml::from_str::<Policy>(&bare).is_err());
}

#[test]
fn the_version_that_took_effect_last_holds() {
    let (first, mut second) = (cn(), cn());
    second.version = 2;
    second.effective_on = Date::constant(2026, 7, 1);
    let versions = [first, second];
    let held = |day| effective(&versions, day).map(|policy| policy.version);
    assert_eq!(held(Date::constant(2025, 12, 31)), None);
    assert_eq!(held(Date::constant(2026, 6, 30)), Some(1));
    assert_eq!(held(Date::constant(2026, 7, 1)), Some(2));
}
