//! An eSIM from order to phone, against the simulated SM-DP+ and its faults.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::Actor;
use domain::esim::{Download, Step};
use domain::id::{ApplicationId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::{Iccid, Imsi};
use gateway::network::{EsimStage, Fault, FaultKind, InstallError, Network, Port, pump};
use gateway::smdp::Simulator;
use service::App;
use service::esim;
use service::holder::Way;
use service::inventory::NewSim;
use std::sync::Arc;
use store::number::esim::{EsimOrder, Secret, subject};
use store::number::sim;
use store::testing::{Engine, fresh};
use store::{AuditEntry, Batch, Job};
use testkit::TestApp;

const ONE: OperatorId = OperatorId(1);
const NUMBER: &str = "13800138000";
const EID: &str = "89049032123451234512345678901235";

struct World {
    test: TestApp,
    app: Arc<App>,
    network: Arc<Network>,
    holder: Actor,
    msisdn: Msisdn,
    sim: SimRef,
}

/// A number with a holder, and an eSIM ordered for it.
async fn world() -> World {
    let test = TestApp::on(fresh(Engine::any()).await.unwrap()).await;
    test.operator(1).await;
    let party_id = test.holder(NUMBER, "mei@example.com").await;
    test.run_jobs().await;
    let network = Arc::new(Network::in_memory(test.app.clock.clone()));
    let app = Arc::new(App {
        store: test.store.clone(),
        clock: test.app.clock.clone(),
        hlr: test.app.hlr.clone(),
        sms: test.app.sms.clone(),
        mail: test.app.mail.clone(),
        smdp: Arc::new(Simulator(Arc::clone(&network))),
        authority: Arc::new(service::port::NoAuthority),
        ocr: test.app.ocr.clone(),
        faces: test.app.faces.clone(),
        site: test.app.site.clone(),
        maintenance: service::maintenance::Watch::default(),
        limits: service::app::Limits::default(),
        memory: service::app::Memory::default(),
    });
    let sim = SimRef {
        iccid: Iccid::parse("89860112345678901237").unwrap(),
        imsi: Imsi::parse("460000123456789").unwrap(),
    };
    let new = NewSim { sim, eid: None, profile_type: Some("plan-a".into()), keys: None };
    service::inventory::bring_sims(&app, &Actor::System, ONE, [new]).await.unwrap();
    let msisdn = Msisdn::parse(NUMBER).unwrap();
    let row = store::number::load(&app.store.db, msisdn).await.unwrap().unwrap();
    let episode_id = row.facts.holder.unwrap().episode_id;
    let at = app.now();
    let mut batch = Batch::new(at);
    let key = app.store.keys.create(&mut batch, at);
    let secret = Secret { matching_id: "SECRET-1".into(), address: None, eid: Some(EID.into()) };
    let ids = (ApplicationId::from_u128(1), episode_id);
    let what = (msisdn, sim, "plan-a".to_owned());
    sim::reserve(&mut batch, ONE, sim, msisdn);
    EsimOrder::new(what, ONE, ids, (&key, &secret), at).insert(&mut batch);
    let key = subject(sim.iccid, msisdn);
    batch.audit(AuditEntry {
        operator_id: ONE,
        subject: key.clone(),
        subject_version: 1,
        actor: "test".into(),
        action: "esim.order".into(),
        detail_json: "{}".into(),
        at,
    });
    batch.job(Job { kind: esim::JOB, key, payload: serde_json::json!({}), run_at: at });
    app.store.db.commit(batch).await.unwrap();
    let holder = Actor::Holder { operator_id: ONE, party_id };
    World { test, app, network, holder, msisdn, sim }
}

impl World {
    async fn settle(&self) {
        for _ in 0..40 {
            service::work::run_due(&self.app).await.unwrap();
            pump(&self.network, &self.app).await.unwrap();
            self.test.advance_seconds(30);
        }
    }

    async fn order(&self) -> EsimOrder {
        let order = EsimOrder::load(&self.app.store.db, self.msisdn, self.sim.iccid).await;
        order.unwrap().unwrap()
    }

    async fn code(&self) -> Option<String> {
        let shown = esim::activation(&self.app, &self.holder, Way::Contact, self.msisdn).await;
        shown.unwrap().code.map(|code| code.expose().to_text())
    }
}

#[tokio::test]
async fn a_phone_installs_what_the_page_shows_and_the_page_sees_it() {
    let world = world().await;
    assert_eq!(world.code().await, None);
    world.settle().await;
    assert_eq!(world.order().await.facts.step, Step::Released);
    let code = world.code().await.unwrap();
    assert_eq!(code, "LPA:1$smdp.simulated.example$SECRET-1");
    let install = |code: &str, eid| world.network.install(code, eid);
    assert_eq!(install("no code", Some(EID)), Err(InstallError::NoCode));
    assert_eq!(install("LPA:1$x.example$OTHER", Some(EID)), Err(InstallError::Nothing));
    assert_eq!(install(&code, None), Err(InstallError::OtherPhone));
    world.settle().await;
    let problem = world.order().await.facts.open_problem().unwrap();
    assert_eq!(problem.code(), "eligibility");
    world.test.advance_seconds(1);
    assert_eq!(install(&code, Some(EID)), Ok(()));
    assert_eq!(install(&code, Some(EID)), Err(InstallError::Nothing), "once");
    world.settle().await;
    let facts = world.order().await.facts;
    assert_eq!((facts.download, facts.open_problem()), (Download::Enabled, None));
    assert_eq!(world.code().await, None);
    let stage = world.network.esim(world.sim.iccid.as_str()).unwrap().stage;
    assert_eq!(stage, EsimStage::Installed);
    for verified in service::audit::verify(&world.app).await.unwrap() {
        assert_eq!(verified.findings, [""; 0]);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_on_the_way_there_is_one_profile_in_the_end() {
    for fault in [
        FaultKind::Late { millis: 1_000 },
        FaultKind::WrongOrder,
        FaultKind::Twice,
        FaultKind::Never,
        FaultKind::Throttle,
    ] {
        let world = world().await;
        world.network.inject(Fault { port: Port::Smdp, fault, times: 4, only: None });
        world.settle().await;
        assert_eq!(world.order().await.facts.step, Step::Released, "{fault:?}");
        let orders = EsimOrder::of_number(&world.app.store.db, world.msisdn).await.unwrap();
        assert_eq!(orders.len(), 1, "{fault:?}");
        assert!(world.code().await.is_some(), "{fault:?}");
    }
}

/// What the simulated SM-DP+ was told outlives the process.
#[test]
fn the_simulated_world_remembers_its_profiles() {
    let folder = store::testing::folder();
    let path = folder.join("network.jsonl");
    let clock = || Arc::new(service::clock::SystemClock);
    let order = service::port::ProfileOrder {
        call_id: "1".into(),
        iccid: "89860112345678901237".into(),
        profile_type: "t".into(),
        matching_id: "M".into(),
        eid: None,
    };
    let ask = |network: Network| {
        let smdp = Simulator(Arc::new(network));
        let order = order.clone();
        let told = async move { service::port::Smdp::order(&smdp, &order).await };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(told)
    };
    assert_eq!(ask(Network::open(clock(), &path).unwrap()), Ok(Ok(())));
    let again = ask(Network::open(clock(), &path).unwrap());
    assert_eq!(again, Ok(Err(service::port::SmdpRefusal::InUse)));
    std::fs::remove_dir_all(folder).unwrap();
}
