//! Numbers that nobody holds: in stock, reserved, allocated; and those that left.

use super::event::Event;
use super::facts::Holder;
use super::refusal::NumberRefusal as No;
use super::transition::Draft;
use super::transition_active::end_holds;
use super::{Cause, Hold, HoldKind, Lifecycle, SetBy, SimRef};

type Decided = Result<(), No>;

pub(super) fn in_stock(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::Reserved { until } => {
            if *until <= draft.at {
                return Err(No::DatePassed);
            }
            let longest = *draft.policy.stock.reservation_minutes_max;
            draft.rule("stock.reserve");
            draft.enter(Lifecycle::Reserved);
            draft.facts.until = Some((*until).min(draft.at.plus_minutes(longest)));
            Ok(())
        }
        Event::Allocated { sim } => {
            allocate(draft, *sim);
            Ok(())
        }
        Event::Retired => {
            draft.rule("stock.retire");
            draft.enter(Lifecycle::Retired);
            Ok(())
        }
        Event::ReservationDropped
        | Event::AllocationUndone
        | Event::HolderVerified { .. }
        | Event::UsageSeen { .. }
        | Event::DeadlinePassed
        | Event::NoticeProven
        | Event::LossReported
        | Event::LossLifted
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::Paid
        | Event::SimReplaced { .. }
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::CloseWithdrawn
        | Event::Recovered { .. }
        | Event::ReverifyOrdered { .. }
        | Event::ReverifyPassed
        | Event::FraudFlagged
        | Event::FraudCleared
        | Event::AuthorityOrdered { .. }
        | Event::AuthorityLifted { .. }
        | Event::PortedOut
        | Event::PortReturned => Err(No::IsInStock),
    }
}

pub(super) fn reserved(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::Allocated { sim } => {
            allocate(draft, *sim);
            Ok(())
        }
        Event::ReservationDropped => {
            draft.rule("stock.drop_reservation");
            draft.enter_stock();
            Ok(())
        }
        Event::DeadlinePassed => {
            if draft.facts.until.is_some_and(|until| until <= draft.at) {
                draft.rule("stock.reservation_lapsed");
                draft.enter_stock();
            }
            Ok(())
        }
        Event::Reserved { .. }
        | Event::AllocationUndone
        | Event::HolderVerified { .. }
        | Event::UsageSeen { .. }
        | Event::NoticeProven
        | Event::LossReported
        | Event::LossLifted
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::Paid
        | Event::SimReplaced { .. }
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::CloseWithdrawn
        | Event::Recovered { .. }
        | Event::ReverifyOrdered { .. }
        | Event::ReverifyPassed
        | Event::FraudFlagged
        | Event::FraudCleared
        | Event::AuthorityOrdered { .. }
        | Event::AuthorityLifted { .. }
        | Event::PortedOut
        | Event::PortReturned
        | Event::Retired => Err(No::IsReserved),
    }
}

pub(super) fn allocated(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::HolderVerified { party_id, episode_id } => {
            if draft.facts.holds.has(HoldKind::Authority) {
                return Err(No::UnderOrder);
            }
            draft.rule("registration.approved");
            draft.enter(Lifecycle::Active);
            let (party_id, episode_id) = (*party_id, *episode_id);
            draft.begin_episode(Holder { party_id, episode_id, since: draft.at });
            draft.facts.holds.lift(HoldKind::Unregistered);
            Ok(())
        }
        Event::AllocationUndone => {
            if draft.facts.holds.has(HoldKind::Authority) {
                return Err(No::UnderOrder);
            }
            draft.rule("stock.undo_allocation");
            draft.enter_stock();
            Ok(())
        }
        Event::DeadlinePassed => {
            end_holds(draft);
            let is_over = draft.facts.until.is_some_and(|until| until <= draft.at);
            if is_over && !draft.facts.holds.has(HoldKind::Authority) {
                draft.rule("stock.never_registered");
                draft.enter_stock();
            }
            Ok(())
        }
        // A faulty card is exchanged before it was ever registered: nobody to protect yet.
        Event::SimReplaced { sim } => {
            if draft.facts.sim == Some(*sim) {
                return Err(No::SameSim);
            }
            draft.rule("sim.exchange");
            draft.serve_by(*sim);
            Ok(())
        }
        Event::AuthorityOrdered { reference, until } => order(draft, reference, *until),
        Event::AuthorityLifted { reference } => lift_order(draft, reference),
        Event::Reserved { .. }
        | Event::ReservationDropped
        | Event::Allocated { .. }
        | Event::UsageSeen { .. }
        | Event::NoticeProven
        | Event::LossReported
        | Event::LossLifted
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::Paid
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::CloseWithdrawn
        | Event::Recovered { .. }
        | Event::ReverifyOrdered { .. }
        | Event::ReverifyPassed
        | Event::FraudFlagged
        | Event::FraudCleared
        | Event::PortedOut
        | Event::PortReturned
        | Event::Retired => Err(No::AwaitsRegistration),
    }
}

