//! Numbers in use.

use super::event::{Event, UsageKind};
use super::facts::{Holder, LadderMark, SimRef, Usage};
use super::refusal::NumberRefusal as No;
use super::step::Tell;
use super::transition::Draft;
use super::transition_stock::{lift_order, order};
use super::{Cause, Facts, HoldKind, Lifecycle, SetBy};
use crate::ladder;
use crate::money::Fee;
use crate::policy::{LadderAct, LadderStep, Policy};
use crate::time::At;
use jiff::ToSpan;
use jiff::civil::Date;

type Decided = Result<(), No>;

pub(super) fn active(draft: &mut Draft, event: &Event) -> Decided {
    match event {
        Event::HolderVerified { party_id, episode_id } => {
            // 补登记: a number in use from before registration was demanded.
            if !draft.facts.holds.has(HoldKind::Unregistered) {
                return Err(No::IsInUse);
            }
            draft.rule("registration.approved_late");
            let holder = Holder { party_id: *party_id, episode_id: *episode_id, since: draft.at };
            draft.facts.holds.lift(HoldKind::Unregistered);
            draft.begin_episode(holder);
            Ok(())
        }
        Event::UsageSeen { kind, used_at } => see_usage(draft, *kind, *used_at),
        Event::DeadlinePassed => {
            deadline(draft);
            Ok(())
        }
        Event::NoticeProven => {
            draft.facts.notice_proven_at = Some(draft.at);
            draft.facts.retry_at = None;
            Ok(())
        }
        Event::LossReported => report_loss(draft),
        Event::LossLifted => lift_loss(draft),
        Event::PauseRequested { until } => pause(draft, *until),
        Event::Resumed => resume(draft),
        Event::ArrearsReached => owe(draft),
        Event::Paid => pay(draft),
        Event::SimReplaced { sim } => replace_sim(draft, *sim),
        Event::Transferred { party_id, episode_id } => transfer(
            draft,
            Holder { party_id: *party_id, episode_id: *episode_id, since: draft.at },
        ),
        Event::CloseRequested => close(draft),
        Event::ReverifyOrdered { by } => order_reverify(draft, *by),
        Event::ReverifyPassed => pass_reverify(draft),
        Event::FraudFlagged => flag_fraud(draft),
        Event::FraudCleared => clear_fraud(draft),
        Event::AuthorityOrdered { reference, until } => order(draft, reference, *until),
        Event::AuthorityLifted { reference } => lift_order(draft, reference),
        Event::PortedOut => port_out(draft),
        Event::Reserved { .. }
        | Event::ReservationDropped
        | Event::Allocated { .. }
        | Event::AllocationUndone
        | Event::CloseWithdrawn
        | Event::Recovered { .. }
        | Event::PortReturned
        | Event::Retired => Err(No::IsInUse),
    }
}

/// A use that counts moves the window and lifts what inactivity had set, at once.
fn see_usage(draft: &mut Draft, kind: UsageKind, used_at: At) -> Decided {
    if !draft.policy.keep_alive.counting.contains(&kind) {
        return Err(No::UsageDoesNotCount);
    }
    let began = draft.facts.holder.map(|holder| holder.since);
    if used_at > draft.at || began.is_some_and(|began| used_at < began) {
        return Err(No::UsageOutsideEpisode);
    }
    if draft.facts.last_use.is_none_or(|last| last.at < used_at) {
        draft.facts.last_use = Some(Usage { kind, at: used_at });
    }
    take_in_usage(draft);
    Ok(())
}

/// Takes in the newest use that the feed knows. After a reminder, the holder is told.
fn take_in_usage(draft: &mut Draft) {
    let Some(last) = draft.facts.last_use.filter(|last| last.at > draft.facts.keep_from) else {
        return;
    };
    draft.rule("keep_alive.used");
    let was_reminded = draft.facts.ladder.is_some();
    draft.facts.keep_from = last.at;
    draft.facts.ladder = None;
    draft.facts.notice_proven_at = None;
    draft.facts.retry_at = None;
    draft.facts.holds.lift(HoldKind::InactiveOutgoing);
    draft.facts.holds.lift(HoldKind::InactiveFull);
    if was_reminded {
        let used_on = last.at.date_in(&draft.policy.zone);
        let deadline_on = ladder::deadline_on(&draft.facts, draft.policy);
        draft.tell(Tell::Saved { kind: last.kind, used_on, deadline_on });
    }
}

