//! The real `baohao work` beside a real osmo-hlr, killed while it tells the register: when both
//! are up again, the register is as wanted within ten seconds.

#[path = "../../crates/gateway/tests/osmo_hlr/register.rs"]
#[expect(dead_code, reason = "the tests of the adapter use more of it")]
mod register;

use crate::{Folder, baohao, rounds};
use domain::access::Actor;
use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Event, SimRef};
use domain::operator::Operator;
use domain::sim::{Iccid, Imsi, SimKeys};
use domain::time::Zone;
use gateway::Unconnected;
use register::Register;
use seal::Keyring;
use service::App;
use service::app::Site;
use service::clock::SystemClock;
use service::inventory::{NewSim, bring_sims};
use service::number;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::number::provision::{self, ProvisionStep};
use store::{Blobs, Db, Keys, Store};

const SYSTEM: Actor = Actor::System;
const ONE: OperatorId = OperatorId(1);
/// Numbers of one round.
const NUMBERS: u32 = 24;
/// Within so long of both being up all is as wanted.
const REPAIRED: Duration = Duration::from_secs(10);
/// 3GPP TS 35.208, test set 1.
const K: &str = "465b5ce8b199b49faa5f0a2ee238a6bc";
const OPC: &str = "cd63cb71954a9f4e48a5994e37a02baf";

fn msisdn(n: u32) -> Msisdn {
    Msisdn::parse(&format!("1380013{n:04}")).unwrap()
}

fn sim(n: u32) -> SimRef {
    let iccid = Iccid::parse(&format!("898600000000{n:07}")).unwrap();
    SimRef { iccid, imsi: Imsi::parse(&format!("46000{n:010}")).unwrap() }
}

/// The process that is killed.
struct Work(Child);

