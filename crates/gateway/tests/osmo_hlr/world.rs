//! The program on a fresh database, with the real register behind its port and the clock running.

use crate::register::Register;
use crate::vlr::{Domain, Vlr};
use domain::access::Actor;
use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Event, SimRef};
use domain::sim::{Iccid, Imsi, SimKeys};
use gateway::hlr::Osmo;
use gateway::meter::{Meter, Metered};
use service::app::{App, Limits};
use service::clock::SystemClock;
use service::inventory::{NewSim, bring_sims};
use service::port::Hlr;
use service::{number, work};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{Engine, TestApp, fresh};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const SYSTEM: Actor = Actor::System;

/// 3GPP TS 35.208, test set 1.
pub(crate) const K: &str = "465b5ce8b199b49faa5f0a2ee238a6bc";
pub(crate) const OPC: &str = "cd63cb71954a9f4e48a5994e37a02baf";

pub(crate) struct World {
    pub(crate) register: Register,
    pub(crate) app: Arc<App>,
    pub(crate) meter: Arc<Meter>,
    worker: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    test: TestApp,
}

pub(crate) fn msisdn(n: u32) -> Msisdn {
    Msisdn::parse(&format!("1380013{n:04}")).unwrap()
}

pub(crate) fn sim(n: u32) -> SimRef {
    let iccid = Iccid::parse(&format!("898600000000{n:07}")).unwrap();
    SimRef { iccid, imsi: Imsi::parse(&format!("46000{n:010}")).unwrap() }
}

fn app_of(test: &TestApp, register: &Register) -> (Arc<App>, Arc<Meter>) {
    let meter = Arc::new(Meter::default());
    let osmo: Arc<dyn Hlr> = Arc::new(Osmo::start(register.server(), Arc::clone(&meter)));
    let app = App {
        store: test.store.clone(),
        clock: Arc::new(SystemClock),
        hlr: Arc::new(Metered { meter: Arc::clone(&meter), port: osmo }),
        sms: test.app.sms.clone(),
        mail: test.app.mail.clone(),
        smdp: test.app.smdp.clone(),
        authority: test.app.authority.clone(),
        ocr: test.app.ocr.clone(),
        faces: test.app.faces.clone(),
        site: test.app.site.clone(),
        maintenance: service::maintenance::Watch::default(),
        limits: Limits::default(),
        memory: service::app::Memory::default(),
    };
    (Arc::new(app), meter)
}

impl World {
    /// With the outbox and the reconciler at work; `None` without osmo-hlr.
    pub(crate) async fn start() -> Option<Self> {
        let register = Register::start().await?;
        let test = TestApp::on(fresh(Engine::any()).await.unwrap()).await;
        test.operator(1).await;
        let (app, meter) = app_of(&test, &register);
        let mut world = Self { register, app, meter, worker: None, test };
        world.work();
        Some(world)
    }

    fn work(&mut self) {
        let (stop, mut stopped) = watch::channel(false);
        let end = async move { drop(stopped.wait_for(|is_stopped| *is_stopped).await) };
        let worker = tokio::spawn(work::run_forever(Arc::clone(&self.app), end));
        self.worker = Some((stop, worker));
    }

    /// The program dies where it stands; nothing of it goes on.
    pub(crate) fn die(&mut self) {
        if let Some((_, worker)) = self.worker.take() {
            worker.abort();
        }
    }

    /// Another process on the same database.
    pub(crate) fn rise(&mut self) {
        (self.app, self.meter) = app_of(&self.test, &self.register);
        self.work();
    }

    /// Number `n` with SIM `n` and its keys, waiting for its holder.
    pub(crate) async fn allocated(&self, n: u32) -> (Msisdn, String) {
        let number = msisdn(n);
        assert!(number::bring(&self.app, &SYSTEM, OperatorId(1), number).await.unwrap());
        self.stock(n).await;
        number::allocate(&self.app, &SYSTEM, number, sim(n)).await.unwrap();
        (number, sim(n).imsi.as_str().to_owned())
    }

    /// SIM `n` in stock.
    pub(crate) async fn stock(&self, n: u32) {
        let keys = Some(SimKeys::parse(K, OPC).unwrap());
        let new = NewSim { sim: sim(n), eid: None, profile_type: None, keys };
        let brought = bring_sims(&self.app, &SYSTEM, OperatorId(1), [new]).await.unwrap();
        assert_eq!(brought.new, 1);
    }

    /// The same, held by somebody and confirmed by the network.
    pub(crate) async fn active(&self, n: u32) -> (Msisdn, String) {
        let (number, imsi) = self.allocated(n).await;
        self.verify(number).await;
        self.confirmed(number).await;
        (number, imsi)
    }

    pub(crate) async fn verify(&self, number: Msisdn) {
        let episode_id = EpisodeId::from_u128(u128::from(number.as_u64()));
        let party_id = PartyId::from_u128(u128::from(number.as_u64()));
        let event = Event::HolderVerified { party_id, episode_id };
        number::apply_as_system(&self.app, number, &event).await.unwrap();
    }

    /// Waits until all that is wanted for the number is confirmed; how long that took.
    pub(crate) async fn confirmed(&self, number: Msisdn) -> Duration {
        let begun = Instant::now();
        loop {
            let rows = store::number::provision::of_number(&self.app.store.db, number).await;
            let open =
                rows.unwrap().into_iter().filter(|row| row.profile.is_none() || !is_done(row));
            let open: Vec<_> = open.collect();
            if open.is_empty() {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "not confirmed: {open:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until the number was read once more after it was confirmed: whatever was telling it
    /// has ended by then.
    pub(crate) async fn settled(&self, number: Msisdn) {
        self.confirmed(number).await;
        let db = &self.app.store.db;
        let check_at = || async {
            let rows = store::number::provision::of_number(db, number).await.unwrap();
            rows.iter().map(|row| row.check_at).max()
        };
        let (before, begun) = (check_at().await, Instant::now());
        while check_at().await == before {
            assert!(begun.elapsed() < Duration::from_mins(1), "it is not read again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn node(&self, domain: Domain) -> Vlr {
        Vlr::connect(self.register.host, domain).await
    }

    /// What the register really says, asked by somebody else.
    pub(crate) async fn info(&self, imsi: &str) -> String {
        self.register.ctrl(&format!("GET 1 subscriber.by-imsi-{imsi}.info")).await
    }
}

fn is_done(row: &store::number::provision::Provision) -> bool {
    row.step == store::number::provision::ProvisionStep::Confirmed
}

impl Drop for World {
    fn drop(&mut self) {
        self.die();
    }
}
