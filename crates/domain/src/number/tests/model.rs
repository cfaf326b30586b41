//! Random events of any length against a naive model, which keeps a list of restrictions as plain
//! words and knows nothing of the rules but what they promise.

use super::*;
use crate::id::{EpisodeId, PartyId};
use crate::ladder;
use crate::refusal::Refusal;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What may happen next, with values drawn at random.
#[derive(Clone, Debug)]
enum Move {
    Happens(Event),
    /// So many hours pass; whatever falls due happens in between.
    Passes(i64),
    /// The same, but nothing sweeps meanwhile.
    StandsStill(i64),
    /// Proof of notice is found.
    Proven,
    /// The feed learns of a use so many hours ago.
    Used(i64),
}

fn events() -> impl Strategy<Value = Event> {
    let party = (0..3_u128, any::<u64>())
        .prop_map(|(p, e)| (PartyId::from_u128(p), EpisodeId::from_u128(u128::from(e))));
    let card = (b'0'..=b'9').prop_map(diagram::sim);
    let later = (-2..400_i64).prop_map(|days| on(2026, 3, 14, 10).plus_days(days));
    let kind = prop::sample::select(UsageKind::ALL.to_vec());
    let reference = prop::sample::select(vec!["A-1", "B-2", "C-3"]).prop_map(str::to_owned);
    prop_oneof![
        later.clone().prop_map(|until| Event::Reserved { until }),
        Just(Event::ReservationDropped),
        card.clone().prop_map(|sim| Event::Allocated { sim }),
        Just(Event::AllocationUndone),
        party
            .clone()
            .prop_map(|(party_id, episode_id)| Event::HolderVerified { party_id, episode_id }),
        party
            .clone()
            .prop_map(|(party_id, episode_id)| Event::Transferred { party_id, episode_id }),
        (party, card.clone()).prop_map(|((party_id, episode_id), sim)| Event::Recovered {
            party_id,
            episode_id,
            sim
        }),
        (kind, later.clone()).prop_map(|(kind, used_at)| Event::UsageSeen { kind, used_at }),
        card.prop_map(|sim| Event::SimReplaced { sim }),
        later.clone().prop_map(|until| Event::PauseRequested { until }),
        later.clone().prop_map(|by| Event::ReverifyOrdered { by }),
        (reference.clone(), prop::option::of(later))
            .prop_map(|(reference, until)| Event::AuthorityOrdered { reference, until }),
        reference.prop_map(|reference| Event::AuthorityLifted { reference }),
        prop::sample::select(vec![
            Event::LossReported,
            Event::LossLifted,
            Event::Resumed,
            Event::ArrearsReached,
            Event::Paid,
            Event::CloseRequested,
            Event::CloseWithdrawn,
            Event::ReverifyPassed,
            Event::FraudFlagged,
            Event::FraudCleared,
            Event::PortedOut,
            Event::PortReturned,
            Event::Retired,
        ]),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        12 => events().prop_map(Move::Happens),
        4 => (1..24 * 120_i64).prop_map(Move::Passes),
        1 => (1..24 * 300_i64).prop_map(Move::StandsStill),
        2 => Just(Move::Proven),
        2 => (0..24 * 100_i64).prop_map(Move::Used),
    ];
    // A head that leads into a life with a holder, in which most rules live.
    let head = vec![
        Move::Happens(Event::Allocated { sim: diagram::sim(b'1') }),
        Move::Happens(Event::HolderVerified {
            party_id: PartyId::from_u128(1),
            episode_id: EpisodeId::from_u128(1),
        }),
    ];
    (any::<bool>(), prop::collection::vec(one, 0..60)).prop_map(move |(is_held, tail)| {
        let head = if is_held { head.clone() } else { Vec::new() };
        head.into_iter().chain(tail).collect()
    })
}

/// The naive model: restrictions as words, and two histories as lists of intervals.
#[derive(Debug, Default)]
struct Model {
    restrictions: BTreeSet<(HoldKind, String)>,
    holders: Vec<(At, Option<Holder>)>,
    sims: Vec<(At, Option<SimRef>)>,
    closed_at: Option<At>,
    proven_at: Option<At>,
}

struct World {
    facts: Facts,
    policy: Policy,
    at: At,
    model: Model,
}

impl World {
    fn new(policy: Policy) -> Self {
        let at = on(2026, 3, 14, 10);
        Self { facts: Facts::in_stock(at), policy, at, model: Model::default() }
    }

    fn happen(&mut self, event: &Event) {
        match decide(&self.facts, &self.policy, event, self.at) {
            Ok(step) => {
                self.check(event, &step);
                self.facts = step.next;
            }
            Err(refusal) => assert!(refusal.code().starts_with("number."), "{refusal:?}"),
        }
    }

    fn pass(&mut self, hours: i64) {
        let end = self.at.plus_minutes(hours * 60);
        let mut rounds = 0;
        while let Some(due) = self.facts.due_at.filter(|due| *due <= end) {
            rounds += 1;
            assert!(rounds < 400, "deadlines come to rest: {:?}", self.facts);
            self.at = self.at.max(due);
            self.happen(&Event::DeadlinePassed);
        }
        self.at = end;
    }

