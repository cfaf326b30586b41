//! The one function that decides what happens to a number.

use super::event::Event;
use super::facts::{Facts, Holder, SimRef};
use super::refusal::NumberRefusal;
use super::step::{Effect, Step, Tell};
use super::{Cause, Hold, HoldKind, Lifecycle, SetBy};
use super::{transition_active, transition_closing, transition_stock};
use crate::ladder;
use crate::money::Fee;
use crate::policy::{LadderAct, Policy};
use crate::time::At;
use jiff::civil::Date;

/// Decides what `event` makes of a number at `at`, under `policy`; nothing happens inside.
///
/// The match goes by source state and names every event, so a new state or event does not compile
/// until it is decided on purpose; `docs/generated/number-table.txt` shows every pair.
pub fn decide(
    facts: &Facts,
    policy: &Policy,
    event: &Event,
    at: At,
) -> Result<Step, NumberRefusal> {
    let mut draft = Draft::new(facts, policy, at);
    match facts.lifecycle {
        Lifecycle::InStock => transition_stock::in_stock(&mut draft, event),
        Lifecycle::Reserved => transition_stock::reserved(&mut draft, event),
        Lifecycle::Allocated => transition_stock::allocated(&mut draft, event),
        Lifecycle::Active => transition_active::active(&mut draft, event),
        Lifecycle::PreClose => transition_closing::pre_close(&mut draft, event),
        Lifecycle::Quarantined => transition_closing::quarantined(&mut draft, event),
        Lifecycle::PortedOut => transition_stock::ported_out(&mut draft, event),
        Lifecycle::Retired => transition_stock::retired(&mut draft, event),
    }?;
    Ok(draft.finish())
}

/// A decision being made: the number as it will be, and what else must happen.
pub(super) struct Draft<'a> {
    pub(super) before: &'a Facts,
    pub(super) facts: Facts,
    pub(super) policy: &'a Policy,
    pub(super) at: At,
    effects: Vec<Effect>,
    rules: Vec<&'static str>,
}

impl<'a> Draft<'a> {
    fn new(before: &'a Facts, policy: &'a Policy, at: At) -> Self {
        let facts = before.clone();
        Self { before, facts, policy, at, effects: Vec::new(), rules: Vec::new() }
    }

    /// What follows from the difference is worked out here, so that no rule can forget it: the
    /// histories, the network, and the next deadline.
    fn finish(mut self) -> Step {
        let (before, next) = (self.before, &mut self.facts);
        debug_assert_eq!(next.holder.is_some(), next.expects_holder());
        debug_assert_eq!(next.sim.is_some(), next.lifecycle.has_sim());
        let mut effects = Vec::new();
        if before.holder != next.holder {
            effects.push(Effect::HolderChanged { from: before.holder, to: next.holder });
        }
        if before.sim != next.sim {
            effects.push(Effect::SimChanged { from: before.sim, to: next.sim });
        }
        if before.sim != next.sim || before.profile() != next.profile() {
            effects.push(Effect::Provision);
        }
        effects.append(&mut self.effects);
        next.due_at = due_at(next, self.policy, self.at);
        Step { next: self.facts, effects, rules: self.rules }
    }

    /// Notes the rule that fired.
    pub(super) fn rule(&mut self, rule: &'static str) {
        self.rules.push(rule);
    }

    /// Tells the holder.
    pub(super) fn tell(&mut self, tell: Tell) {
        self.effects.push(Effect::Tell(tell));
    }

    /// Charges a fee of the policy, if there is one to charge.
    pub(super) fn charge(&mut self, fee: Fee, times: i64) {
        if self.policy.fees.minor(fee) > 0 && times > 0 {
            self.effects.push(Effect::Charge { fee, times });
        }
    }

    /// Gives back what was paid ahead, if anything was.
    pub(super) fn give_back(&mut self, fee: Fee, times: i64) {
        if self.policy.fees.minor(fee) > 0 && times > 0 {
            self.effects.push(Effect::GiveBack { fee, times });
        }
    }

    /// Moves to another state.
    pub(super) fn enter(&mut self, state: Lifecycle) {
        let facts = &mut self.facts;
        facts.lifecycle = state;
        facts.since = self.at;
        facts.until = None;
        facts.notice_proven_at = None;
        facts.retry_at = None;
        if !state.has_holder() {
            facts.holder = None;
        }
        if !state.has_sim() {
            facts.sim = None;
        }
    }

    /// Back into stock, without a trace of who had it.
    pub(super) fn enter_stock(&mut self) {
        self.facts = Facts { last_use: None, ..Facts::in_stock(self.at) };
    }

    /// Begins a holder episode: everything that belonged to the one before is gone.
    pub(super) fn begin_episode(&mut self, holder: Holder) {
        let facts = &mut self.facts;
        facts.holder = Some(holder);
        facts.former_party_id = None;
        facts.last_use = None;
        facts.arrears_since = None;
        facts.cause = None;
        self.restart_window();
    }

    /// The keep-alive window counts afresh from now.
    pub(super) fn restart_window(&mut self) {
        self.facts.keep_from = self.at;
        self.facts.ladder = None;
        self.facts.notice_proven_at = None;
        self.facts.retry_at = None;
    }

    /// Sets a hold from now on; `false` if it is in force already.
    pub(super) fn hold(&mut self, kind: HoldKind, set_by: SetBy, until: Option<At>) -> bool {
        let reference = String::new();
        self.facts.holds.set(Hold { kind, reference, since: self.at, until, set_by })
    }