pub(super) fn ported_out(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::PortReturned => {
            draft.rule("port.return");
            draft.enter_quarantine(Cause::PortReturn);
            Ok(())
        }
        Event::Reserved { .. }
        | Event::ReservationDropped
        | Event::Allocated { .. }
        | Event::AllocationUndone
        | Event::HolderVerified { .. }
        | Event::UsageSeen { .. }
        | Event::DeadlinePassed
        | Event::NoticeProven
        | Event::LossReported
        | Event::LossLifted
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::Paid
        | Event::SimReplaced { .. }
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::CloseWithdrawn
        | Event::Recovered { .. }
        | Event::ReverifyOrdered { .. }
        | Event::ReverifyPassed
        | Event::FraudFlagged
        | Event::FraudCleared
        | Event::AuthorityOrdered { .. }
        | Event::AuthorityLifted { .. }
        | Event::PortedOut
        | Event::Retired => Err(No::IsPortedOut),
    }
}

pub(super) fn retired(_draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::Reserved { .. }
        | Event::ReservationDropped
        | Event::Allocated { .. }
        | Event::AllocationUndone
        | Event::HolderVerified { .. }
        | Event::UsageSeen { .. }
        | Event::DeadlinePassed
        | Event::NoticeProven
        | Event::LossReported
        | Event::LossLifted
        | Event::PauseRequested { .. }
        | Event::Resumed
        | Event::ArrearsReached
        | Event::Paid
        | Event::SimReplaced { .. }
        | Event::Transferred { .. }
        | Event::CloseRequested
        | Event::CloseWithdrawn
        | Event::Recovered { .. }
        | Event::ReverifyOrdered { .. }
        | Event::ReverifyPassed
        | Event::FraudFlagged
        | Event::FraudCleared
        | Event::AuthorityOrdered { .. }
        | Event::AuthorityLifted { .. }
        | Event::PortedOut
        | Event::PortReturned
        | Event::Retired => Err(No::IsRetired),
    }
}

/// Joins the number with a SIM that the network must refuse everything but registration.
fn allocate(draft: &mut Draft, sim: SimRef) {
    draft.rule("stock.allocate");
    draft.enter(Lifecycle::Allocated);
    draft.serve_by(sim);
    draft.hold(HoldKind::Unregistered, SetBy::Policy, None);
    draft.facts.until = Some(draft.at.plus_days(*draft.policy.stock.allocation_days));
}

/// An authority's order, wherever there is service or a holder to whom it can apply.
pub(super) fn order(draft: &mut Draft, reference: &str, until: Option<crate::time::At>) -> Decided {
    if until.is_some_and(|until| until <= draft.at) {
        return Err(No::DatePassed);
    }
    let hold = Hold {
        kind: HoldKind::Authority,
        reference: reference.to_owned(),
        since: draft.at,
        until,
        set_by: SetBy::Authority,
    };
    if !draft.facts.holds.set(hold) {
        return Err(No::OrderKnown);
    }
    draft.rule("authority.order");
    draft.tell_restricted(HoldKind::Authority);
    Ok(())
}

/// The authority lifts one order; others of the same kind stay.
pub(super) fn lift_order(draft: &mut Draft, reference: &str) -> Decided {
    let was_running = crate::ladder::is_running(&draft.facts);
    if !draft.facts.holds.lift_order(reference) {
        return Err(No::OrderUnknown);
    }
    draft.rule("authority.lift");
    draft.after_lift(HoldKind::Authority, was_running);
    Ok(())
}
