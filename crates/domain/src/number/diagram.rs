//! The machine as documents, made by running it.

use super::event::{Event, UsageKind};
use super::facts::{Cause, Facts, Holder, LadderMark, SimRef};
use super::{Hold, HoldKind, Lifecycle, SetBy, decide};
use crate::id::{EpisodeId, PartyId};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::sim::{Iccid, Imsi};
use crate::time::At;
use std::fmt::Write;

/// 14 March 2026, 10:00 in Shanghai: the instant at which the documents try everything.
const NOW: At = At::from_millis(1_773_453_600_000);

/// The states and what leads from one to another, as text.
pub fn diagram(policy: &Policy) -> String {
    let mut out = String::new();
    for state in Lifecycle::ALL {
        let mut edges: Vec<(&'static str, Lifecycle)> = Vec::new();
        for (_, facts) in situations(policy).iter().filter(|(_, f)| f.lifecycle == state) {
            for event in events() {
                let Ok(step) = decide(facts, policy, &event, instant(facts, &event)) else {
                    continue;
                };
                let edge = (event.code(), step.next.lifecycle);
                if edge.1 != state && !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        let end = if edges.is_empty() { "  (for good)" } else { "" };
        line(&mut out, &format!("[{}]{end}", state.code()));
        for (event, to) in edges {
            line(&mut out, &format!("   |--{event:-<22}--> [{}]", to.code()));
        }
    }
    out
}

/// What every event does in every situation, as text: states with each hold on its own.
pub fn table(policy: &Policy) -> String {
    let mut out = String::from(
        "What every event does to a number. Made by running the rules under the pack `",
    );
    line(&mut out, &format!("{}`.", policy.label()));
    line(&mut out, "+x sets hold x, -x lifts it, [x] is the state afterwards, ! is a refusal.");
    for (name, facts) in situations(policy) {
        line(&mut out, "");
        let barred = super::ServiceProfile::FULL.without(facts.profile());
        let allowed: Vec<&str> = facts.profile().services().map(super::Service::code).collect();
        let allowed = if barred == super::ServiceProfile::NOTHING {
            "everything".to_owned()
        } else if allowed.is_empty() {
            "nothing".to_owned()
        } else {
            allowed.join(" ")
        };
        line(&mut out, &format!("{name} (network allows: {allowed})"));
        for event in events() {
            let outcome = outcome(&facts, policy, &event);
            line(&mut out, &format!("    {:<20} {outcome}", event.code()));
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

fn outcome(facts: &Facts, policy: &Policy, event: &Event) -> String {
    let step = match decide(facts, policy, event, instant(facts, event)) {
        Ok(step) => step,
        Err(refusal) => return format!("! {}", refusal.code()),
    };
    let mut parts = Vec::new();
    if step.next.lifecycle != facts.lifecycle {
        parts.push(format!("[{}]", step.next.lifecycle.code()));
    }
    for kind in HoldKind::ALL {
        match (facts.holds.has(kind), step.next.holds.has(kind)) {
            (false, true) => parts.push(format!("+{}", kind.code())),
            (true, false) => parts.push(format!("-{}", kind.code())),
            (true, true) | (false, false) => {}
        }
    }
    parts.extend(step.effects.iter().map(|effect| effect.code().to_owned()));
    let rules = step.rules.join(" ");
    match (parts.is_empty(), rules.is_empty()) {
        (true, true) => "nothing".to_owned(),
        (true, false) => format!("nothing visible  ({rules})"),
        (false, true) => parts.join(" "),
        (false, false) => format!("{}  ({rules})", parts.join(" ")),
    }
}

/// A deadline is tried when it falls due, everything else now.
fn instant(facts: &Facts, event: &Event) -> At {
    match event {
        Event::DeadlinePassed => facts.due_at.unwrap_or(NOW),
        _ => NOW,
    }
}

/// One of each event, with values that a rule would accept.
pub(super) fn events() -> Vec<Event> {
    let (party_id, episode_id) = (PartyId::from_u128(2), EpisodeId::from_u128(22));
    vec![
        Event::Reserved { until: NOW.plus_minutes(30) },
        Event::ReservationDropped,
        Event::Allocated { sim: sim(b'3') },
        Event::AllocationUndone,
        Event::HolderVerified { party_id, episode_id },
        Event::UsageSeen { kind: UsageKind::MoCall, used_at: NOW },
        Event::DeadlinePassed,
        Event::NoticeProven,
        Event::LossReported,
        Event::LossLifted,
        Event::PauseRequested { until: NOW.plus_days(90) },
        Event::Resumed,
        Event::ArrearsReached,
        Event::Paid,
        Event::SimReplaced { sim: sim(b'4') },
        Event::Transferred { party_id, episode_id },
        Event::CloseRequested,
        Event::CloseWithdrawn,
        Event::Recovered { party_id: PartyId::from_u128(1), episode_id, sim: sim(b'5') },
        Event::ReverifyOrdered { by: NOW.plus_days(2) },
        Event::ReverifyPassed,
        Event::FraudFlagged,
        Event::FraudCleared,
        Event::AuthorityOrdered { reference: "2026-77".into(), until: None },
        Event::AuthorityLifted { reference: "2026-1".into() },
        Event::PortedOut,
        Event::PortReturned,
        Event::Retired,
    ]
}

pub(super) fn sim(digit: u8) -> SimRef {
    let iccid = [b"898600000000000000".as_slice(), &[digit]].concat();
    let imsi = [b"46000000000000".as_slice(), &[digit]].concat();
    SimRef {
        iccid: Iccid::parse_bytes(&iccid).expect("19 digits"),
        imsi: Imsi::parse_bytes(&imsi).expect("15 digits"),
    }
}

/// Every state, alone and under each hold: where the documents try every event.
fn situations(policy: &Policy) -> Vec<(String, Facts)> {
    let long_ago = NOW.plus_days(-400);
    let stock = Facts::in_stock(long_ago);
    let soon = Some(NOW.plus_minutes(20));
    let reserved =
        Facts { lifecycle: Lifecycle::Reserved, until: soon, due_at: soon, ..stock.clone() };
    let allocated = Facts {
        lifecycle: Lifecycle::Allocated,
        sim: Some(sim(b'1')),
        holds: [held(HoldKind::Unregistered)].into_iter().collect(),
        ..reserved.clone()
    };
    let (party_id, episode_id) = (PartyId::from_u128(1), EpisodeId::from_u128(11));
    let plain = Facts {
        lifecycle: Lifecycle::Active,
        holder: Some(Holder { party_id, episode_id, since: long_ago }),
        sim: Some(sim(b'1')),
        keep_from: NOW.plus_days(-40),
        ladder: Some(LadderMark { day: -60, at: NOW.plus_days(-9) }),
        ..stock.clone()
    };
    let mut all = vec![
        ("in_stock".to_owned(), stock.clone()),
        ("reserved".to_owned(), reserved),
        ("allocated".to_owned(), allocated),
        ("active".to_owned(), with_due(plain.clone(), policy)),
    ];
    for kind in HoldKind::ALL {
        let mut facts = plain.clone();
        facts.holds.set(held(kind));
        match kind {
            HoldKind::Unregistered => facts.holder = None,
            HoldKind::ReverifyDue => facts.reverify_by = Some(NOW.plus_days(-1)),
            HoldKind::ArrearsOutgoing | HoldKind::ArrearsFull => {
                facts.arrears_since = Some(NOW.plus_days(-20));
                facts.notice_proven_at = Some(NOW.plus_days(-2));
                facts.holds.set(held(HoldKind::ArrearsOutgoing));
            }
            HoldKind::RetentionPause
            | HoldKind::Loss
            | HoldKind::InactiveOutgoing
            | HoldKind::InactiveFull
            | HoldKind::SimSwapCooling
            | HoldKind::Fraud
            | HoldKind::Authority => {}
        }
        all.push((format!("active, {}", kind.code()), with_due(facts, policy)));
    }
    let unused = Facts { keep_from: NOW.plus_days(-181), ..plain.clone() };
    let mark = Some(LadderMark { day: 7, at: NOW.plus_days(-83) });
    let told = Some(NOW.plus_days(-80));
    let unused = Facts { ladder: mark, notice_proven_at: told, due_at: Some(NOW), ..unused };
    all.push(("active, last step due, notice proven".into(), unused.clone()));
    let untold = Facts { notice_proven_at: None, ..unused };
    all.push(("active, last step due, notice not proven".into(), untold));
    let closing = Facts { lifecycle: Lifecycle::PreClose, until: soon, due_at: soon, ..plain };
    let asked = Facts { cause: Some(Cause::Request), ..closing.clone() };
    all.push(("pre_close, asked for".into(), asked));
    let owing = Some(NOW.plus_days(-95));
    let owed = Facts { cause: Some(Cause::Arrears), arrears_since: owing, ..closing.clone() };
    all.push(("pre_close, money owed".into(), owed));
    all.extend(rested(&closing));
    all.push(("ported_out".into(), Facts { lifecycle: Lifecycle::PortedOut, ..stock.clone() }));
    all.push(("retired".into(), Facts { lifecycle: Lifecycle::Retired, ..stock }));
    all
}

fn rested(closing: &Facts) -> [(String, Facts); 3] {
    let rested = Facts {
        lifecycle: Lifecycle::Quarantined,
        holder: None,
        sim: None,
        former_party_id: Some(PartyId::from_u128(1)),
        cause: Some(Cause::Request),
        notice_proven_at: Some(NOW.plus_days(-1)),
        ..closing.clone()
    };
    let untold = Facts { notice_proven_at: None, ..rested.clone() };
    let mut ordered = rested.clone();
    ordered.holds.set(held(HoldKind::Authority));
    [
        ("quarantined, notice proven".into(), rested),
        ("quarantined, notice not proven".into(), untold),
        ("quarantined, authority".into(), ordered),
    ]
}

/// Lets the rules work out the deadline, by an event that changes nothing else.
fn with_due(facts: Facts, policy: &Policy) -> Facts {
    let due_at = decide(&facts, policy, &Event::NoticeProven, NOW).map(|step| step.next.due_at);
    Facts { due_at: due_at.unwrap_or_default(), ..facts }
}

fn held(kind: HoldKind) -> Hold {
    let reference = if kind == HoldKind::Authority { "2026-1" } else { "" };
    let until = matches!(kind, HoldKind::RetentionPause | HoldKind::SimSwapCooling)
        .then(|| NOW.plus_days(30));
    let since = NOW.plus_days(-5);
    Hold { kind, reference: reference.to_owned(), since, until, set_by: SetBy::Policy }
}
