//! Notices from decision to receipt, on both engines, against the simulated network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::id::{ApplicationId, DataKeyId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::{Channel, Template};
use domain::operator::Operator;
use domain::time::{At, Zone};
use gateway::network::{Fault, FaultKind, Network, Phone, Port, pump};
use gateway::{mail, smsc};
use jiff::civil::date;
use service::notice::reach::{self, Preference};
use service::notice::{
    Address, Contact, NoticeRequest, Proof, Status, To, about_number, proof_of_notice, receipt,
    stage, unknown_receipts,
};
use service::port::{Later, NetworkProfile, OutgoingSms, PortError, Sms};
use service::{App, work};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Batch;
use testkit::{Fresh, TestApp, on_both_engines};
use words::Lang;

const IMSI: &str = "460990000000001";
const ABROAD: &str = "447700900123";

struct World {
    test: TestApp,
    app: App,
    network: Arc<Network>,
}

fn number() -> Msisdn {
    Msisdn::parse("13800138000").unwrap()
}

async fn world(db: Fresh) -> World {
    let test = TestApp::on(db).await;
    let network = Arc::new(Network::in_memory(test.clock.clone()));
    let app = App {
        store: test.store.clone(),
        clock: test.app.clock.clone(),
        hlr: test.app.hlr.clone(),
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
    let operator = Operator {
        id: OperatorId(1),
        code: "demo".into(),
        name_zh: "示范".into(),
        name_en: "Demo".into(),
        brand: "保号通".into(),
        hotline: "10100".into(),
        zone: Zone::shanghai(),
        policy_pack: "cn".into(),
        language: "zh".into(),
    };
    service::operator::join(&app, &operator).await.unwrap();
    World { test, app, network }
}

impl World {
    fn allow_texts(&self, is_allowed: bool) {
        let profile = NetworkProfile { sms_in: is_allowed, ..Default::default() };
        let msisdn = Some(number().to_string());
        let record = service::port::HlrRecord { imsi: IMSI.into(), msisdn, profile };
        self.network.preload(&[], vec![record]);
    }

    /// A holder with a phone abroad and e-mail.
    async fn holder(&self) -> PartyId {
        let party_id = PartyId::from_u128(42);
        let mut batch = Batch::new(self.app.now());
        let key = self.app.store.keys.create(&mut batch, self.app.now());
        let preference = Preference {
            operator_id: OperatorId(1),
            lang: Lang::En,
            zone: Zone::named("Europe/London"),
            channels: vec![
                (Channel::OtherNumber, Address::Phone(ABROAD.into())),
                (Channel::Email, Address::Email("someone@example.com".into())),
            ],
        };
        reach::record(&self.app, &mut batch, party_id, &key, &preference);
        self.app.store.db.commit(batch).await.unwrap();
        party_id
    }

    /// A key for what is told to an applicant.
    async fn data_key(&self) -> DataKeyId {
        let mut batch = Batch::new(self.app.now());
        let key = self.app.store.keys.create(&mut batch, self.app.now());
        self.app.store.db.commit(batch).await.unwrap();
        DataKeyId::from_u128(key.id())
    }

    async fn stage(&self, template: Template, to: To, dedup: &str) -> bool {
        let mut batch = Batch::new(self.app.now());
        let request = NoticeRequest {
            operator_id: OperatorId(1),
            template,
            about: Some(number()),
            application_id: None,
            to,
            dedup: dedup.into(),
        };
        let staged = stage(&self.app, &mut batch, request).await.unwrap();
        self.app.store.db.commit(batch).await.unwrap();
        staged.is_some()
    }

    /// Runs what is due and takes in what the network says, until nothing more happens.
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

    async fn advance(&self, minutes: i64) {
        self.test.clock.advance_millis(minutes * 60_000);
        self.run().await;
    }

    fn at_phone(&self) -> Vec<String> {
        let phone = Phone::Sim(IMSI.into());
        self.network.messages(&phone).into_iter().map(|message| message.text).collect()
    }

    fn abroad(&self) -> Vec<String> {
        let phone = Phone::Other(ABROAD.into());
        self.network.messages(&phone).into_iter().map(|message| message.text).collect()
    }

    fn fault(&self, port: Port, fault: FaultKind) {
        self.network.inject(Fault { port, fault, times: 1, only: None });
    }

    async fn states(&self) -> Vec<(Channel, &'static str)> {
        let sent = about_number(&self.app, number(), At::default()).await.unwrap();
        sent.iter().flat_map(|s| s.attempts.iter().map(|a| (a.channel, a.state))).collect()
    }
}

fn reminder() -> Template {
    Template::Reminder { tail: "8000".into(), days_left: 30, due_on: date(2026, 6, 12) }
}

fn saved() -> Template {
    Template::Resumed { tail: "8000".into(), keep_by: None }
}

on_both_engines! {
    async fn a_notice_arrives_once_and_the_same_occasion_is_not_told_again(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(true);
        assert!(world.stage(saved(), To::Number(Lang::Zh), "once").await);
        assert!(!world.stage(saved(), To::Number(Lang::Zh), "once").await);
        world.run().await;
        world.run().await;
        assert_eq!(world.at_phone(), ["【保号通】尾号8000已恢复使用。发BH查保号期限。"]);
        assert_eq!(world.states().await, [(Channel::Number, "delivered")]);
    }

    async fn at_night_where_the_holder_is_nothing_is_sent_but_what_is_urgent(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(true);
        let party_id = world.holder().await;
        // 10:00 in Shanghai is 02:00 in London.
        world.stage(reminder(), To::Holder(party_id), "reminder").await;
        world.run().await;
        assert_eq!(world.at_phone(), Vec::<String>::new());
        assert_eq!(world.abroad(), Vec::<String>::new());
        let lost = Template::Lost { tail: "8000".into(), link: "b.cn/x".into() };
        world.stage(lost, To::Holder(party_id), "lost").await;
        world.run().await;
        assert_eq!(world.abroad().len(), 1);
        world.advance(6 * 60).await;
        assert_eq!(world.abroad().len(), 2);
        assert!(world.abroad()[1].starts_with("30 days left for ..8000"));
    }

    async fn what_fails_on_the_number_is_tried_abroad_then_by_mail(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(false);
        let party_id = world.holder().await;
        world.advance(6 * 60).await;
        world.network.inject(Fault {
            port: Port::Receipt,
            fault: FaultKind::Reject,
            times: 1,
            only: Some(ABROAD.into()),
        });
        world.stage(saved(), To::Holder(party_id), "saved").await;
        world.run().await;
        let expected = [
            (Channel::Number, "failed"),
            (Channel::OtherNumber, "failed"),
            (Channel::Email, "submitted"),
        ];
        assert_eq!(world.states().await, expected);
        world.advance(25 * 60).await;
        assert_eq!(world.states().await[2], (Channel::Email, "delivered"));
        assert_eq!(world.network.mail().len(), 1);
    }

    async fn lost_answers_throttling_and_silence_never_send_twice(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(true);
        for fault in [FaultKind::Late { millis: 0 }, FaultKind::Throttle, FaultKind::Never] {
            world.fault(Port::Sms, fault);
        }
        world.stage(saved(), To::Number(Lang::Zh), "x").await;
        for _ in 0..6 {
            world.advance(1).await;
        }
        assert_eq!(world.at_phone().len(), 1);
        assert_eq!(world.states().await, [(Channel::Number, "delivered")]);
    }

    async fn a_lost_receipt_ends_in_unknown_and_a_late_one_is_believed(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(true);
        world.fault(Port::Receipt, FaultKind::Never);
        world.stage(saved(), To::Number(Lang::Zh), "x").await;
        world.run().await;
        assert_eq!(world.states().await, [(Channel::Number, "submitted")]);
        world.advance(49 * 60).await;
        assert_eq!(world.states().await, [(Channel::Number, "unknown")]);
        receipt(&world.app, "sim-00000001", Status::Delivered, world.app.now()).await.unwrap();
        assert_eq!(world.states().await, [(Channel::Number, "delivered")]);
        receipt(&world.app, "sim-00000001", Status::Expired, world.app.now()).await.unwrap();
        assert_eq!(world.states().await, [(Channel::Number, "delivered")]);
    }

    async fn a_receipt_for_an_unknown_message_is_kept_until_it_is_known(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(true);
        world.fault(Port::Receipt, FaultKind::Never);
        receipt(&world.app, "sim-00000001", Status::Delivered, world.app.now()).await.unwrap();
        receipt(&world.app, "nobody", Status::Delivered, world.app.now()).await.unwrap();
        assert_eq!(unknown_receipts(&world.app).await.unwrap(), 2);
        world.stage(saved(), To::Number(Lang::Zh), "x").await;
        world.run().await;
        assert_eq!(world.states().await, [(Channel::Number, "delivered")]);
        assert_eq!(unknown_receipts(&world.app).await.unwrap(), 1);
        // Its job looks once more, finds nobody, and is no failure.
        world.advance(1).await;
        assert_eq!(unknown_receipts(&world.app).await.unwrap(), 1);
        assert_eq!(service::work::dead(&world.app, 9).await.unwrap(), []);
    }

    async fn proof_needs_a_delivery_or_every_channel_tried(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(false);
        let party_id = world.holder().await;
        world.advance(6 * 60).await;
        let since = world.app.now();
        let proof = || proof_of_notice(&world.app, number(), since);
        assert_eq!(proof().await.unwrap(), Proof::None);
        world.fault(Port::Mail, FaultKind::Reject);
        world.fault(Port::Receipt, FaultKind::Never);
        world.fault(Port::Receipt, FaultKind::Never);
        world.stage(reminder(), To::Holder(party_id), "r").await;
        assert_eq!(proof().await.unwrap(), Proof::Pending);
        world.run().await;
        assert_eq!(proof().await.unwrap(), Proof::Pending);
        world.advance(49 * 60).await;
        let tried = proof().await.unwrap();
        assert!(matches!(&tried, Proof::AllTried { channels, .. } if channels.len() == 3));
        world.stage(reminder(), To::Holder(party_id), "r2").await;
        world.run().await;
        world.advance(6 * 60).await;
        assert!(matches!(
            proof().await.unwrap(),
            Proof::Delivered { channel: Channel::OtherNumber, .. }
        ));
        // What was sent to another holder before proves nothing for this one.
        let now = world.app.now().plus_minutes(1);
        assert_eq!(proof_of_notice(&world.app, number(), now).await.unwrap(), Proof::None);
    }

    async fn contacts_of_an_application_may_be_abroad_or_mail(db: Fresh) {
        let world = world(db).await;
        let key = world.data_key().await;
        let application_id = ApplicationId::from_u128(7);
        let request = NoticeRequest {
            operator_id: OperatorId(1),
            template: Template::Code {
                code: "482913".into(),
                minutes: 15,
                purpose: domain::notice::CodePurpose::ConfirmContact,
            },
            about: None,
            application_id: Some(application_id),
            to: To::Contacts {
                contacts: vec![Contact {
                    address: Address::Email("someone@example.com".into()),
                    zone: None,
                }],
                lang: Lang::En,
                data_key_id: key,
            },
            dedup: "code:1".into(),
        };
        let mut batch = Batch::new(world.app.now());
        stage(&world.app, &mut batch, request).await.unwrap().unwrap();
        world.app.store.db.commit(batch).await.unwrap();
        world.run().await;
        let mail = world.network.mail();
        assert_eq!(mail.len(), 1);
        assert!(mail[0].text.starts_with("482913 is your"));
        assert_eq!(mail[0].subject, "Your code");
        let shown = service::notice::about_application(&world.app, application_id, None);
        assert_eq!(shown.await.unwrap()[0].text, None);
    }

    async fn attempts_claimed_together_come_each_to_its_own_end(db: Fresh) {
        let world = world(db).await;
        world.allow_texts(true);
        world.stage(saved(), To::Number(Lang::Zh), "too late").await;
        world.test.clock.advance_millis(49 * 3_600_000);
        for n in 0..30 {
            world.stage(saved(), To::Number(Lang::Zh), &format!("plain {n}")).await;
        }
        let (application_id, key_id) = (ApplicationId::from_u128(7), world.data_key().await);
        let address = Address::Phone(ABROAD.into());
        let request = NoticeRequest {
            operator_id: OperatorId(1),
            template: saved(),
            about: None,
            application_id: Some(application_id),
            to: To::Contacts {
                contacts: vec![Contact { address, zone: None }],
                lang: Lang::En,
                data_key_id: key_id,
            },
            dedup: "erased".into(),
        };
        let mut batch = Batch::new(world.app.now());
        stage(&world.app, &mut batch, request).await.unwrap().unwrap();
        world.app.store.db.commit(batch).await.unwrap();
        let mut batch = Batch::new(world.app.now());
        store::Keys::erase(&mut batch, key_id);
        world.app.store.db.commit(batch).await.unwrap();
        let fault = FaultKind::Throttle;
        world.network.inject(Fault { port: Port::Sms, fault, times: 3, only: None });
        world.run().await;
        assert_eq!(world.at_phone().len(), 27);
        world.advance(1).await;
        let ends = |states: Vec<(Channel, &'static str)>| {
            let count = |wanted| states.iter().filter(|(_, state)| *state == wanted).count();
            (count("delivered"), count("expired"), states.len())
        };
        assert_eq!((world.at_phone().len(), world.abroad().len()), (30, 0));
        assert_eq!(ends(world.states().await), (30, 1, 31));
        let shown = service::notice::about_application(&world.app, application_id, None);
        assert_eq!(shown.await.unwrap()[0].attempts[0].state, "failed");
        // Nothing is waited for any more, and nobody is told again.
        world.advance(49 * 60).await;
        assert_eq!((world.at_phone().len(), ends(world.states().await)), (30, (30, 1, 31)));
        assert_eq!(work::next_due(&world.app).await.unwrap(), None);
    }

    async fn where_the_outside_forgets_ids_a_submission_in_doubt_is_not_repeated(db: Fresh) {
        let world = world(db).await;
        let forgetful = Arc::new(Forgetful::default());
        let app = App { sms: forgetful.clone(), ..world.app };
        let world = World { app, ..world };
        world.stage(saved(), To::Number(Lang::Zh), "x").await;
        world.run().await;
        for _ in 0..60 {
            world.test.clock.advance_millis(3_600_000);
            work::run_due(&world.app).await.unwrap();
        }
        assert_eq!(forgetful.calls.load(Ordering::SeqCst), 1);
        assert_eq!(world.states().await, [(Channel::Number, "unknown")]);
    }
}

/// A message centre without idempotency keys whose first answer is lost.
#[derive(Debug, Default)]
struct Forgetful {
    calls: AtomicU64,
}

impl Sms for Forgetful {
    fn submit<'a>(&'a self, _: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Err(PortError::Unreachable("connection reset".into())) })
    }

    fn recognises_repeats(&self) -> bool {
        false
    }
}
