//! What must hold when it is over.

use crate::drive::{Known, iccid, imsi, msisdn_of_phone};
use crate::fleet::Fleet;
use domain::application::State;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::HoldKind;
use domain::sim::Iccid;
use gateway::network::{Network, Phone};
use service::clock::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::review::Given;
use store::{Db, application, job, number};

/// How long what is due may take.
const SETTLE_MAX: Duration = Duration::from_mins(3);
/// The same text twice within this time is one too many.
const TWICE_MILLIS: i64 = 3_600_000;
const ONE: OperatorId = OperatorId(1);

/// Waits until nothing is due any more: no job, no deadline of a number.
pub(crate) async fn settled(address: &str, fleet: &Fleet) {
    let db = Db::open(address).await.unwrap();
    let clock = fleet.clock();
    let end = Instant::now() + SETTLE_MAX;
    let mut quiet = 0;
    while quiet < 4 {
        let now = clock.now();
        let next = (job::next_due(&db).await.unwrap(), number::next_due(&db).await.unwrap());
        let is_quiet = [next.0, next.1].into_iter().flatten().all(|due| due > now);
        quiet = if is_quiet { quiet + 1 } else { 0 };
        assert!(Instant::now() < end, "due for long: {next:?} at {now:?}: {}", fleet.complaints());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Everything acknowledged is there, nothing is there twice; what was seen, in one line.
pub(crate) async fn everything(address: &str, fleet: &Fleet, known: &Known) -> String {
    let db = Db::open(address).await.unwrap();
    applications(&db, known).await;
    numbers(&db, known).await;
    holders(&db, known).await;
    let texts = texts(fleet, known);
    let dead = job::dead(&db, 10).await.unwrap();
    assert!(dead.is_empty(), "{dead:#?}");
    let verify = fleet.program(&["audit", "verify"]).output().unwrap();
    let said = String::from_utf8_lossy(&verify.stdout).into_owned();
    assert!(verify.status.success() && said.contains("holds"), "{said}");
    let complaints = fleet.complaints();
    assert!(!complaints.contains("panicked"), "{complaints}");
    format!("{texts} texts arrived; {}", said.trim().replace('\n', "; "))
}

async fn applications(db: &Db, known: &Known) {
    for (id, msisdn) in &known.sent {
        let found = application::load(db, *id).await.unwrap();
        let found = found.unwrap_or_else(|| panic!("{id} was acknowledged"));
        assert_ne!(found.facts.state, State::Draft, "{id} was sent");
        assert_eq!(found.msisdn, Some(*msisdn));
    }
    for id in &known.decided {
        let given = Given::list(db, *id).await.unwrap();
        assert!(!given.is_empty(), "the decision on {id} was acknowledged");
        let standing = given.iter().filter(|one| one.undone_at.is_none());
        assert_eq!(standing.count(), 1, "{id} was decided once");
    }
    for msisdn in known.allocated.keys() {
        let mut sent = 0;
        for id in application::of_number(db, ONE, *msisdn, 100).await.unwrap() {
            let found = application::load(db, id).await.unwrap().unwrap();
            sent += u32::from(found.facts.state != State::Draft);
        }
        assert!(sent <= 1, "{msisdn} was applied for {sent} times");
    }
}

/// A number has its card, the card its number; orders are in force until they are lifted.
async fn numbers(db: &Db, known: &Known) {
    for (msisdn, n) in &known.allocated {
        let row = number::load(db, *msisdn).await.unwrap().unwrap();
        let card = number::sim::load(db, Iccid::parse(&iccid(*n)).unwrap()).await.unwrap();
        assert_eq!(card.unwrap().msisdn, Some(*msisdn), "{msisdn}");
        if let Some(sim) = row.facts.sim {
            assert_eq!(sim.iccid.as_str(), iccid(*n), "{msisdn}");
        }
    }
    let mut in_force: BTreeMap<Msisdn, BTreeSet<String>> = BTreeMap::new();
    for (msisdn, reference) in &known.ordered {
        if !in_force.contains_key(msisdn) {
            let row = number::load(db, *msisdn).await.unwrap().unwrap();
            let orders = row.facts.holds.iter().filter(|hold| hold.kind == HoldKind::Authority);
            in_force.insert(*msisdn, orders.map(|hold| hold.reference.clone()).collect());
        }
        let is_lifted = known.lifted.contains(&(*msisdn, reference.clone()));
        let is_there = in_force[msisdn].contains(reference);
        assert!(!(is_lifted && is_there), "{msisdn}: {reference} was lifted");
    }
    let standing = known.ordered.difference(&known.lifted);
    let lost = standing.filter(|(msisdn, reference)| !in_force[msisdn].contains(reference));
    let lost: Vec<_> = lost.collect();
    assert!(lost.is_empty(), "acknowledged, and gone: {lost:?}");
}

/// Each number has one holder or none, and its holder's list says the same, once.
async fn holders(db: &Db, known: &Known) {
    let (mut parties, mut held) = (BTreeSet::new(), BTreeSet::new());
    for msisdn in known.allocated.keys() {
        let row = number::load(db, *msisdn).await.unwrap().unwrap();
        let steps = number::history::holders(db, *msisdn).await.unwrap();
        let now = steps.last().and_then(|step| step.held).map(|(episode, _)| episode);
        assert_eq!(row.facts.holder.map(|holder| holder.episode_id), now, "{msisdn}");
        let changes = steps.iter().map(|step| step.held.map(|(episode, _)| episode));
        let changes: Vec<_> = changes.collect();
        assert!(changes.windows(2).all(|two| two[0] != two[1]), "{msisdn}: {changes:?}");
        parties.extend(steps.iter().filter_map(|step| step.held).map(|(_, party)| party));
        held.extend(row.facts.holder.map(|_| *msisdn));
    }
    let mut listed = Vec::new();
    for party_id in parties {
        let of_party = number::party::held(db, party_id, ONE).await.unwrap();
        listed.extend(of_party.into_iter().map(|one| one.msisdn));
    }
    listed.sort();
    assert_eq!(listed, held.into_iter().collect::<Vec<_>>(), "on one list each, once");
}

/// No text arrived twice; how many there are.
fn texts(fleet: &Fleet, known: &Known) -> usize {
    let clock = Arc::new(fleet.clock()) as Arc<dyn Clock>;
    let network = Network::open(clock, &fleet.network_file()).unwrap();
    let ours = known.allocated.iter().map(|(msisdn, n)| (Phone::Sim(imsi(*n)), *msisdn));
    let others = network.other_phones().into_iter().map(|phone| {
        let msisdn = msisdn_of_phone(&phone);
        (Phone::Other(phone), msisdn)
    });
    let (mut ids, mut count) = (BTreeSet::new(), 0);
    for (phone, msisdn) in ours.chain(others) {
        let orders = known.asked.get(&msisdn).copied().unwrap_or(1);
        let mut times: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for message in network.messages(&phone) {
            let id = message.message_id.expect("it came from the program");
            assert!(ids.insert(id.clone()), "{id} arrived twice");
            times.entry(message.text).or_default().push(message.at.millis());
            count += 1;
        }
        for (text, at) in times {
            let is_close = at.windows(2).any(|two| two[1] - two[0] < TWICE_MILLIS);
            let is_twice = is_close && at.len() > orders;
            assert!(!is_twice, "{phone:?} was told {} times: {text}", at.len());
        }
    }
    count
}
