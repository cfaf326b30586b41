//! Submissions, decisions, usage, sweeps and the outbox, killed while all of them work.

use crate::child::{self, PER_ROUND};
use crate::world::World;
use crate::{Folder, kill_within, rounds};
use domain::application::State;
use domain::id::{ApplicationId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::UsageKind;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use store::review::Given;
use store::{activity, application, number};

const FOLDER: &str = "BAOHAO_TEST_CRASH_FOLDER";
const ROUND: &str = "BAOHAO_TEST_CRASH_ROUND";
const OFFSET: &str = "BAOHAO_TEST_CRASH_OFFSET";

/// Not a test by itself: the process that is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child_process() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let number = |name| std::env::var(name).unwrap().parse::<i64>().unwrap();
    child::run(&folder, u16::try_from(number(ROUND)).unwrap(), number(OFFSET)).await;
}

/// Everything that was acknowledged so far, by all processes.
#[derive(Debug, Default)]
struct Acknowledged {
    submitted: BTreeMap<ApplicationId, Msisdn>,
    decided: BTreeSet<ApplicationId>,
    used: BTreeMap<Msisdn, i64>,
    offset_millis: i64,
}

impl Acknowledged {
    fn hear(&mut self, said: &str) {
        // A line that the kill cut in half acknowledges nothing.
        let whole = said.rfind('\n').map_or("", |end| &said[..end]);
        for line in whole.lines().filter_map(|line| line.strip_prefix("= ")) {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["submitted", id, msisdn] => {
                    self.submitted.insert(id.parse().unwrap(), msisdn.parse().unwrap());
                }
                ["decided", id] => {
                    self.decided.insert(id.parse().unwrap());
                }
                ["used", msisdn, second] => {
                    let newest = self.used.entry(msisdn.parse().unwrap()).or_default();
                    *newest = second.parse::<i64>().unwrap().max(*newest);
                }
                ["clock", offset] => self.offset_millis = offset.parse().unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn run_and_kill(folder: &str, round: u16, known: &mut Acknowledged) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["work::child_process", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .env(OFFSET, known.offset_millis.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut errors = child.stderr.take().unwrap();
    let hear = std::thread::spawn(move || {
        let mut said = Vec::new();
        output.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    });
    let complain = std::thread::spawn(move || {
        let mut said = Vec::new();
        errors.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    });
    let was_killed = kill_within(&mut child, 3_000);
    let (said, complained) = (hear.join().unwrap(), complain.join().unwrap());
    assert!(was_killed, "it ended by itself:\n{said}\n{complained}");
    assert!(!complained.contains("panicked"), "{complained}");
    known.hear(&said);
}

/// What must hold after every kill.
async fn check(folder: &str, known: &Acknowledged) {
    let world = World::open(folder, known.offset_millis).await;
    let (app, db) = (&world.app, &world.app.store.db);
    for (id, msisdn) in &known.submitted {
        let found = application::load(db, *id).await.unwrap();
        let found = found.unwrap_or_else(|| panic!("{id} was acknowledged"));
        assert_ne!(found.facts.state, State::Draft, "{id} was submitted");
        assert_eq!(found.msisdn, Some(*msisdn));
    }
    for id in &known.decided {
        let given = Given::list(db, *id).await.unwrap();
        assert!(!given.is_empty(), "the decision on {id} was acknowledged");
    }
    for (msisdn, second) in &known.used {
        let kinds = 1 << UsageKind::MoCall.index();
        let newest = activity::last_event(db, *msisdn, kinds).await.unwrap();
        let newest = newest.map(|(at, _)| at.millis() / 1000);
        assert!(newest >= Some(*second), "{msisdn}: {newest:?} before {second}");
    }
    check_holders(&world, known).await;
    for verified in service::audit::verify(app).await.unwrap() {
        assert_eq!(verified.findings, Vec::<String>::new());
    }
    let sent = std::fs::read_to_string(Path::new(folder).join("sent.txt")).unwrap();
    let mut seen = BTreeSet::new();
    for notice_id in sent.lines() {
        assert!(seen.insert(notice_id), "{notice_id} was sent twice");
    }
}

/// Each number has one holder or none, and its holder's list says the same, once.
async fn check_holders(world: &World, known: &Acknowledged) {
    let db = &world.app.store.db;
    let mut listed: BTreeMap<Msisdn, u32> = BTreeMap::new();
    let mut parties = BTreeSet::new();
    let mut held = BTreeSet::new();
    for msisdn in known.submitted.values() {
        let row = number::load(db, *msisdn).await.unwrap().unwrap();
        let steps = number::history::holders(db, *msisdn).await.unwrap();
        let now = steps.last().and_then(|step| step.held).map(|(episode, _)| episode);
        assert_eq!(row.facts.holder.map(|holder| holder.episode_id), now, "{msisdn}");
        parties.extend(steps.iter().filter_map(|step| step.held).map(|(_, party)| party));
        if row.facts.holder.is_some() {
            held.insert(*msisdn);
        }
    }
    for party_id in parties {
        for one in number::party::held(db, party_id, OperatorId(1)).await.unwrap() {
            *listed.entry(one.msisdn).or_default() += 1;
        }
    }
    for msisdn in held {
        assert_eq!(listed.remove(&msisdn), Some(1), "{msisdn} is on one list, once");
    }
    listed.retain(|msisdn, _| known.submitted.values().any(|other| other == msisdn));
    assert!(listed.is_empty(), "on a list without being held: {listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_survives_whenever_it_is_killed() {
    let folder = Folder::new();
    let folder = folder.0.to_str().unwrap();
    World::open(folder, 0).await.settle_in().await;
    child::draw_photos(folder);
    let mut known = Acknowledged::default();
    let rounds = u16::try_from(rounds()).unwrap();
    assert!(rounds * PER_ROUND <= 10_000, "as many numbers as there are");
    for round in 0..rounds {
        run_and_kill(folder, round, &mut known);
        check(folder, &known).await;
    }
    assert!(!known.submitted.is_empty() && !known.decided.is_empty() && !known.used.is_empty());
    nothing_waits(folder, &known).await;
}

/// What the killed ones left undrawn is drawn by whoever comes after them.
async fn nothing_waits(folder: &str, known: &Acknowledged) {
    let world = World::open(folder, known.offset_millis + 3_600_000).await;
    service::work::run_due(&world.app).await.unwrap();
    for id in known.submitted.keys() {
        let db = &world.app.store.db;
        let received = application::received::Received::list(db, *id).await.unwrap();
        assert!(received.is_empty(), "{id} was submitted: {received:?}");
        let found = application::load(db, *id).await.unwrap().unwrap().facts.state;
        assert_ne!(found, State::Submitted, "{id}");
    }
}