    /// Lifts a hold and tells; the window counts afresh if the hold was what stopped it.
    pub(super) fn lift_and_tell(&mut self, kind: HoldKind) -> bool {
        let was_running = ladder::is_running(&self.facts);
        if !self.facts.holds.lift(kind) {
            return false;
        }
        self.after_lift(kind, was_running);
        true
    }

    /// What follows from a lifted hold.
    pub(super) fn after_lift(&mut self, kind: HoldKind, was_running: bool) {
        if !was_running && ladder::is_running(&self.facts) {
            self.restart_window();
        }
        let deadline_on = ladder::deadline_on(&self.facts, self.policy);
        self.tell(Tell::Lifted { hold: kind, deadline_on });
    }

    /// Tells of a new restriction.
    pub(super) fn tell_restricted(&mut self, hold: HoldKind) {
        let held_until_on = matches!(hold, HoldKind::InactiveOutgoing | HoldKind::InactiveFull)
            .then(|| ladder::held_until_on(&self.facts, self.policy));
        self.tell(Tell::Restricted { hold, held_until_on });
    }

    /// Closes the number: quarantine begins now.
    ///
    /// Holds that say something about the person or the case stay, so that closing and recovering
    /// lifts nothing; those of the ended service go.
    pub(super) fn enter_quarantine(&mut self, cause: Cause) {
        let former = self.facts.holder.map(|holder| holder.party_id);
        self.enter(Lifecycle::Quarantined);
        let closed_on = self.at.date_in(&self.policy.zone);
        let free_on = ladder::plus_days(closed_on, *self.policy.quarantine.days);
        let facts = &mut self.facts;
        facts.former_party_id = former;
        facts.cause = Some(cause);
        facts.until = Some(At::start_of(free_on, &self.policy.zone));
        facts.ladder = None;
        facts.reverify_by = None;
        facts.holds.keep_only(|kind| match kind {
            HoldKind::ReverifyDue
            | HoldKind::Loss
            | HoldKind::ArrearsOutgoing
            | HoldKind::ArrearsFull
            | HoldKind::Fraud
            | HoldKind::Authority => true,
            HoldKind::Unregistered
            | HoldKind::RetentionPause
            | HoldKind::InactiveOutgoing
            | HoldKind::InactiveFull
            | HoldKind::SimSwapCooling => false,
        });
        self.tell(Tell::Quarantined { cause, until_on: free_on });
    }

    /// Waits for proof of notice and tries again later. The first time, `last_call` tells the
    /// holder once more, with the notice the policy promises: what was told may have been lost.
    pub(super) fn wait_for_proof(&mut self, last_call: impl FnOnce(Date) -> Tell) {
        self.rule("notice.not_proven");
        if self.before.retry_at.is_none() {
            let today = self.at.date_in(&self.policy.zone);
            let days = i64::from(*self.policy.keep_alive.notice_days_min);
            let until_on = ladder::plus_days(today, days);
            self.facts.retry_at = Some(At::end_of(until_on, &self.policy.zone));
            self.tell(last_call(until_on));
        } else {
            let hours = *self.policy.keep_alive.proof_retry_hours;
            self.facts.retry_at = Some(self.at.plus_minutes(hours.saturating_mul(60)));
        }
    }

    /// Whether a notice that was sent since the present step began is proven.
    pub(super) fn is_notice_proven(&self) -> bool {
        self.before.notice_proven_at.is_some_and(|proven| proven >= self.before.notice_since())
    }

    /// Serves the number by another SIM from now on.
    pub(super) fn serve_by(&mut self, sim: SimRef) {
        self.facts.sim = Some(sim);
    }
}

/// Before this instant no rule does anything to the number by itself.
fn due_at(facts: &Facts, policy: &Policy, at: At) -> Option<At> {
    let ends = facts.holds.iter().filter_map(|hold| hold.until);
    let after_retry = |due: At| facts.retry_at.map_or(due, |retry| retry.max(due));
    match facts.lifecycle {
        Lifecycle::InStock | Lifecycle::PortedOut | Lifecycle::Retired => None,
        Lifecycle::Reserved
        | Lifecycle::Allocated
        | Lifecycle::PreClose
        | Lifecycle::Quarantined => {
            // Under an authority's order nothing goes to anybody else, whatever the date.
            let until = facts.until.filter(|_| !facts.holds.has(HoldKind::Authority));
            ends.chain(until.map(after_retry)).min()
        }
        Lifecycle::Active => {
            let is_asked = !facts.holds.has(HoldKind::ReverifyDue);
            let reverify = facts.reverify_by.filter(|_| is_asked);
            let arrears = transition_active::next_arrears(facts, policy).map(|(_, due)| due);
            let step = ladder::next(facts, policy, at).map(|due| after_retry(due.at));
            ends.chain(reverify).chain(arrears).chain(step).min()
        }
    }
}

/// Whether what falls due at `at` waits for proof of notice, so that the proof must be looked up
/// before deciding.
pub fn needs_proof(facts: &Facts, policy: &Policy, at: At) -> bool {
    let is_past = |due: Option<At>| due.is_some_and(|due| due <= at);
    match facts.lifecycle {
        Lifecycle::Active => {
            let closes = transition_active::next_arrears(facts, policy)
                .is_some_and(|(hold, due)| hold.is_none() && due <= at);
            let ends = ladder::next(facts, policy, at)
                .is_some_and(|due| due.step.act == LadderAct::Quarantine && due.at <= at);
            closes || ends
        }
        Lifecycle::Quarantined => facts.former_party_id.is_some() && is_past(facts.until),
        Lifecycle::InStock
        | Lifecycle::Reserved
        | Lifecycle::Allocated
        | Lifecycle::PreClose
        | Lifecycle::PortedOut
        | Lifecycle::Retired => false,
    }
}