    /// What every step promises, whatever it was.
    fn check(&mut self, event: &Event, step: &Step) {
        self.check_restrictions(event, step);
        self.check_histories(step);
        self.check_service(step);
        self.check_leaving(event, step);
        self.check_told(step);
    }

    /// Invariant 3: a restriction goes only by the event that may lift it, by its own end, or with
    /// the holder's service. The model keeps its own list.
    fn check_restrictions(&mut self, event: &Event, step: &Step) {
        let after: BTreeSet<(HoldKind, String)> =
            step.next.holds.iter().map(|hold| (hold.kind, hold.reference.clone())).collect();
        let is_over = step.next.lifecycle != self.facts.lifecycle;
        for gone in self.model.restrictions.difference(&after) {
            let hold =
                self.facts.holds.iter().find(|h| (h.kind, &h.reference) == (gone.0, &gone.1));
            let has_ended = hold.unwrap().until.is_some_and(|until| until <= self.at);
            let may_lift = match event {
                Event::HolderVerified { .. } => gone.0 == HoldKind::Unregistered,
                Event::LossLifted | Event::SimReplaced { .. } => gone.0 == HoldKind::Loss,
                Event::Resumed => gone.0 == HoldKind::RetentionPause,
                Event::Paid => {
                    matches!(gone.0, HoldKind::ArrearsOutgoing | HoldKind::ArrearsFull)
                }
                Event::ReverifyPassed => gone.0 == HoldKind::ReverifyDue,
                Event::FraudCleared => gone.0 == HoldKind::Fraud,
                Event::AuthorityLifted { reference } => {
                    gone.0 == HoldKind::Authority && gone.1 == *reference
                }
                Event::UsageSeen { .. }
                | Event::DeadlinePassed
                | Event::PauseRequested { .. }
                | Event::Transferred { .. } => {
                    matches!(gone.0, HoldKind::InactiveOutgoing | HoldKind::InactiveFull)
                }
                _ => false,
            };
            let went_with_service = is_over && gone.0 != HoldKind::Authority;
            assert!(may_lift || has_ended || went_with_service, "{event:?} lifted {gone:?}");
        }
        self.model.restrictions = after;
    }