impl Work {
    fn start(folder: &Folder, register: &Register) -> Self {
        let server = register.server();
        let child = baohao(&["work", "--data", folder.0.to_str().unwrap()])
            .env("BAOHAO_NETWORK_HLR", "osmo_hlr")
            .env("BAOHAO_HLR_CTRL", server.ctrl)
            .env("BAOHAO_HLR_VTY", server.vty)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// `kill -9`.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Use cases on the same data, as `serve --no-work` runs them: it decides and tells nobody.
async fn open(folder: &Folder) -> App {
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let app = App {
        store: Store {
            db: Db::open(&path("baohao.db")).await.unwrap(),
            keys: Keys::new(Keyring::open_or_create(&folder.path("keys.json")).unwrap()),
            blobs: Blobs::open(&path("blobs")).unwrap(),
        },
        clock: Arc::new(SystemClock),
        hlr: Arc::new(Unconnected),
        sms: Arc::new(Unconnected),
        mail: Arc::new(Unconnected),
        smdp: Arc::new(service::port::NoSmdp),
        authority: Arc::new(service::port::NoAuthority),
        ocr: Arc::new(service::port::NoModels),
        faces: Arc::new(service::port::NoModels),
        site: Site { base_url: "https://bao.example".into(), requests_max: Site::REQUESTS_MAX },
        maintenance: service::maintenance::Watch::default(),
        limits: service::app::Limits::default(),
        memory: service::app::Memory::default(),
    };
    let operator = Operator {
        id: ONE,
        code: "crash".into(),
        name_zh: "试".into(),
        name_en: "Try".into(),
        brand: "试网".into(),
        hotline: "10000".into(),
        zone: Zone::shanghai(),
        policy_pack: "cn".into(),
        language: "zh".into(),
    };
    service::operator::join(&app, &operator).await.unwrap();
    app
}

async fn stock(app: &App, n: u32) {
    let keys = Some(SimKeys::parse(K, OPC).unwrap());
    bring_sims(app, &SYSTEM, ONE, [NewSim { sim: sim(n), eid: None, profile_type: None, keys }])
        .await
        .unwrap();
}

/// A number that somebody holds.
async fn held(app: &App, n: u32) {
    let number = msisdn(n);
    assert!(number::bring(app, &SYSTEM, ONE, number).await.unwrap());
    stock(app, n).await;
    stock(app, 5_000 + n).await;
    number::allocate(app, &SYSTEM, number, sim(n)).await.unwrap();
    let party_id = PartyId::from_u128(u128::from(number.as_u64()));
    let episode_id = EpisodeId::from_u128(u128::from(number.as_u64()));
    let event = Event::HolderVerified { party_id, episode_id };
    number::apply_as_system(app, number, &event).await.unwrap();
}

/// Each number in another situation: lost, with another SIM, as it was.
async fn act(app: &App, n: u32) {
    match n % 3 {
        0 => drop(number::report_loss(app, &SYSTEM, msisdn(n)).await.unwrap()),
        1 => drop(number::replace_sim(app, &SYSTEM, msisdn(n), sim(5_000 + n)).await.unwrap()),
        _ => {}
    }
}

/// How many SIMs of these numbers the network has not been seen to treat as wanted.
async fn open_rows(app: &App, numbers: impl Iterator<Item = u32>) -> usize {
    let mut open = 0;
    for n in numbers {
        let rows = provision::of_number(&app.store.db, msisdn(n)).await.unwrap();
        let is_open = |row: &&provision::Provision| {
            row.profile.is_none() || row.step != ProvisionStep::Confirmed
        };
        open += rows.iter().filter(is_open).count();
    }
    open
}

async fn until(what: &str, patience: Duration, mut open: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while open().await {
        assert!(begun.elapsed() < patience, "{what}: not in {patience:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    begun.elapsed()
}

/// What the register itself says, asked by somebody else.
async fn check(register: &Register, n: u32) {
    let info = async |imsi: Imsi| {
        register.ctrl(&format!("GET 1 subscriber.by-imsi-{}.info", imsi.as_str())).await
    };
    let (old, new) = (info(sim(n).imsi).await, info(sim(5_000 + n).imsi).await);
    let is_of = |said: &str, access: u8| {
        said.contains(&format!("msisdn\t{}", msisdn(n)))
            && said.contains(&format!("nam_cs\t{access}"))
            && said.contains(&format!("nam_ps\t{access}"))
    };
    match n % 3 {
        0 => assert!(is_of(&old, 0), "{n} is lost: {old}"),
        1 => {
            assert!(is_of(&new, 1), "{n} has another SIM: {new}");
            assert!(old.contains("No such subscriber"), "{n}: {old}");
        }
        _ => assert!(is_of(&old, 1), "{n} works: {old}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_killed_in_mid_provisioning_finds_back_to_what_is_wanted() {
    let Some(mut register) = Register::start().await else { return };
    let folder = Folder::new();
    let app = open(&folder).await;
    let (mut interrupted, mut slowest) = (0, Duration::ZERO);
    for round in 0..u32::try_from(rounds()).unwrap() {
        let numbers = round * NUMBERS..(round + 1) * NUMBERS;
        for n in numbers.clone() {
            held(&app, n).await;
            if n % 2 == 0 {
                // Every second changes again before the network heard of it.
                act(&app, n).await;
            }
        }
        let all = open_rows(&app, numbers.clone()).await;
        let mut work = Work::start(&folder, &register);
        // It has begun, and has not ended.
        let begun = async || open_rows(&app, numbers.clone()).await == all;
        until("the first is told", Duration::from_mins(1), begun).await;
        for n in numbers.clone().filter(|n| n % 2 == 1) {
            act(&app, n).await;
        }
        tokio::time::sleep(Duration::from_micros(seal::entropy::below(60_000))).await;
        work.kill();
        if round % 2 == 1 {
            register.kill();
        }
        interrupted += open_rows(&app, numbers.clone()).await;
        if round % 2 == 1 {
            register.start_again().await;
        }
        let _work = Work::start(&folder, &register);
        let open = async || open_rows(&app, numbers.clone()).await > 0;
        let took = until("all is as wanted", REPAIRED, open).await;
        slowest = slowest.max(took);
        for n in numbers {
            check(&register, n).await;
        }
    }
    assert!(interrupted > 0, "it was never killed in mid-provisioning");
    eprintln!(
        "measured: {interrupted} SIMs were open when it was killed; as wanted at most {} ms after \
         it was started again",
        slowest.as_millis()
    );
}