/// Whatever fell due: uses first, then what ends, then what begins; one ladder step at a time.
fn deadline(draft: &mut Draft) {
    take_in_usage(draft);
    end_holds(draft);
    if draft.facts.reverify_by.is_some_and(|by| by <= draft.at)
        && draft.hold(HoldKind::ReverifyDue, SetBy::Policy, None)
    {
        draft.rule("reverify.lapsed");
        draft.tell_restricted(HoldKind::ReverifyDue);
    }
    if !arrears_step(draft) {
        ladder_step(draft);
    }
}

/// Lifts the holds whose end has come.
pub(super) fn end_holds(draft: &mut Draft) {
    let was_running = ladder::is_running(&draft.facts);
    let is_over = |until: Option<At>| until.is_some_and(|until| until <= draft.at);
    let ended: Vec<(HoldKind, String)> = draft
        .facts
        .holds
        .iter()
        .filter(|hold| is_over(hold.until))
        .map(|hold| (hold.kind, hold.reference.clone()))
        .collect();
    for (kind, reference) in ended {
        draft.rule("hold.ended");
        if kind == HoldKind::Authority {
            draft.facts.holds.lift_order(&reference);
        } else {
            draft.facts.holds.lift(kind);
        }
        // The end of a cooling time lifts no restriction that the holder felt.
        if kind != HoldKind::SimSwapCooling {
            draft.after_lift(kind, was_running);
        }
    }
}

/// The next step for money owed that has not been taken.
pub(super) fn next_arrears(facts: &Facts, policy: &Policy) -> Option<(Option<HoldKind>, At)> {
    let (since, rules) = (facts.arrears_since?, policy.arrears.as_ref()?);
    let due = |days: i64| since.plus_days(days);
    if facts.holds.has(HoldKind::Authority) {
        return None;
    }
    if !facts.holds.has(HoldKind::ArrearsOutgoing) {
        Some((Some(HoldKind::ArrearsOutgoing), due(*rules.bar_outgoing_days)))
    } else if facts.holds.has(HoldKind::ArrearsFull) {
        let close = due(*rules.close_days);
        Some((None, facts.retry_at.map_or(close, |retry| retry.max(close))))
    } else {
        Some((Some(HoldKind::ArrearsFull), due(*rules.suspend_days)))
    }
}

/// Takes one step for money owed, if one is due; whether the number began to close.
fn arrears_step(draft: &mut Draft) -> bool {
    let due = next_arrears(&draft.facts, draft.policy).filter(|(_, due)| *due <= draft.at);
    match due {
        None => false,
        Some((Some(hold), _)) => {
            draft.rule("arrears.restrict");
            draft.hold(hold, SetBy::Policy, None);
            draft.tell_restricted(hold);
            false
        }
        Some((None, _)) if draft.is_notice_proven() => {
            draft.rule("arrears.close");
            begin_closing(draft, Cause::Arrears);
            true
        }
        Some((None, _)) => {
            let hold = HoldKind::ArrearsFull;
            draft.wait_for_proof(|on| Tell::Restricted { hold, held_until_on: Some(on) });
            false
        }
    }
}