    /// Invariant 1: one holder, one SIM, intervals that follow one another without overlap.
    fn check_histories(&mut self, step: &Step) {
        for effect in &step.effects {
            match effect {
                Effect::HolderChanged { from, to } => {
                    assert_eq!(*from, self.model.holders.last().and_then(|last| last.1));
                    self.model.holders.push((self.at, *to));
                }
                Effect::SimChanged { from, to } => {
                    assert_eq!(*from, self.model.sims.last().and_then(|last| last.1));
                    self.model.sims.push((self.at, *to));
                }
                Effect::Tell(_)
                | Effect::Provision
                | Effect::Charge { .. }
                | Effect::GiveBack { .. } => {}
            }
        }
        let next = &step.next;
        assert_eq!(next.holder, self.model.holders.last().and_then(|last| last.1));
        assert_eq!(next.sim, self.model.sims.last().and_then(|last| last.1));
        assert_eq!(next.holder.is_some(), next.expects_holder());
        assert_eq!(next.sim.is_some(), next.lifecycle.has_sim());
        assert!(self.model.holders.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    /// Invariant 2 and the intersection: what the network allows is in what the state gives and in
    /// what every single restriction leaves, and the network learns of every difference.
    fn check_service(&self, step: &Step) {
        let profile = step.next.profile();
        if step.next.lifecycle == Lifecycle::Allocated || step.next.holder.is_none() {
            assert_eq!(profile, ServiceProfile::NOTHING);
        }
        for service in profile.services() {
            for (kind, _) in &self.model.restrictions {
                assert!(!kind.bars().allows(service), "{kind:?} bars {service:?}");
            }
        }
        let is_told = step.effects.contains(&Effect::Provision);
        let differs = self.facts.profile() != profile || self.facts.sim != step.next.sim;
        assert_eq!(is_told, differs);
    }

    /// Invariant 4: nothing leaves quarantine before its date, and nothing is closed for inactivity
    /// or released without proof.
    fn check_leaving(&mut self, event: &Event, step: &Step) {
        let (from, to) = (self.facts.lifecycle, step.next.lifecycle);
        if *event == Event::NoticeProven {
            self.model.proven_at = Some(self.at);
        }
        if to == Lifecycle::Quarantined && from != to {
            self.model.closed_at = Some(self.at);
        }
        if from == Lifecycle::Quarantined && to == Lifecycle::InStock {
            let closed_at = self.model.closed_at.unwrap();
            let closed_on = closed_at.date_in(&self.policy.zone);
            let free_on = ladder::plus_days(closed_on, *self.policy.quarantine.days);
            assert!(self.at.date_in(&self.policy.zone) >= free_on, "released too early");
            let is_ordered = self.facts.holds.iter().any(|hold| {
                hold.kind == HoldKind::Authority && hold.until.is_none_or(|until| until > self.at)
            });
            assert!(!is_ordered, "released under an order");
            if self.facts.former_party_id.is_some() {
                assert!(self.model.proven_at.is_some_and(|proven| proven >= closed_at));
            }
        }
        let is_by_rule = *event == Event::DeadlinePassed && from == Lifecycle::Active;
        if is_by_rule && matches!(to, Lifecycle::Quarantined | Lifecycle::PreClose) {
            let since = self.facts.notice_since();
            assert!(
                self.model.proven_at.is_some_and(|proven| proven >= since),
                "closed in silence"
            );
        }
    }

    /// Invariant 9: who loses something is told, wherever there is somebody to tell.
    fn check_told(&self, step: &Step) {
        let lost = self.facts.profile().without(step.next.profile());
        let has_holder = self.facts.holder.is_some() && step.next.holder == self.facts.holder;
        if lost != ServiceProfile::NOTHING && has_holder {
            let is_told = step.effects.iter().any(|effect| matches!(effect, Effect::Tell(_)));
            assert!(is_told, "{step:?}");
        }
    }
}

fn live(policy: Policy, moves: &[Move]) -> World {
    let mut world = World::new(policy);
    for one in moves {
        match one {
            Move::Happens(event) => world.happen(event),
            Move::Passes(hours) => world.pass(*hours),
            Move::StandsStill(hours) => world.at = world.at.plus_minutes(hours * 60),
            Move::Proven => world.happen(&Event::NoticeProven),
            Move::Used(hours) => {
                let at = world.at.plus_minutes(-hours * 60);
                let began = world.facts.holder.is_some_and(|holder| holder.since <= at);
                if began && world.facts.last_use.is_none_or(|last| last.at < at) {
                    world.facts.last_use = Some(Usage { kind: UsageKind::MoCall, at });
                }
            }
        }
    }
    world
}

proptest! {
    #[test]
    fn any_life_keeps_the_promises(moves in moves()) {
        live(cn(), &moves);
    }

    #[test]
    fn any_life_keeps_them_under_every_pack(moves in moves(), pack in 0..6_usize) {
        live(READ[pack].clone(), &moves);
    }

    #[test]
    fn the_same_facts_give_the_same_answer(moves in moves(), event in events()) {
        let world = live(cn(), &moves);
        let once = decide(&world.facts, &world.policy, &event, world.at);
        prop_assert_eq!(once, decide(&world.facts, &world.policy, &event, world.at));
    }

    #[test]
    fn every_state_under_every_set_of_holds_has_a_service_profile(
        state in prop::sample::select(Lifecycle::ALL.to_vec()),
        kinds in prop::collection::btree_set(prop::sample::select(HoldKind::ALL.to_vec()), 0..11),
    ) {
        let hold = |kind: &HoldKind| Hold {
            kind: *kind,
            reference: String::new(),
            since: At::default(),
            until: None,
            set_by: SetBy::Policy,
        };
        let holds: Holds = kinds.iter().map(hold).collect();
        for service in Service::ALL {
            let is_given = profile(state, &Holds::NONE).allows(service);
            let is_barred = kinds.iter().any(|kind| kind.bars().allows(service));
            prop_assert_eq!(profile(state, &holds).allows(service), is_given && !is_barred);
        }
        // Lifting one restriction gives back nothing that another one bars.
        for kind in &kinds {
            let mut fewer = holds.clone();
            prop_assert!(fewer.lift(*kind));
            let gained = profile(state, &fewer).without(profile(state, &holds));
            prop_assert_eq!(gained.without(kind.bars()), ServiceProfile::NOTHING);
        }
    }

    #[test]
    fn a_deadline_is_never_in_the_past_of_a_use(days in 0..2_000_i64, used in 0..2_000_i64) {
        let policy = cn();
        let start = on(2026, 3, 14, 10);
        let mut facts = active(&policy, start);
        let_pass(&mut facts, &policy, start.plus_days(days % 89), true);
        facts.last_use = Some(Usage { kind: UsageKind::MoCall, at: start.plus_days(used) });
        let deadline = ladder::deadline_at(&facts, &policy);
        let window = i64::from(*policy.keep_alive.window_days);
        prop_assert!(deadline >= start.plus_days(used + window));
        prop_assert!(deadline <= start.plus_days(used.max(days % 89) + window + 1));
    }
}

#[test]
fn every_refusal_is_listed_and_has_a_code_of_its_own() {
    let codes: BTreeSet<&str> = NumberRefusal::ALL.iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), NumberRefusal::ALL.len());
}

#[test]
fn the_table_names_every_event_in_every_state() {
    let policy = cn();
    let table = table(&policy);
    for state in Lifecycle::ALL {
        assert!(table.lines().any(|line| line.starts_with(state.code())), "{state:?}");
    }
    let sections = table.matches("network allows").count();
    for event in diagram::events() {
        let lines = table.lines().filter(|line| {
            line.strip_prefix("    ")
                .is_some_and(|l| l.split_whitespace().next() == Some(event.code()))
        });
        assert_eq!(lines.count(), sections, "{}", event.code());
    }
}
