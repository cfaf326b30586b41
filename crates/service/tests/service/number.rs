//! Numbers from stock to stock, on both engines, against the simulated network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::{Actor, Role};
use domain::id::{DataKeyId, EpisodeId, OperatorId, PartyId, StaffId};
use domain::money::MoneyRefusal;
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::number::{Event, HoldKind, Lifecycle, NumberRefusal, SimRef, UsageKind};
use domain::refusal::Refusal;
use domain::sim::{Iccid, Imsi, SimKeys};
use domain::time::{At, Zone};
use futures::future::join_all;
use gateway::network::{Fault, FaultKind, Network, Phone, Port, pump};
use gateway::{hlr, mail, smsc};
use jiff::civil::date;
use service::notice::Address;
use service::notice::reach::{self, Preference};
use service::number::{StatusWord, Switching};
use service::port::{HlrRecord, NetworkProfile};
use service::{App, Error, keep, number, provision, sweep, work};
use std::sync::Arc;
use store::number::{history, sim_key};
use store::{Batch, audit};
use testkit::{Fresh, START, TestApp, on_both_engines};
use words::Lang;

const SYSTEM: Actor = Actor::System;

struct World {
    test: TestApp,
    app: App,
    network: Arc<Network>,
}

fn msisdn(n: u32) -> Msisdn {
    Msisdn::parse(&format!("1380013{n:04}")).unwrap()
}

fn sim(n: u32) -> SimRef {
    let iccid = Iccid::parse(&format!("898600000000{n:07}")).unwrap();
    SimRef { iccid, imsi: Imsi::parse(&format!("46000{n:010}")).unwrap() }
}

fn code(error: &Error) -> &str {
    if let Error::Refused(refused) = error { refused.code } else { "not a refusal" }
}

async fn world(db: Fresh) -> World {
    let test = TestApp::on(db).await;
    let network = Arc::new(Network::in_memory(test.clock.clone()));
    let app = App {
        store: test.store.clone(),
        clock: test.app.clock.clone(),
        hlr: Arc::new(hlr::Simulator(network.clone())),
        sms: Arc::new(smsc::Simulator(network.clone())),
        mail: Arc::new(mail::Simulator(network.clone())),
        smdp: Arc::new(service::port::NoSmdp),
        authority: Arc::new(service::port::NoAuthority),
        ocr: Arc::new(service::port::NoModels),
        faces: Arc::new(service::port::NoModels),
        site: test.app.site.clone(),
        maintenance: service::maintenance::Watch::default(),
        limits: service::app::Limits::default(),
        memory: service::app::Memory::default(),
    };
    test.operator(1).await;
    test.operator(2).await;
    World { test, app, network }
}

impl World {
    /// Number `n` with SIM `n`, waiting for its holder.
    async fn allocated(&self, n: u32) -> Msisdn {
        let number = msisdn(n);
        let one = OperatorId(1);
        assert!(number::bring(&self.app, &SYSTEM, one, number).await.unwrap());
        assert!(number::bring_sim(&self.app, &SYSTEM, one, sim(n), None).await.unwrap());
        number::allocate(&self.app, &SYSTEM, number, sim(n)).await.unwrap();
        number
    }

    /// The same, held by `party`, who has e-mail.
    async fn active(&self, n: u32, party: u128) -> Msisdn {
        let number = self.allocated(n).await;
        self.verify(number, party).await.unwrap();
        self.run().await;
        number
    }

    async fn verify(&self, number: Msisdn, party: u128) -> Result<number::Applied, Error> {
        let episode_id = EpisodeId::from_u128(u128::from(number.as_u64()));
        let party_id = PartyId::from_u128(party);
        let event = Event::HolderVerified { party_id, episode_id };
        number::apply_as_system(&self.app, number, &event).await
    }

