//! The transitions of an application, by source state; see the module above.

use super::{ApplicationRefusal as No, Effect, Event, Facts, Rules, State, Step, Tell};
use crate::decision::{Redo, Verdict};
use crate::promise;
use crate::reason::Reason;
use crate::time::At;

type Decided = Result<Step, No>;

/// What `event` at `at` does to an application with `facts`.
pub fn decide(facts: &Facts, rules: Rules<'_>, event: &Event, at: At) -> Decided {
    let then = Then { facts, rules, at };
    match facts.state {
        State::Draft => then.draft(event),
        State::Submitted => then.submitted(event),
        State::Checking => then.checking(event),
        State::InReview => then.in_review(event),
        State::SecondCheck => then.second_check(event),
        State::NeedsUpdate => then.needs_update(event),
        State::Approved => then.approved(event),
        State::Ready => then.ready(event),
        State::Rejected => then.rejected(event),
        State::Withdrawn | State::Expired => then.closed(event),
    }
}

/// One decision in the making.
struct Then<'a> {
    facts: &'a Facts,
    rules: Rules<'a>,
    at: At,
}

impl Then<'_> {
    fn draft(&self, event: &Event) -> Decided {
        match event {
            Event::Submitted if self.at >= self.facts.draft_until => Err(No::TooLate),
            Event::Submitted => Ok(self.submit()),
            Event::Withdrawn => Ok(self.withdraw(&[])),
            Event::DeadlinePassed if self.at < self.facts.draft_until => Err(No::NotDue),
            Event::DeadlinePassed => {
                let mut next = self.to(State::Expired);
                next.kept_until = Some(self.facts.draft_until);
                next.is_erased = true;
                Ok(Step { next, effects: vec![Effect::Erase] })
            }
            Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::UpdateSent
            | Event::Rejected { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld
            | Event::CalendarImported => Err(No::NotSentYet),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn submitted(&self, event: &Event) -> Decided {
        match event {
            Event::ChecksStarted => Ok(self.only(State::Checking)),
            Event::Withdrawn => Ok(self.withdraw(&[])),
            Event::DeadlinePassed => self.apologise(),
            Event::CalendarImported => Ok(self.recount()),
            Event::Submitted => Err(No::AlreadySent),
            Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::Rejected { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld => Err(No::NotInReview),
            Event::UpdateSent => Err(No::NothingAsked),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn checking(&self, event: &Event) -> Decided {
        match event {
            // The checks may start again after a crash.
            Event::ChecksStarted => Ok(self.only(State::Checking)),
            Event::ChecksDone { verdict } => match verdict {
                Verdict::Approve => Ok(self.approve(&[])),
                Verdict::Review => {
                    let is_front = self.facts.redo_rounds > 0;
                    let effects = vec![Effect::Queue { is_front }];
                    Ok(Step { next: self.to(State::InReview), effects })
                }
                Verdict::AskAgain { redo } => self.ask_again(redo, &[]),
                Verdict::Refuse { reasons } => self.reject(reasons, true, &[]),
            },
            Event::Withdrawn => Ok(self.withdraw(&[])),
            Event::DeadlinePassed => self.apologise(),
            Event::CalendarImported => Ok(self.recount()),
            Event::Submitted => Err(No::AlreadySent),
            Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::Rejected { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld => Err(No::NotInReview),
            Event::UpdateSent => Err(No::NothingAsked),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn in_review(&self, event: &Event) -> Decided {
        match event {
            Event::SecondCheckAsked => Ok(self.only(State::SecondCheck)),
            Event::Approved => Ok(self.approve(LEAVE)),
            Event::UpdateAsked { redo } => self.ask_again(redo, LEAVE),
            Event::Rejected { reasons } => self.reject(reasons, false, LEAVE),
            Event::Withdrawn => Ok(self.withdraw(LEAVE)),
            Event::DeadlinePassed => self.apologise(),
            Event::CalendarImported => Ok(self.recount()),
            Event::Submitted => Err(No::AlreadySent),
            Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld => Err(No::NotInReview),
            Event::UpdateSent => Err(No::NothingAsked),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn second_check(&self, event: &Event) -> Decided {
        match event {
            Event::Approved => Ok(self.approve(LEAVE)),
            Event::UpdateAsked { redo } => self.ask_again(redo, LEAVE),
            Event::Rejected { reasons } => self.reject(reasons, false, LEAVE),
            Event::Withdrawn => Ok(self.withdraw(LEAVE)),
            Event::DeadlinePassed => self.apologise(),
            Event::CalendarImported => Ok(self.recount()),
            Event::Submitted => Err(No::AlreadySent),
            Event::SecondCheckAsked
            | Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld => Err(No::NotInReview),
            Event::UpdateSent => Err(No::NothingAsked),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn needs_update(&self, event: &Event) -> Decided {
        let is_over = self.facts.update_until.is_some_and(|until| self.at >= until);
        match event {
            Event::UpdateSent if is_over => Err(No::TooLate),
            Event::UpdateSent => Ok(self.resume()),
            Event::Withdrawn => Ok(self.withdraw(&[])),
            Event::DeadlinePassed if !is_over => Err(No::NotDue),
            Event::DeadlinePassed => {
                let kept_until = self.at.plus_days(i64::from(self.rules.terms.kept_days));
                let mut next = self.to(State::Expired);
                next.kept_until = Some(kept_until);
                Ok(Step { next, effects: vec![Effect::Tell(Tell::Expired { kept_until })] })
            }
            // Our clock stands still; the calendar is read again when it resumes.
            Event::CalendarImported => Ok(self.only(State::NeedsUpdate)),
            Event::Submitted => Err(No::AlreadySent),
            Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::Rejected { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld => Err(No::NotInReview),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn approved(&self, event: &Event) -> Decided {
        match event {
            Event::NetworkConfirmed => {
                let effects = vec![Effect::Tell(Tell::Ready)];
                Ok(Step { next: self.to(State::Ready), effects })
            }
            Event::DeadlinePassed => Err(No::NotDue),
            Event::Submitted
            | Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::UpdateSent
            | Event::Rejected { .. }
            | Event::PersonAsked
            | Event::AppealUpheld
            | Event::Withdrawn
            | Event::CalendarImported => Err(No::AlreadyDecided),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn ready(&self, event: &Event) -> Decided {
        match event {
            // The network may confirm twice; the applicant is told once.
            Event::NetworkConfirmed => Ok(self.only(State::Ready)),
            Event::DeadlinePassed => Err(No::NotDue),
            Event::Submitted
            | Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::UpdateSent
            | Event::Rejected { .. }
            | Event::PersonAsked
            | Event::AppealUpheld
            | Event::Withdrawn
            | Event::CalendarImported => Err(No::AlreadyDecided),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn rejected(&self, event: &Event) -> Decided {
        match event {
            Event::PersonAsked if !self.facts.is_refused_by_machine => Err(No::NotRefusedByMachine),
            Event::PersonAsked if self.is_kept_over() => Err(No::TooLate),
            Event::AppealUpheld if self.facts.is_erased => Err(No::TooLate),
            Event::PersonAsked | Event::AppealUpheld => Ok(self.look_again()),
            Event::DeadlinePassed => self.erase(),
            Event::Submitted
            | Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::UpdateSent
            | Event::Rejected { .. }
            | Event::NetworkConfirmed
            | Event::Withdrawn
            | Event::CalendarImported => Err(No::AlreadyDecided),
            Event::Reopened => Err(No::NotClosed),
        }
    }

    fn closed(&self, event: &Event) -> Decided {
        match event {
            Event::Reopened if self.is_kept_over() => Err(No::TooLate),
            Event::Reopened => {
                let next = Facts {
                    redo_rounds: self.facts.redo_rounds,
                    ..Facts::draft(self.facts.kind, self.rules.terms, self.at)
                };
                Ok(Step { next, effects: Vec::new() })
            }
            Event::DeadlinePassed => self.erase(),
            Event::Submitted
            | Event::ChecksStarted
            | Event::ChecksDone { .. }
            | Event::SecondCheckAsked
            | Event::Approved
            | Event::UpdateAsked { .. }
            | Event::UpdateSent
            | Event::Rejected { .. }
            | Event::NetworkConfirmed
            | Event::PersonAsked
            | Event::AppealUpheld
            | Event::Withdrawn
            | Event::CalendarImported => Err(No::Closed),
        }
    }

    /// The facts as they are, in another state.
    fn to(&self, state: State) -> Facts {
        Facts { state, ..self.facts.clone() }
    }

    fn only(&self, state: State) -> Step {
        Step { next: self.to(state), effects: Vec::new() }
    }

    fn submit(&self) -> Step {
        let Rules { terms, calendar, zone } = self.rules;
        let promise = promise::promise(self.at, &terms.promise, calendar, zone);
        let mut next = self.to(State::Submitted);
        next.promise = Some(promise);
        next.is_late_told = false;
        Step { next, effects: vec![Effect::RunChecks, Effect::Tell(Tell::Received { promise })] }
    }

    fn approve(&self, first: &[Effect]) -> Step {
        let mut effects = first.to_vec();
        effects.push(Effect::SwitchOn);
        Step { next: self.to(State::Approved), effects }
    }

    /// Our clock stops, his starts: until 24:00 of the last day in the operator's zone.
    fn ask_again(&self, redo: &[Redo], first: &[Effect]) -> Decided {
        if redo.is_empty() {
            return Err(No::NoReason);
        }
        if redo.iter().any(|redo| !redo.reason.items().contains(&redo.item)) {
            return Err(No::ReasonNotOfItem);
        }
        let Rules { terms, calendar, zone } = self.rules;
        let last_day = self.at.plus_days(i64::from(terms.update_days)).date_in(zone);
        let until = At::end_of(last_day, zone);
        let mut next = self.to(State::NeedsUpdate);
        next.paused_days =
            self.facts.promise.map(|promise| promise::days_left(promise, self.at, calendar, zone));
        next.update_until = Some(until);
        next.redo_rounds = next.redo_rounds.saturating_add(1);
        let mut effects = first.to_vec();
        effects.push(Effect::Tell(Tell::UpdateAsked { redo: redo.to_vec(), until }));
        Ok(Step { next, effects })
    }

    /// His clock stops, ours goes on with what was left of it.
    fn resume(&self) -> Step {
        let Rules { terms, calendar, zone } = self.rules;
        let days = self.facts.paused_days.unwrap_or(terms.promise.business_days);
        let promise = promise::promise_days(self.at, days, &terms.promise, calendar, zone);
        let mut next = self.to(State::Submitted);
        next.promise = Some(promise);
        next.is_late_told = false;
        next.paused_days = None;
        next.update_until = None;
        Step { next, effects: vec![Effect::RunChecks, Effect::Tell(Tell::Received { promise })] }
    }

    fn reject(&self, reasons: &[Reason], is_by_machine: bool, first: &[Effect]) -> Decided {
        if reasons.is_empty() {
            return Err(No::NoReason);
        }
        let terms = self.rules.terms;
        let appeal_until = self.at.plus_days(i64::from(terms.appeal_days));
        let mut next = self.to(State::Rejected);
        next.is_refused_by_machine = is_by_machine;
        next.kept_until = Some(appeal_until);
        let mut public: Vec<Reason> = Vec::with_capacity(reasons.len());
        for reason in reasons {
            if !public.contains(&reason.public()) {
                public.push(reason.public());
            }
        }
        let mut effects = first.to_vec();
        effects.push(Effect::Tell(Tell::Rejected { reasons: public, appeal_until }));
        Ok(Step { next, effects })
    }

    /// A person looks at what the machine refused, with a promise of its own.
    fn look_again(&self) -> Step {
        let Rules { terms, calendar, zone } = self.rules;
        let promise = promise::promise(self.at, &terms.promise, calendar, zone);
        let mut next = self.to(State::InReview);
        next.promise = Some(promise);
        next.is_late_told = false;
        next.is_refused_by_machine = false;
        next.kept_until = None;
        let effects =
            vec![Effect::Queue { is_front: false }, Effect::Tell(Tell::Received { promise })];
        Step { next, effects }
    }

    fn withdraw(&self, first: &[Effect]) -> Step {
        let mut next = self.to(State::Withdrawn);
        next.kept_until = Some(self.at.plus_days(i64::from(self.rules.terms.kept_days)));
        next.update_until = None;
        next.paused_days = None;
        let mut effects = first.to_vec();
        // Nobody was told of a draft, so nobody waits for it.
        if self.facts.state != State::Draft {
            effects.push(Effect::Tell(Tell::Withdrawn));
        }
        Step { next, effects }
    }

    /// The promise will be missed: say so before it passes, with a new one.
    fn apologise(&self) -> Decided {
        let Rules { terms, calendar, zone } = self.rules;
        let due = self.facts.due_at(terms).is_some_and(|due| self.at >= due);
        let Some(mut promise) = self.facts.promise.filter(|_| due) else {
            return Err(No::NotDue);
        };
        let lead = -i64::from(terms.apology_lead_minutes);
        // After a standstill of days the next date must still lie ahead.
        for _ in 0..EXTENSIONS_MAX {
            promise = promise::extended(
                promise,
                terms.late_business_days.max(1),
                &terms.promise,
                calendar,
                zone,
            );
            if promise.due_at.plus_minutes(lead) > self.at {
                break;
            }
        }
        let mut next = self.facts.clone();
        next.promise = Some(promise);
        next.is_late_told = true;
        Ok(Step { next, effects: vec![Effect::Tell(Tell::Delayed { promise })] })
    }

    /// A provisional promise is counted again; another date is told, an equal one only confirmed.
    fn recount(&self) -> Step {
        let Rules { terms, calendar, zone } = self.rules;
        let Some(old) = self.facts.promise.filter(|promise| promise.is_provisional) else {
            return Step { next: self.facts.clone(), effects: Vec::new() };
        };
        let promise = promise::promise_days(
            old.counted_from,
            old.business_days,
            &terms.promise,
            calendar,
            zone,
        );
        let mut next = self.facts.clone();
        next.promise = Some(promise);
        let moved = promise.due_at != old.due_at;
        let effects = if moved { vec![Effect::Tell(Tell::DateMoved { promise })] } else { vec![] };
        Step { next, effects }
    }

    fn is_kept_over(&self) -> bool {
        self.facts.is_erased || self.facts.kept_until.is_none_or(|until| self.at >= until)
    }

    fn erase(&self) -> Decided {
        if self.facts.is_erased || !self.is_kept_over() {
            return Err(No::NotDue);
        }
        let mut next = self.facts.clone();
        next.is_erased = true;
        Ok(Step { next, effects: vec![Effect::Erase] })
    }
}

const LEAVE: &[Effect] = &[Effect::LeaveQueue];

/// Longest standstill, in extensions, after which the promise still lands in the future.
const EXTENSIONS_MAX: usize = 1000;
