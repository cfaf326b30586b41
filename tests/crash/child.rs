//! The process that is killed: people submit, a reviewer decides, usage comes in, time flies, and
//! the outbox works. Whatever was acknowledged is said on standard output, and only then.

use crate::world::{World, say};
use domain::access::{Actor, Role};
use domain::application::Kind;
use domain::application::form::Who;
use domain::id::OperatorId;
use domain::identity::DocumentKind;
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::reason::Item;
use domain::review::{ItemResult, Mark, Opinion, Verdict};
use domain::sim::{Iccid, Imsi};
use service::register::{Purpose, Submitted, WholeApplication, submit_whole};
use service::review::{self, Decide};
use service::{Error, Sensitive};
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use testkit::Applicant;
use words::Lang;

const ONE: OperatorId = OperatorId(1);
const PHOTOS: [Item; 3] = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];

/// Applications that one process submits.
pub(crate) const PER_ROUND: u16 = 60;

/// How much time flies in one step, and how long a step takes.
const STEP_MILLIS: i64 = 6 * 3_600_000;
const PACE: Duration = Duration::from_millis(20);

/// Works until it is killed.
pub(crate) async fn run(folder: &str, round: u16, offset_millis: i64) {
    let world = Arc::new(World::open(folder, offset_millis).await);
    let app = Arc::clone(&world.app);
    tokio::spawn(service::work::run_forever(app, pending()));
    tokio::spawn(fly(Arc::clone(&world)));
    tokio::spawn(decide(Arc::clone(&world)));
    tokio::spawn(use_numbers(Arc::clone(&world)));
    for half in 0..2 {
        tokio::spawn(submit(Arc::clone(&world), folder.to_owned(), round, half));
    }
    pending::<()>().await;
}

async fn fly(world: Arc<World>) {
    loop {
        let offset = world.clock.offset_millis() + STEP_MILLIS;
        // Said before the clock moves, so that time never runs backwards for the next process.
        say(&format!("clock {offset}"));
        world.clock.set_offset_millis(offset);
        tokio::time::sleep(PACE).await;
    }
}

/// The photos of one person, drawn once: everybody sends the same, and the checks remark on it.
pub(crate) fn draw_photos(folder: &str) {
    let sample = Applicant::new(0);
    for item in PHOTOS {
        std::fs::write(photo_path(folder, item), sample.photo(item)).unwrap();
    }
}

fn photo_path(folder: &str, item: Item) -> PathBuf {
    Path::new(folder).join(format!("{item:?}.jpg"))
}

/// Every second application of the round.
async fn submit(world: Arc<World>, folder: String, round: u16, half: usize) {
    let photo = |item| (item, std::fs::read(photo_path(&folder, item)).unwrap());
    let photos = PHOTOS.map(photo);
    for n in (round * PER_ROUND..(round + 1) * PER_ROUND).skip(half).step_by(2) {
        let (msisdn, sim) = (msisdn(n), sim(n));
        let (app, system) = (&world.app, Actor::System);
        service::number::bring(app, &system, ONE, msisdn).await.unwrap();
        service::number::bring_sim(app, &system, ONE, sim, None).await.unwrap();
        service::number::allocate(app, &system, msisdn, sim).await.unwrap();
        let person = Applicant::new(n);
        let whole = WholeApplication {
            kind: Kind::Registration,
            lang: Lang::Zh,
            zone: None,
            number: msisdn.national().to_string(),
            sim_tail: sim.iccid.as_str()[14..].to_owned(),
            who: Who::Myself,
            document: DocumentKind::ResidentId,
            identity: person.fields(),
            contact: Some(person.contact.clone()),
            consents: Purpose::ALL.to_vec(),
            photos: photos.to_vec(),
            is_awaited: n % 2 == 0,
        };
        let answered = match submit_whole(app, &system, ONE, whole).await {
            // Two weeks are about a second here: on a busy machine a draft runs out before it is
            // sent. Nothing was acknowledged.
            Err(Error::Refused(refused)) if refused.code == "application.closed" => continue,
            answered => answered.unwrap(),
        };
        assert!(matches!(answered.submitted, Submitted::Sent { .. }), "{:?}", answered.submitted);
        say(&format!("submitted {} {msisdn}", answered.id));
        world.submitted.store(n, Ordering::Relaxed);
    }
}

/// Approves whatever comes.
async fn decide(world: Arc<World>) {
    let app = &world.app;
    let roles = vec![Role::Reviewer, Role::Lead];
    let actor = Actor::Staff { operator_id: ONE, staff_id: world.reviewer().await, roles };
    loop {
        let Ok(id) = review::claim_next(app, &actor).await else {
            tokio::time::sleep(PACE).await;
            continue;
        };
        // The clock flies past the lease: then the next turn claims again.
        let Ok(view) = review::view(app, &actor, id, None).await else { continue };
        let Some(content) = view.content else { continue };
        let mark = |item: &Item| Mark {
            item: *item,
            result: ItemResult::Ok,
            reasons: Vec::new(),
            region: None,
        };
        let marks = content.items.iter().map(mark).collect();
        let opinion = Opinion { verdict: Verdict::Approve, marks, reasons: Vec::new() };
        let note = Sensitive::new(String::new());
        let input = Decide { application_id: id, opinion, note, stamp: None };
        match review::decide(app, &actor, input).await {
            Ok(_) => say(&format!("decided {id}")),
            Err(_) => tokio::time::sleep(PACE).await,
        }
    }
}

async fn use_numbers(world: Arc<World>) {
    loop {
        tokio::time::sleep(PACE).await;
        let newest = world.submitted.load(Ordering::Relaxed);
        let n = u16::try_from(seal::entropy::below(u64::from(newest) + 1)).unwrap();
        let second = world.app.now().millis() / 1000;
        let row = format!("msisdn,kind,instant\n{},mo_call,{second}\n", msisdn(n));
        let taken = service::ingest::push(&world.app, &Actor::System, row.into_bytes()).await;
        if taken.is_ok_and(|(report, _)| report.done == 1) {
            say(&format!("used {} {second}", msisdn(n)));
        }
    }
}

fn msisdn(n: u16) -> Msisdn {
    Msisdn::parse(&format!("1380013{n:04}")).unwrap()
}

fn sim(n: u16) -> SimRef {
    SimRef {
        iccid: Iccid::parse(&format!("8986011234567890{n:04}")).unwrap(),
        imsi: Imsi::parse(&format!("46000123456{n:04}")).unwrap(),
    }
}