/// Takes one step down the keep-alive ladder, if one is due.
fn ladder_step(draft: &mut Draft) {
    let due = ladder::next(&draft.facts, draft.policy, draft.at).filter(|due| {
        due.at <= draft.at && draft.facts.retry_at.is_none_or(|retry| retry <= draft.at)
    });
    let Some(LadderStep { day, act }) = due.map(|due| due.step) else { return };
    if act == LadderAct::Quarantine {
        if draft.is_notice_proven() {
            draft.rule("keep_alive.quarantine");
            draft.enter_quarantine(Cause::Inactivity);
        } else {
            let hold = gravest_inactive(&draft.facts);
            draft.wait_for_proof(|on| Tell::Restricted { hold, held_until_on: Some(on) });
        }
        return;
    }
    draft.facts.ladder = Some(LadderMark { day, at: draft.at });
    let deadline_on = ladder::deadline_on(&draft.facts, draft.policy);
    let held_until_on = ladder::held_until_on(&draft.facts, draft.policy);
    let held_days = deadline_on.until(held_until_on).map_or(0, |span| span.get_days());
    match act {
        LadderAct::Remind if day == -1 => {
            draft.rule("keep_alive.last_day");
            draft.tell(Tell::LastDay { deadline_on, held_days });
        }
        LadderAct::Remind if day < 0 => {
            draft.rule("keep_alive.remind");
            draft.tell(Tell::Remind { days_left: -day, deadline_on });
        }
        // Suspended already: the reminder says until when the number is held.
        LadderAct::Remind => {
            draft.rule("keep_alive.remind_held");
            let hold = gravest_inactive(&draft.facts);
            draft.tell(Tell::Restricted { hold, held_until_on: Some(held_until_on) });
        }
        LadderAct::BarOutgoing => {
            draft.rule("keep_alive.bar_outgoing");
            draft.hold(HoldKind::InactiveOutgoing, SetBy::Policy, None);
            draft.tell_restricted(HoldKind::InactiveOutgoing);
        }
        LadderAct::Suspend | LadderAct::Quarantine => {
            draft.rule("keep_alive.suspend");
            draft.hold(HoldKind::InactiveFull, SetBy::Policy, None);
            draft.tell_restricted(HoldKind::InactiveFull);
        }
    }
}

fn gravest_inactive(facts: &Facts) -> HoldKind {
    if facts.holds.has(HoldKind::InactiveFull) {
        HoldKind::InactiveFull
    } else {
        HoldKind::InactiveOutgoing
    }
}

pub(super) fn report_loss(draft: &mut Draft) -> Decided {
    if !draft.hold(HoldKind::Loss, SetBy::Holder, None) {
        return Err(No::IsLost);
    }
    draft.rule("loss.report");
    draft.tell_restricted(HoldKind::Loss);
    Ok(())
}

pub(super) fn lift_loss(draft: &mut Draft) -> Decided {
    if !draft.lift_and_tell(HoldKind::Loss) {
        return Err(No::IsNotLost);
    }
    draft.rule("loss.lift");
    Ok(())
}

fn pause(draft: &mut Draft, until: At) -> Decided {
    let Some(rules) = &draft.policy.pause else { return Err(No::NoPauseOffered) };
    if draft.facts.holds.has(HoldKind::RetentionPause) {
        return Err(No::IsPaused);
    }
    refuse_barred(draft)?;
    if draft.facts.holds.has(HoldKind::Loss) {
        return Err(No::IsLost);
    }
    let today = draft.at.date_in(&draft.policy.zone);
    let months_max = *rules.months_max;
    let last = today.checked_add(months_max.months()).unwrap_or(today);
    if until <= draft.at || until > At::end_of(last, &draft.policy.zone) {
        return Err(No::PauseLength { months_max });
    }
    draft.rule("pause.begin");
    // Pausing is the holder's way to keep the number, so what inactivity had set goes.
    draft.facts.holds.lift(HoldKind::InactiveOutgoing);
    draft.facts.holds.lift(HoldKind::InactiveFull);
    draft.restart_window();
    draft.hold(HoldKind::RetentionPause, SetBy::Holder, Some(until));
    // Paid ahead; a part of a month is a month.
    let end = until.plus_millis(-1).date_in(&draft.policy.zone);
    let months = (1..=months_max).find(|n| months_after(today, *n) > end);
    draft.charge(Fee::PauseMonth, months.unwrap_or(months_max));
    let until_on = until.plus_millis(-1).date_in(&draft.policy.zone);
    draft.tell(Tell::Paused { until_on });
    Ok(())
}

