//! The diagram and the table of every (state, event) pair, written from [`decide`] itself.

use super::{Event, Facts, Kind, Rules, State, Terms, decide};
use crate::calendar::Calendar;
use crate::decision::{Redo, Verdict};
use crate::promise;
use crate::reason::{Item, Reason};
use crate::refusal::Refusal;
use crate::time::{At, Zone};
use jiff::civil::Time;
use std::fmt::Write;

/// One sample of every event, by the name shown.
pub(super) fn samples() -> Vec<(&'static str, Event)> {
    let redo = || vec![Redo { item: Item::DocumentFront, reason: Reason::D2 }];
    let done = |verdict| Event::ChecksDone { verdict };
    vec![
        ("submitted", Event::Submitted),
        ("checks started", Event::ChecksStarted),
        ("checks: approve", done(Verdict::Approve)),
        ("checks: review", done(Verdict::Review)),
        ("checks: ask again", done(Verdict::AskAgain { redo: redo() })),
        ("checks: refuse", done(Verdict::Refuse { reasons: vec![Reason::E2] })),
        ("second check asked", Event::SecondCheckAsked),
        ("approved", Event::Approved),
        ("update asked", Event::UpdateAsked { redo: redo() }),
        ("update sent", Event::UpdateSent),
        ("rejected", Event::Rejected { reasons: vec![Reason::D8] }),
        ("network confirmed", Event::NetworkConfirmed),
        ("person asked", Event::PersonAsked),
        ("appeal upheld", Event::AppealUpheld),
        ("withdrawn", Event::Withdrawn),
        ("reopened", Event::Reopened),
        ("deadline passed", Event::DeadlinePassed),
        ("calendar imported", Event::CalendarImported),
    ]
}

/// Terms with round numbers, for the table only.
pub(super) fn sample_terms() -> Terms {
    let time = |hour| Time::constant(hour, 0, 0, 0);
    Terms {
        draft_days: 14,
        update_days: 7,
        kept_days: 14,
        appeal_days: 30,
        late_business_days: 1,
        apology_lead_minutes: 60,
        promise: promise::Terms { business_days: 3, cut_off: time(17), due_time: time(18) },
    }
}

/// Facts of `state` as they come about, at the instant 0 with every timer at `due`.
pub(super) fn sample_facts(state: State, due: At) -> Facts {
    let zone = Zone::utc();
    let terms = sample_terms();
    let mut facts = Facts::draft(Kind::Registration, &terms, At::default());
    facts.state = state;
    facts.draft_until = due;
    facts.update_until = (state == State::NeedsUpdate).then_some(due);
    let closed = matches!(state, State::Rejected | State::Withdrawn | State::Expired);
    facts.kept_until = closed.then_some(due);
    facts.is_refused_by_machine = state == State::Rejected;
    if !matches!(state, State::Draft) {
        let mut given =
            promise::promise(At::default(), &terms.promise, &Calendar::empty("sample"), &zone);
        given.due_at = due.plus_minutes(i64::from(terms.apology_lead_minutes));
        facts.promise = Some(given);
    }
    facts
}

/// For every state and event: the next state and the effects, or the code of the refusal.
///
/// Two lines stand for events whose answer depends on the state's timer.
pub fn table() -> String {
    let (calendar, zone, terms) = (Calendar::empty("sample"), Zone::utc(), sample_terms());
    let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
    let due = At::default().plus_days(2);
    let mut out = String::from(
        "Every state and event of an application: before and after the timer of the state.\n",
    );
    for state in State::ALL {
        let _ = write!(out, "\n{}\n", state.code());
        for (name, event) in samples() {
            let facts = sample_facts(state, due);
            let answer = |at| match decide(&facts, rules, &event, at) {
                Ok(step) => {
                    let effects: Vec<String> = step.effects.iter().map(name_of).collect();
                    let erased = if step.next.is_erased { " (erased)" } else { "" };
                    format!("-> {}{erased} {}", step.next.state.code(), effects.join(", "))
                }
                Err(refusal) => refusal.code().to_owned(),
            };
            let (early, late) = (answer(At::default().plus_days(1)), answer(due));
            let _ = writeln!(out, "  {name:<20} {}", early.trim_end());
            if early != late {
                let _ = writeln!(out, "  {:<20} {}", "  later", late.trim_end());
            }
        }
    }
    out
}

/// The states and the arrows between them, one line for each arrow.
pub fn diagram() -> String {
    let (calendar, zone, terms) = (Calendar::empty("sample"), Zone::utc(), sample_terms());
    let rules = Rules { terms: &terms, calendar: &calendar, zone: &zone };
    let due = At::default().plus_days(2);
    let mut out = String::new();
    for state in State::ALL {
        let mut arrows: Vec<(State, Vec<&str>)> = Vec::new();
        for (name, event) in samples() {
            for at in [At::default().plus_days(1), due] {
                let Ok(step) = decide(&sample_facts(state, due), rules, &event, at) else {
                    continue;
                };
                let next = step.next.state;
                if next == state {
                    continue;
                }
                match arrows.iter_mut().find(|(to, _)| *to == next) {
                    Some((_, names)) if names.contains(&name) => {}
                    Some((_, names)) => names.push(name),
                    None => arrows.push((next, vec![name])),
                }
            }
        }
        if arrows.is_empty() {
            let _ = writeln!(out, "{:<13} (end)", state.code());
        }
        for (index, (next, names)) in arrows.iter().enumerate() {
            let from = if index == 0 { state.code() } else { "" };
            let _ = writeln!(out, "{from:<13} --> {:<13} {}", next.code(), names.join(", "));
        }
    }
    out
}

fn name_of(effect: &super::Effect) -> String {
    use super::{Effect, Tell};
    match effect {
        Effect::RunChecks => "run checks".to_owned(),
        Effect::Queue { is_front: true } => "queue in front".to_owned(),
        Effect::Queue { is_front: false } => "queue".to_owned(),
        Effect::LeaveQueue => "leave queue".to_owned(),
        Effect::SwitchOn => "switch on".to_owned(),
        Effect::Erase => "erase".to_owned(),
        Effect::Tell(tell) => {
            let what = match tell {
                Tell::Received { .. } => "received",
                Tell::UpdateAsked { .. } => "update asked",
                Tell::Rejected { .. } => "rejected",
                Tell::Delayed { .. } => "delayed",
                Tell::DateMoved { .. } => "date moved",
                Tell::Ready => "ready",
                Tell::Withdrawn => "withdrawn",
                Tell::Expired { .. } => "expired",
            };
            format!("tell: {what}")
        }
    }
}
