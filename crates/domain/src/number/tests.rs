//! Tests of numbers: stories by table, and a naive model under random events.

mod model;
mod packs;
mod stories;

use super::*;
use crate::policy::Policy;
use crate::time::{At, Zone};
use jiff::civil::Date;
use std::sync::LazyLock;

/// Every pack that ships.
const PACKS: [&str; 6] = [
    include_str!("../../../../policies/cn.toml"),
    include_str!("../../../../policies/hk.toml"),
    include_str!("../../../../policies/gb.toml"),
    include_str!("../../../../policies/us.toml"),
    include_str!("../../../../policies/ng.toml"),
    include_str!("../../../../policies/ph.toml"),
];

/// Every pack, read once.
static READ: LazyLock<Vec<Policy>> =
    LazyLock::new(|| PACKS.iter().map(|text| toml::from_str(text).unwrap()).collect());

fn packs() -> Vec<Policy> {
    READ.clone()
}

fn cn() -> Policy {
    READ[0].clone()
}

/// The hour `hour` of a day in Shanghai.
fn on(year: i16, month: i8, day: i8, hour: i8) -> At {
    At::of_civil(Date::constant(year, month, day).at(hour, 0, 0, 0), &Zone::shanghai())
}

fn holder(party: u128, since: At) -> Holder {
    let (party_id, episode_id) =
        (crate::id::PartyId::from_u128(party), crate::id::EpisodeId::from_u128(party * 10));
    Holder { party_id, episode_id, since }
}

/// A number approved at `at`, through the rules.
fn active(policy: &Policy, at: At) -> Facts {
    let sim = diagram::sim(b'1');
    let allocated = decide(&Facts::in_stock(at), policy, &Event::Allocated { sim }, at).unwrap();
    let Holder { party_id, episode_id, .. } = holder(1, at);
    let event = Event::HolderVerified { party_id, episode_id };
    decide(&allocated.next, policy, &event, at).unwrap().next
}

/// Lets deadlines pass one after the other until `end`; with proof of notice if `proven`.
fn let_pass(facts: &mut Facts, policy: &Policy, end: At, proven: bool) -> Vec<(At, Step)> {
    let mut steps = Vec::new();
    while let Some(due) = facts.due_at.filter(|due| *due <= end) {
        assert!(steps.len() < 500, "deadlines come to rest");
        if proven && needs_proof(facts, policy, due) {
            *facts = decide(facts, policy, &Event::NoticeProven, due).unwrap().next;
        }
        let step = decide(facts, policy, &Event::DeadlinePassed, due).unwrap();
        *facts = step.next.clone();
        steps.push((due, step));
    }
    steps
}