    async fn reach(&self, party: u128) {
        let mut batch = Batch::new(self.app.now());
        let key = self.app.store.keys.create(&mut batch, self.app.now());
        let email = Address::Email("someone@example.com".into());
        let preference = Preference {
            operator_id: OperatorId(1),
            lang: Lang::Zh,
            zone: Some(Zone::shanghai()),
            channels: vec![(Channel::Email, email)],
        };
        reach::record(&self.app, &mut batch, PartyId::from_u128(party), &key, &preference);
        self.app.store.db.commit(batch).await.unwrap();
    }

    /// Runs what is due, until nothing more happens.
    async fn run(&self) {
        loop {
            let report = work::run_due(&self.app).await.unwrap();
            assert_eq!((report.failed, report.dead), (0, 0));
            let told = pump(&self.network, &self.app).await.unwrap();
            if report.done == 0 && told == 0 {
                return;
            }
        }
    }

    /// Day by day until `end`, the sweep each morning and noon.
    async fn days(&self, days: i64) {
        for _ in 0..days * 2 {
            self.test.clock.advance_millis(12 * 3_600_000);
            sweep::run(&self.app, self.app.now(), false).await.unwrap();
            self.run().await;
        }
    }

    fn record(&self, n: u32) -> Option<HlrRecord> {
        self.network.record(sim(n).imsi.as_str())
    }

    fn profile(&self, n: u32) -> NetworkProfile {
        self.record(n).unwrap().profile
    }

    async fn facts(&self, number: Msisdn) -> domain::number::Facts {
        store::number::load(&self.app.store.db, number).await.unwrap().unwrap().facts
    }

    async fn assert_audit(&self) {
        audit::link(&self.app.store.db, self.app.now()).await.unwrap();
        let report = audit::verify(&self.app.store.db, OperatorId(1)).await.unwrap();
        assert_eq!(report.findings, []);
    }
}

fn everything() -> NetworkProfile {
    NetworkProfile {
        voice_out: true,
        voice_in: true,
        sms_out: true,
        sms_in: true,
        data: true,
        roaming: true,
    }
}

#[test]
fn everything_a_rule_can_say_has_words_in_both_languages() {
    let dashed = |code: &str| code.replace('_', "-");
    for lang in Lang::ALL {
        for refusal in NumberRefusal::ALL {
            assert!(lang.refusal(refusal.code(), &refusal.values()).is_some(), "{refusal:?}");
        }
        for refusal in MoneyRefusal::ALL {
            assert!(lang.refusal(refusal.code(), &refusal.values()).is_some(), "{refusal:?}");
        }
        let holds = HoldKind::ALL.iter().flat_map(|kind| {
            ["name", "reason", "remedy"].map(|part| format!("hold-{}-{part}", dashed(kind.code())))
        });
        let kinds = UsageKind::ALL.iter().map(|kind| format!("usage-{}", dashed(kind.code())));
        for id in holds.chain(kinds) {
            assert!(lang.by_id(&id, &[]).is_some(), "{id}");
        }
    }
}

