//! The keep-alive ladder: when a number's window ends, and what comes next without use.
//!
//! A deadline is a pure function of facts and policy. Nothing is stored but how far down the
//! ladder the number was taken ([`LadderMark`](crate::number::LadderMark)); a use moves
//! `keep_from` and forgets the mark.
//!
//! Days are civil days in the policy's zone. The window is `window_days` after the day of the last
//! use and ends at 24:00; step `n` of the ladder falls due `n` days after that instant. If a step
//! was taken late (the sweep stood still, a clock jumped), everything after it moves with it, so
//! that nobody gets less notice than the policy promises.

use crate::number::{Facts, Lifecycle};
use crate::policy::{LadderAct, LadderStep, Policy};
use crate::time::At;
use jiff::ToSpan;
use jiff::civil::Date;

/// A step of the ladder and the instant from which it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The step.
    pub step: LadderStep,
    /// From when.
    pub at: At,
}

/// Whether the window counts at the moment: only for a number in use that we let its holder use.
pub fn is_running(facts: &Facts) -> bool {
    facts.lifecycle == Lifecycle::Active
        && !facts.holds.iter().any(|hold| hold.kind.stops_keep_alive())
}

/// The instant from which the window counts, with the newest use that counts taken in.
pub fn anchor(facts: &Facts) -> At {
    facts.last_use.map_or(facts.keep_from, |last| facts.keep_from.max(last.at))
}

/// The last day of the window: use on this day is in time.
///
/// ```
/// # use domain::{id::*, ladder, number::*, policy::Policy, time::*};
/// # let policy: Policy = toml::from_str(include_str!("../../../policies/cn.toml")).unwrap();
/// # let at = At::of_civil(jiff::civil::date(2026, 3, 14).at(10, 0, 0, 0), &policy.zone);
/// // Approved on 14 March, the window of `cn` is 90 days.
/// let facts = Facts { keep_from: at, lifecycle: Lifecycle::Active, ..Facts::in_stock(at) };
/// assert_eq!(ladder::deadline_on(&facts, &policy), jiff::civil::date(2026, 6, 12));
/// ```
pub fn deadline_on(facts: &Facts, policy: &Policy) -> Date {
    let from = anchor(facts);
    let counted = plus_days(from.date_in(&policy.zone), i64::from(*policy.keep_alive.window_days));
    match facts.ladder.filter(|_| from <= facts.keep_from) {
        None => counted,
        // The last step was meant for the first instant of some day; the day on which it was
        // taken tells how late that was.
        Some(mark) => {
            let taken = mark.at.date_in(&policy.zone);
            counted.max(plus_days(taken, -1 - i64::from(mark.day)))
        }
    }
}

/// The instant at which the window ends.
pub fn deadline_at(facts: &Facts, policy: &Policy) -> At {
    At::end_of(deadline_on(facts, policy), &policy.zone)
}

/// The step that comes next, and from when it is due, as it looks at `at`; `None` while the window
/// does not run.
///
/// Of several reminders that are due at once, only the last that leaves the promised notice is
/// taken: nobody gets four texts in one minute.
pub fn next(facts: &Facts, policy: &Policy, at: At) -> Option<Due> {
    if !is_running(facts) {
        return None;
    }
    let all: &[LadderStep] = &policy.keep_alive.ladder;
    let is_marked = anchor(facts) <= facts.keep_from;
    let done = facts.ladder.filter(|_| is_marked).map(|mark| mark.day);
    let mut left = all.iter().filter(|step| done.is_none_or(|day| step.day > day));
    let last_day = deadline_on(facts, policy);
    let due = |step: &LadderStep| Due { step: *step, at: due_at(last_day, step.day, policy) };
    let first = due(left.next()?);
    let notice_min = *policy.keep_alive.notice_days_min;
    let later = left
        .take_while(|step| step.act == LadderAct::Remind && -step.day >= notice_min)
        .map(due)
        .take_while(|due| due.at <= at);
    match first.step.act {
        LadderAct::Remind => Some(later.last().unwrap_or(first)),
        LadderAct::BarOutgoing | LadderAct::Suspend | LadderAct::Quarantine => Some(first),
    }
}

/// The steps still to come without use, with their days, for a person to read.
pub fn plan(facts: &Facts, policy: &Policy) -> Vec<(LadderAct, Date)> {
    if !is_running(facts) {
        return Vec::new();
    }
    let is_marked = anchor(facts) <= facts.keep_from;
    let done = facts.ladder.filter(|_| is_marked).map(|mark| mark.day);
    let last_day = deadline_on(facts, policy);
    let left = policy.keep_alive.ladder.iter().filter(|step| done.is_none_or(|d| step.day > d));
    left.map(|step| (step.act, due_at(last_day, step.day, policy).date_in(&policy.zone))).collect()
}

/// Until when the number is kept for its holder if it is never used again: the day of quarantine.
pub fn held_until_on(facts: &Facts, policy: &Policy) -> Date {
    let last_day = deadline_on(facts, policy);
    let end = policy.keep_alive.ladder.last().map_or(0, |step| step.day);
    plus_days(last_day, i64::from(end))
}

fn due_at(last_day: Date, day: i32, policy: &Policy) -> At {
    At::end_of(plus_days(last_day, i64::from(day)), &policy.zone)
}

pub(crate) fn plus_days(date: Date, days: i64) -> Date {
    let end = if days < 0 { Date::MIN } else { Date::MAX };
    date.checked_add(days.days()).unwrap_or(end)
}
