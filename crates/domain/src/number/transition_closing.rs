//! Numbers on their way out: being closed, and in quarantine.

use super::event::Event;
use super::facts::Holder;
use super::refusal::NumberRefusal as No;
use super::step::Tell;
use super::transition::Draft;
use super::transition_active as active;
use super::transition_stock::{lift_order, order};
use super::{Cause, HoldKind, Lifecycle};
use crate::ladder;

type Decided = Result<(), No>;

pub(super) fn pre_close(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::CloseWithdrawn => {
            if draft.facts.arrears_since.is_some() {
                return Err(No::HasArrears);
            }
            reopen(draft);
            Ok(())
        }
        Event::DeadlinePassed => {
            close_when_due(draft);
            Ok(())
        }
        Event::Paid => {
            active::pay(draft)?;
            // Paying takes back what owing began; a closing that the holder asked for goes on.
            if draft.facts.cause == Some(Cause::Arrears) {
                reopen(draft);
            }
            Ok(())
        }
        Event::NoticeProven => {
            draft.facts.notice_proven_at = Some(draft.at);
            Ok(())
        }
        Event::LossReported => active::report_loss(draft),
        Event::LossLifted => active::lift_loss(draft),
        Event::ReverifyPassed => active::pass_reverify(draft),
        Event::FraudFlagged => active::flag_fraud(draft),
        Event::FraudCleared => active::clear_fraud(draft),
        Event::AuthorityOrdered { reference, until } => order(draft, reference, *until),
        Event::AuthorityLifted { reference } => lift_order(draft, reference),
        Event::Reserved { .. }
        | Event::ReservationDropped
        | Event::Allocated { .. }
        | Event::AllocationUndone
        | Event::HolderVerified { .. }
        | Event::UsageSeen { .. }
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::SimReplaced { .. }
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::Recovered { .. }
        | Event::ReverifyOrdered { .. }
        | Event::PortedOut
        | Event::PortReturned
        | Event::Retired => Err(No::IsClosing),
    }
}

pub(super) fn quarantined(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::Recovered { party_id, episode_id, sim } => {
            if draft.facts.former_party_id != Some(*party_id) {
                return Err(No::NotFormerHolder);
            }
            active::refuse_barred(draft)?;
            draft.rule("recover");
            draft.enter(Lifecycle::Active);
            let holder = Holder { party_id: *party_id, episode_id: *episode_id, since: draft.at };
            draft.begin_episode(holder);
            draft.serve_by(*sim);
            let deadline_on = ladder::deadline_on(&draft.facts, draft.policy);
            draft.tell(Tell::Recovered { deadline_on });
            Ok(())
        }
        Event::DeadlinePassed => {
            release_when_due(draft);
            Ok(())
        }
        Event::NoticeProven => {
            draft.facts.notice_proven_at = Some(draft.at);
            draft.facts.retry_at = None;
            Ok(())
        }
        Event::Paid => active::pay(draft),
        Event::LossLifted => active::lift_loss(draft),
        Event::ReverifyPassed => active::pass_reverify(draft),
        Event::FraudFlagged => active::flag_fraud(draft),
        Event::FraudCleared => active::clear_fraud(draft),
        Event::AuthorityOrdered { reference, until } => order(draft, reference, *until),
        Event::AuthorityLifted { reference } => lift_order(draft, reference),
        Event::Reserved { .. }
        | Event::ReservationDropped
        | Event::Allocated { .. }
        | Event::AllocationUndone
        | Event::HolderVerified { .. }
        | Event::UsageSeen { .. }
        | Event::LossReported
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::SimReplaced { .. }
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::CloseWithdrawn
        | Event::ReverifyOrdered { .. }
        | Event::PortedOut
        | Event::PortReturned
        | Event::Retired => Err(No::IsQuarantined),
    }
}

/// The closing is over: quarantine begins, unless an authority wants the number to stay.
fn close_when_due(draft: &mut Draft) {
    active::end_holds(draft);
    let is_over = draft.facts.until.is_some_and(|until| until <= draft.at);
    if is_over && !draft.facts.holds.has(HoldKind::Authority) {
        draft.rule("close.undo_over");
        let cause = draft.facts.cause.unwrap_or(Cause::Request);
        draft.enter_quarantine(cause);
    }
}

/// The quarantine is over: back into stock, but not without proof that its former holder was told,
/// and not while an authority's order is in force.
fn release_when_due(draft: &mut Draft) {
    active::end_holds(draft);
    let is_over = draft.facts.until.is_some_and(|until| until <= draft.at);
    if !is_over || draft.facts.holds.has(HoldKind::Authority) {
        return;
    }
    // Nobody held a number that came back from another operator, so there is nobody to tell.
    let is_owed_notice = draft.facts.former_party_id.is_some();
    if is_owed_notice && !draft.is_notice_proven() {
        let cause = draft.facts.cause.unwrap_or(Cause::Request);
        draft.wait_for_proof(|until_on| Tell::Quarantined { cause, until_on });
        return;
    }
    draft.rule("quarantine.over");
    if is_owed_notice {
        draft.tell(Tell::Released);
    }
    draft.enter_stock();
}

fn reopen(draft: &mut Draft) {
    draft.rule("close.withdrawn");
    draft.enter(Lifecycle::Active);
    draft.facts.cause = None;
    draft.restart_window();
    draft.tell(Tell::CloseWithdrawn);
}