on_both_engines! {
    async fn an_unregistered_card_is_known_to_the_network_and_may_do_nothing(db: Fresh) {
        let world = world(db).await;
        let number = world.allocated(1).await;
        world.run().await;
        let record = world.record(1).unwrap();
        assert_eq!(record.msisdn, Some(number.to_string()));
        assert_eq!(record.profile, NetworkProfile::default());
        world.verify(number, 7).await.unwrap();
        let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
        assert_eq!(status.word, StatusWord::SwitchingOn);
        world.run().await;
        assert_eq!(world.profile(1), everything());
        let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
        assert_eq!(status.word, StatusWord::InUse);
        assert!(matches!(status.switching, Switching::Confirmed(_)));
        world.assert_audit().await;
    }

    async fn two_hundred_want_ten_numbers_and_ten_get_one(db: Fresh) {
        let world = world(db).await;
        for n in 0..10 {
            number::bring(&world.app, &SYSTEM, OperatorId(1), msisdn(n)).await.unwrap();
        }
        let until = START.plus_minutes(30);
        let wanted: Vec<_> = (0..200)
            .map(|n| number::reserve(&world.app, &SYSTEM, msisdn(n % 10), until))
            .collect();
        let mut given = 0;
        for answer in join_all(wanted).await {
            match answer {
                Ok(_) => given += 1,
                Err(error) => assert_eq!(code(&error), "number.is_reserved"),
            }
        }
        assert_eq!(given, 10);
        world.assert_audit().await;
    }

    async fn two_hundred_approvals_for_one_identity_leave_five(db: Fresh) {
        let world = world(db).await;
        for n in 0..200 {
            world.allocated(n).await;
        }
        let wanted: Vec<_> = (0..200).map(|n| world.verify(msisdn(n), 7)).collect();
        let mut given = 0;
        for answer in join_all(wanted).await {
            match answer {
                Ok(_) => given += 1,
                Err(error) => assert_eq!(code(&error), "number.cap_reached"),
            }
        }
        assert_eq!(given, 5);
        let party_id = PartyId::from_u128(7);
        let held = store::number::party::held_anywhere(&world.app.store.db, party_id).await;
        assert_eq!(held.unwrap().len(), 5);
        // Closing one makes room for one.
        let counts = store::number::count(&world.app.store.db, OperatorId(1)).await.unwrap();
        assert!(counts.contains(&(Lifecycle::Active, 5)));
    }

    async fn a_lost_phone_is_blocked_at_once_and_paying_does_not_unblock_it(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
        // No job has run yet: the report itself told the network.
        assert_eq!(world.profile(1), NetworkProfile::default());
        number::arrears(&world.app, &SYSTEM, number).await.unwrap();
        number::paid(&world.app, &SYSTEM, number).await.unwrap();
        world.run().await;
        assert_eq!(world.profile(1), NetworkProfile::default());
        number::lift_loss(&world.app, &SYSTEM, number).await.unwrap();
        world.run().await;
        assert_eq!(world.profile(1), everything());
        world.assert_audit().await;
    }

    async fn the_old_sim_is_dead_when_the_new_one_serves(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
        number::bring_sim(&world.app, &SYSTEM, OperatorId(1), sim(2), None).await.unwrap();
        world.test.advance_seconds(60);
        let used = number::replace_sim(&world.app, &SYSTEM, number, sim(3)).await.unwrap_err();
        assert_eq!(code(&used), "number.sim_unknown");
        number::replace_sim(&world.app, &SYSTEM, number, sim(2)).await.unwrap();
        world.run().await;
        assert_eq!(world.record(1), None);
        assert_eq!(world.profile(2), everything());
        let db = &world.app.store.db;
        let now = world.app.now();
        let served = |imsi, at| history::number_of_imsi(db, imsi, at, now);
        assert_eq!(served(sim(1).imsi, START).await.unwrap(), Some(number));
        assert_eq!(served(sim(1).imsi, now).await.unwrap(), None);
        assert_eq!(served(sim(2).imsi, now).await.unwrap(), Some(number));
        assert_eq!(history::sim_at(db, number, START, now).await.unwrap(), Some(sim(1)));
        assert_eq!(history::sim_at(db, number, now, now).await.unwrap(), Some(sim(2)));
        let other = world.active(4, 8).await;
        let taken = number::replace_sim(&world.app, &SYSTEM, other, sim(2)).await.unwrap_err();
        assert_eq!(code(&taken), "number.sim_taken");
        world.assert_audit().await;
    }

    async fn whatever_the_network_does_the_reconciler_gets_it_there(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let kinds = [
            FaultKind::Never,
            FaultKind::Late { millis: 3_000 },
            FaultKind::Twice,
            FaultKind::Reject,
            FaultKind::Throttle,
            FaultKind::WrongOrder,
        ];
        for (round, fault) in kinds.into_iter().enumerate() {
            let is_lost = round % 2 == 0;
            world.network.inject(Fault { port: Port::Hlr, fault, times: 2, only: None });
            if is_lost {
                number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
            } else {
                number::lift_loss(&world.app, &SYSTEM, number).await.unwrap();
            }
            world.run().await;
            for _ in 0..12 {
                world.test.advance_seconds(5);
                provision::reconcile(&world.app).await.unwrap();
            }
            let wanted = if is_lost { NetworkProfile::default() } else { everything() };
            assert_eq!(world.profile(1), wanted, "{fault:?}");
            let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
            assert!(matches!(status.switching, Switching::Confirmed(_)), "{fault:?}");
        }
    }

    async fn a_record_that_somebody_changed_is_put_right(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
        world.run().await;
        let imsi = sim(1).imsi.as_str().to_owned();
        let open = HlrRecord { imsi, msisdn: Some(number.to_string()), profile: everything() };
        world.network.preload(&[], vec![open]);
        for _ in 0..4 {
            world.test.advance_seconds(2);
            provision::reconcile(&world.app).await.unwrap();
        }
        assert_eq!(world.profile(1), NetworkProfile::default());
    }

    /// Numbers whose jobs were claimed together are looked at together.
    async fn a_card_whose_keys_are_gone_holds_up_no_other(db: Fresh) {
        let world = world(db).await;
        let keys = SimKeys::parse(&"0a".repeat(16), &"0b".repeat(16)).unwrap();
        let mut key_ids = Vec::new();
        for n in 1..=5 {
            let number = world.allocated(n).await;
            let mut batch = Batch::new(world.app.now());
            let key = world.app.store.keys.create(&mut batch, world.app.now());
            sim_key::insert(&mut batch, &key, sim(n).imsi, &keys);
            world.app.store.db.commit(batch).await.unwrap();
            key_ids.push(DataKeyId::from_u128(key.id()));
            world.verify(number, u128::from(n)).await.unwrap();
        }
        let mut batch = Batch::new(world.app.now());
        store::Keys::erase(&mut batch, key_ids[2]);
        world.app.store.db.commit(batch).await.unwrap();
        let report = work::run_due(&world.app).await.unwrap();
        assert_eq!((report.failed, report.dead), (1, 0));
        pump(&world.network, &world.app).await.unwrap();
        for n in 1..=5 {
            let status = number::status(&world.app, &SYSTEM, msisdn(n)).await.unwrap();
            let is_on = matches!(status.switching, Switching::Confirmed(_));
            assert_eq!(is_on, n != 3, "{n}: {:?}", status.switching);
        }
        assert_eq!(world.record(3), None);
    }

    async fn a_silent_number_is_warned_suspended_closed_and_released(db: Fresh) {
        let world = world(db).await;
        world.reach(7).await;
        let number = world.active(1, 7).await;
        let view = keep::view(&world.app, number).await.unwrap();
        assert_eq!((view.deadline_on, view.days_left), (date(2026, 6, 9), 90));
        world.days(60).await;
        assert!(keep::view(&world.app, number).await.unwrap().is_reminded);
        world.days(31).await;
        let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
        assert_eq!(status.word, StatusWord::IncomingOnly);
        assert!(!world.profile(1).voice_out && world.profile(1).sms_in);
        world.days(7).await;
        let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
        assert_eq!(status.word, StatusWord::Suspended);
        assert_eq!(status.holds[0].kind, HoldKind::InactiveFull);
        world.days(84).await;
        let facts = world.facts(number).await;
        assert_eq!(facts.lifecycle, Lifecycle::Quarantined);
        assert_eq!(world.record(1), None);
        let now = world.app.now();
        let step = history::holder_at(&world.app.store.db, number, now, now).await;
        assert_eq!(step.unwrap().unwrap().held, None);
        world.days(91).await;
        assert_eq!(world.facts(number).await.lifecycle, Lifecycle::InStock);
        let texts = world.network.messages(&Phone::Sim(sim(1).imsi.as_str().to_owned()));
        assert!(texts.iter().any(|text| text.text.contains("30天")), "{texts:?}");
        let mails = world.network.mail();
        assert!(mails.iter().any(|mail| mail.text.contains("冻结期")), "told by e-mail");
        world.assert_audit().await;
    }

    async fn a_number_whose_holder_cannot_be_reached_is_not_released_in_silence(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        // Nothing is delivered and nothing is tried: the phone is off, and no job runs.
        for _ in 0..250 {
            world.test.clock.advance_millis(24 * 3_600_000);
            sweep::run(&world.app, world.app.now(), false).await.unwrap();
        }
        let facts = world.facts(number).await;
        assert_eq!(facts.lifecycle, Lifecycle::Active);
        assert!(facts.holds.has(HoldKind::InactiveFull));
        let preview = sweep::run(&world.app, world.app.now().plus_days(2), true).await.unwrap();
        assert_eq!(preview.held_back, 1);
    }

    async fn a_use_after_the_reminder_saves_the_number_and_says_so(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        world.days(65).await;
        assert!(keep::view(&world.app, number).await.unwrap().is_reminded);
        let at = world.app.now();
        number::usage(&world.app, &SYSTEM, number, UsageKind::MoSms, at).await.unwrap();
        world.run().await;
        let view = keep::view(&world.app, number).await.unwrap();
        assert!(!view.is_reminded);
        assert_eq!(view.days_left, 90);
        assert_eq!(view.last_use.map(|last| last.kind), Some(UsageKind::MoSms));
        let texts = world.network.messages(&Phone::Sim(sim(1).imsi.as_str().to_owned()));
        assert!(texts.iter().any(|text| text.text.contains("已记录")), "{texts:?}");
        let calendar = keep::calendar(&view, Lang::Zh, at);
        assert!(calendar.contains("DTSTART;VALUE=DATE:2026"));
        let before = world.facts(number).await;
        let refused = number::usage(&world.app, &SYSTEM, number, UsageKind::MtSms, at).await;
        assert_eq!(code(&refused.unwrap_err()), "number.usage_does_not_count");
        assert_eq!(world.facts(number).await, before);
    }

    async fn usage_from_the_feed_moves_the_deadline_without_touching_the_row(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let before = store::number::load(&world.app.store.db, number).await.unwrap().unwrap();
        world.test.advance_seconds(20 * 86_400);
        let used_at = world.app.now().millis() / 1000;
        let csv = format!("msisdn,kind,instant\n{number},mo_call,{used_at}\n");
        let token = Actor::Token {
            operator_id: OperatorId(1),
            name: "feed".into(),
            scopes: vec!["usage:write".into()],
        };
        service::ingest::push(&world.app, &token, csv.into_bytes()).await.unwrap();
        world.run().await;
        let after = store::number::load(&world.app.store.db, number).await.unwrap().unwrap();
        assert_eq!(before, after);
        let view = keep::view(&world.app, number).await.unwrap();
        assert_eq!(view.days_left, 90);
        // The old deadline passes; the sweep only moves it.
        world.days(15).await;
        let swept = world.facts(number).await;
        assert_eq!(swept.ladder, None);
        assert_eq!(swept.last_use.map(|last| last.at), Some(At::from_millis(used_at * 1000)));
    }

    async fn a_pause_is_paid_ahead_and_what_is_not_used_comes_back(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let until = START.plus_days(150);
        let poor = number::pause(&world.app, &SYSTEM, number, until).await.unwrap_err();
        assert_eq!(code(&poor), "money.balance_too_small");
        for _ in 0..2 {
            number::top_up(&world.app, &SYSTEM, number, "receipt-1", 3_000).await.unwrap();
        }
        let balance = |world: &World| {
            let app = world.test.app.clone();
            async move { number::balance(&app, &SYSTEM, number).await.unwrap() }
        };
        assert_eq!(balance(&world).await.minor, 3_000, "the same receipt counts once");
        number::pause(&world.app, &SYSTEM, number, until).await.unwrap();
        assert_eq!(balance(&world).await.minor, 500, "five months at 5 yuan");
        world.run().await;
        assert_eq!(world.profile(1), NetworkProfile::default());
        world.test.advance_seconds(40 * 86_400);
        number::resume(&world.app, &SYSTEM, number).await.unwrap();
        assert_eq!(balance(&world).await.minor, 2_000, "three whole months come back");
        number::extend(&world.app, &SYSTEM, number, "y-1").await.unwrap();
        number::extend(&world.app, &SYSTEM, number, "y-1").await.unwrap();
        assert_eq!(balance(&world).await.minor, 1_500);
        number::close(&world.app, &SYSTEM, number).await.unwrap();
        for paid_back in [1_500, 0] {
            let refund = number::refund(&world.app, &SYSTEM, number, "r-1").await;
            assert_eq!(refund.unwrap(), paid_back);
        }
        world.assert_audit().await;
    }

    async fn only_the_former_holder_has_a_closed_number_back(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let first = world.facts(number).await.holder.unwrap();
        number::close(&world.app, &SYSTEM, number).await.unwrap();
        world.days(9).await;
        assert_eq!(world.facts(number).await.lifecycle, Lifecycle::Quarantined);
        let holder = |party| Actor::Holder {
            operator_id: OperatorId(1),
            party_id: PartyId::from_u128(party),
        };
        let stranger = number::recover(&world.app, &holder(8), number, None).await;
        assert!(matches!(stranger, Err(Error::NotFound)));
        number::recover(&world.app, &holder(7), number, None).await.unwrap();
        world.run().await;
        assert_eq!(world.profile(1), everything());
        let again = world.facts(number).await.holder.unwrap();
        assert_eq!(again.party_id, first.party_id);
        assert_ne!(again.episode_id, first.episode_id, "what was granted before stays dead");
        world.assert_audit().await;
    }

    async fn another_operators_number_does_not_exist(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let stranger = Actor::Staff {
            operator_id: OperatorId(2),
            staff_id: StaffId::from_u128(1),
            roles: vec![Role::Clerk, Role::Lead, Role::Agent, Role::Administrator],
        };
        let app = &world.app;
        let missing = |error: Error| matches!(error, Error::NotFound);
        assert!(missing(number::status(app, &stranger, number).await.unwrap_err()));
        assert!(missing(number::report_loss(app, &stranger, number).await.unwrap_err()));
        assert!(missing(number::flag_fraud(app, &stranger, number).await.unwrap_err()));
        assert!(missing(number::retire(app, &stranger, number).await.unwrap_err()));
        assert!(missing(keep::view_for(app, &stranger, number).await.unwrap_err()));
        assert_eq!(world.facts(number).await.lifecycle, Lifecycle::Active);
    }

    async fn an_application_learns_that_the_number_works_also_if_it_worked_before(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let id = domain::id::ApplicationId::from_u128(77);
        world.test.advance_seconds(3_600);
        let mut batch = Batch::new(world.app.now());
        number::announce_ready(&mut batch, number, sim(1), id);
        world.app.store.db.commit(batch).await.unwrap();
        provision::reconcile(&world.app).await.unwrap();
        let jobs = store::job::claim(&world.app.store.db, world.app.now(), 10).await.unwrap();
        let found: Vec<_> = jobs.iter().map(|job| (job.kind.as_str(), job.key.clone())).collect();
        assert_eq!(found, [(provision::READY, id.to_string())]);
    }

    async fn a_dry_run_changes_nothing(db: Fresh) {
        let world = world(db).await;
        let number = world.active(1, 7).await;
        let before = world.facts(number).await;
        let report = sweep::run(&world.app, START.plus_days(40), true).await.unwrap();
        assert_eq!(report.rules.get("keep_alive.remind"), Some(&1));
        assert_eq!(world.facts(number).await, before);
    }
}