/// The holder ends the pause; whole months that were paid ahead and not used are given back.
fn resume(draft: &mut Draft) -> Decided {
    let until = draft.facts.holds.get(HoldKind::RetentionPause).and_then(|hold| hold.until);
    if !draft.lift_and_tell(HoldKind::RetentionPause) {
        return Err(No::IsNotPaused);
    }
    draft.rule("pause.end");
    if let (Some(until), Some(rules)) = (until, &draft.policy.pause) {
        let today = draft.at.date_in(&draft.policy.zone);
        let end = until.date_in(&draft.policy.zone);
        let months = (1..=*rules.months_max).take_while(|n| months_after(today, *n) <= end);
        draft.give_back(Fee::PauseMonth, months.last().unwrap_or(0));
    }
    Ok(())
}

fn months_after(date: Date, months: i64) -> Date {
    date.checked_add(months.months()).unwrap_or(Date::MAX)
}

fn owe(draft: &mut Draft) -> Decided {
    if draft.facts.arrears_since.is_some() {
        return Err(No::HasArrears);
    }
    draft.rule("arrears.begin");
    draft.facts.arrears_since = Some(draft.at);
    draft.facts.notice_proven_at = None;
    arrears_step(draft);
    Ok(())
}

pub(super) fn pay(draft: &mut Draft) -> Decided {
    if draft.facts.arrears_since.take().is_none() {
        return Err(No::HasNoArrears);
    }
    draft.rule("arrears.paid");
    draft.facts.retry_at = None;
    let was_full = draft.facts.holds.lift(HoldKind::ArrearsFull);
    let was_outgoing = draft.facts.holds.lift(HoldKind::ArrearsOutgoing);
    if was_full || was_outgoing {
        let hold = if was_full { HoldKind::ArrearsFull } else { HoldKind::ArrearsOutgoing };
        let deadline_on = ladder::deadline_on(&draft.facts, draft.policy);
        draft.tell(Tell::Lifted { hold, deadline_on });
    }
    Ok(())
}

fn replace_sim(draft: &mut Draft, sim: SimRef) -> Decided {
    if draft.facts.sim == Some(sim) {
        return Err(No::SameSim);
    }
    refuse_unsafe(draft)?;
    if draft.facts.holds.has(HoldKind::Unregistered) {
        return Err(No::IsUnregistered);
    }
    if draft.facts.holds.has(HoldKind::SimSwapCooling) {
        return Err(No::SimCooling);
    }
    draft.rule("sim.replace");
    // The lost card is dead from now on, and its holder has proven who they are.
    draft.facts.holds.lift(HoldKind::Loss);
    draft.serve_by(sim);
    let hours = *draft.policy.sim_swap.cooling_hours;
    if hours > 0 {
        let until = draft.at.plus_minutes(hours.saturating_mul(60));
        draft.hold(HoldKind::SimSwapCooling, SetBy::Policy, Some(until));
    }
    draft.charge(Fee::SimReplacement, 1);
    draft.tell(Tell::SimReplaced);
    Ok(())
}

fn transfer(draft: &mut Draft, to: Holder) -> Decided {
    if draft.facts.holder.is_some_and(|holder| holder.party_id == to.party_id) {
        return Err(No::SameHolder);
    }
    refuse_in_motion(draft)?;
    draft.rule("transfer");
    draft.facts.holds.lift(HoldKind::InactiveOutgoing);
    draft.facts.holds.lift(HoldKind::InactiveFull);
    draft.facts.reverify_by = None;
    draft.begin_episode(to);
    draft.tell(Tell::Transferred);
    Ok(())
}

fn close(draft: &mut Draft) -> Decided {
    refuse_barred(draft)?;
    draft.rule("close.request");
    begin_closing(draft, Cause::Request);
    Ok(())
}

fn begin_closing(draft: &mut Draft, cause: Cause) {
    let today = draft.at.date_in(&draft.policy.zone);
    let last = ladder::plus_days(today, *draft.policy.close.undo_days);
    draft.enter(Lifecycle::PreClose);
    draft.facts.cause = Some(cause);
    draft.facts.until = Some(At::end_of(last, &draft.policy.zone));
    draft.facts.ladder = None;
    draft.tell(Tell::Closing { until_on: last });
}

fn order_reverify(draft: &mut Draft, by: At) -> Decided {
    if draft.facts.reverify_by.is_some() {
        return Err(No::SafetyCheck);
    }
    if by <= draft.at {
        return Err(No::DatePassed);
    }
    let hours = *draft.policy.reverify.answer_hours_min;
    let by = by.max(draft.at.plus_minutes(hours.saturating_mul(60)));
    draft.rule("reverify.order");
    draft.facts.reverify_by = Some(by);
    draft.tell(Tell::ReverifyOrdered { by });
    Ok(())
}

pub(super) fn pass_reverify(draft: &mut Draft) -> Decided {
    let was_asked = draft.facts.reverify_by.take().is_some();
    let was_held = draft.lift_and_tell(HoldKind::ReverifyDue);
    if !was_asked && !was_held {
        return Err(No::NoSafetyCheck);
    }
    draft.rule("reverify.pass");
    Ok(())
}

pub(super) fn flag_fraud(draft: &mut Draft) -> Decided {
    if !draft.hold(HoldKind::Fraud, SetBy::Operator, None) {
        return Err(No::FraudFlaggedAlready);
    }
    draft.rule("fraud.flag");
    draft.tell_restricted(HoldKind::Fraud);
    Ok(())
}

pub(super) fn clear_fraud(draft: &mut Draft) -> Decided {
    if !draft.lift_and_tell(HoldKind::Fraud) {
        return Err(No::NotFraudFlagged);
    }
    draft.rule("fraud.clear");
    Ok(())
}

/// 携号转网: registered, in normal service, nothing owed, held long enough.
fn port_out(draft: &mut Draft) -> Decided {
    refuse_in_motion(draft)?;
    let inactive = [HoldKind::InactiveOutgoing, HoldKind::InactiveFull];
    if draft.facts.holds.has_any(&inactive) {
        return Err(No::IsPaused);
    }
    let days_min = *draft.policy.port_out.tenure_days_min;
    let began = draft.facts.holder.map_or(draft.at, |holder| holder.since);
    if draft.at < began.plus_days(days_min) {
        return Err(No::TenureTooShort { days_min });
    }
    draft.rule("port.out");
    draft.enter(Lifecycle::PortedOut);
    draft.facts.holds.keep_only(|_| false);
    draft.facts.reverify_by = None;
    draft.facts.ladder = None;
    draft.tell(Tell::PortedOut);
    Ok(())
}

/// Refuses while somebody else than the holder must act first.
fn refuse_unsafe(draft: &Draft) -> Decided {
    let holds = &draft.facts.holds;
    if holds.has(HoldKind::Authority) {
        return Err(No::UnderOrder);
    }
    if holds.has_any(&[HoldKind::Fraud, HoldKind::ReverifyDue]) {
        return Err(No::SafetyCheck);
    }
    Ok(())
}

/// The same, and while money is owed or nobody is registered.
pub(super) fn refuse_barred(draft: &Draft) -> Decided {
    refuse_unsafe(draft)?;
    if draft.facts.holds.has(HoldKind::Unregistered) {
        return Err(No::IsUnregistered);
    }
    if draft.facts.arrears_since.is_some() {
        return Err(No::HasArrears);
    }
    Ok(())
}

/// The same, and unless the number is in normal service with a SIM that is not new.
fn refuse_in_motion(draft: &Draft) -> Decided {
    refuse_barred(draft)?;
    let holds = &draft.facts.holds;
    if holds.has(HoldKind::Loss) {
        return Err(No::IsLost);
    }
    if holds.has(HoldKind::RetentionPause) {
        return Err(No::IsPaused);
    }
    if holds.has(HoldKind::SimSwapCooling) {
        return Err(No::SimCooling);
    }
    if draft.facts.reverify_by.is_some() {
        return Err(No::SafetyCheck);
    }
    Ok(())
}
