//! Texts that subscribers send, on both engines, against the simulated network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::{Actor, Role};
use domain::id::{EpisodeId, OperatorId, PartyId, StaffId};
use domain::msisdn::Msisdn;
use domain::notice::{Channel, Template};
use domain::number::{Event, SimRef};
use domain::sim::{Iccid, Imsi};
use gateway::handset::{self, Attempt};
use gateway::network::{Network, Phone, pump};
use gateway::{hlr, mail, smsc};
use service::command::{IncomingText, call_backs, incoming};
use service::notice::reach::Preference;
use service::notice::{Address, NoticeRequest, To, stage};
use service::number::{Adopted, AdoptedHolder, StatusWord, adopt, status};
use service::{App, Sensitive, provision, work};
use std::sync::Arc;
use store::Batch;
use testkit::{Fresh, TestApp, on_both_engines};
use words::Lang;

const IMSI: &str = "460003800138000";
const OWN: &str = "8613800138000";
const ABROAD: &str = "85251234567";
const STRANGER: &str = "85259999999";

struct World {
    test: TestApp,
    app: App,
    network: Arc<Network>,
}

/// A number with a holder, who registered `channels`.
async fn world(db: Fresh, channels: Vec<(Channel, Address)>) -> World {
    let test = TestApp::on(db).await;
    test.operator(1).await;
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
    let sim = SimRef {
        iccid: Iccid::parse("89860086138001300009").unwrap(),
        imsi: Imsi::parse(IMSI).unwrap(),
    };
    let (party_id, episode_id) = (PartyId::from_u128(42), EpisodeId::from_u128(43));
    let at = app.now().plus_days(-10);
    let adopted = Adopted {
        msisdn: number(),
        story: vec![
            (at, Event::Allocated { sim }),
            (at.plus_minutes(1), Event::HolderVerified { party_id, episode_id }),
        ],
        holder: Some(AdoptedHolder {
            party_id,
            name: Sensitive::new("样本".into()),
            preference: Preference {
                operator_id: OperatorId(1),
                lang: Lang::Zh,
                zone: None,
                channels,
            },
        }),
    };
    let records = adopt(&app, OperatorId(1), &[adopted]).await.unwrap();
    network.preload(&[861_380_013], records);
    World { test, app, network }
}

fn contact() -> Vec<(Channel, Address)> {
    vec![(Channel::OtherNumber, Address::Phone(ABROAD.into()))]
}

fn number() -> Msisdn {
    Msisdn::parse(OWN).unwrap()
}

impl World {
    /// `from` sends a text, a minute after the last; everything that follows happens.
    async fn text(&self, from: &str, text: &str) {
        self.test.clock.advance_millis(60_000);
        self.take(from, text).await;
    }

    async fn take(&self, from: &str, text: &str) {
        let at = self.app.now();
        let text = IncomingText { from: from.into(), text: text.into(), at };
        incoming(&self.app, &text).await.unwrap();
        self.run().await;
    }

    async fn run(&self) {
        for _ in 0..20 {
            work::run_due(&self.app).await.unwrap();
            provision::reconcile(&self.app).await.unwrap();
            pump(&self.network, &self.app).await.unwrap();
        }
    }

    fn own(&self) -> Vec<String> {
        self.phone(Phone::Sim(IMSI.into()))
    }

    fn abroad(&self) -> Vec<String> {
        self.phone(Phone::Other(ABROAD.into()))
    }

    fn phone(&self, phone: Phone) -> Vec<String> {
        self.network.messages(&phone).into_iter().map(|message| message.text).collect()
    }

    async fn word(&self) -> StatusWord {
        status(&self.app, &Actor::System, number()).await.unwrap().word
    }

    fn can_call(&self) -> bool {
        let phones = handset::Simulator::new(self.network.clone(), vec!["10000".into()]);
        phones.attempt(IMSI, &Attempt::Call { to: "13900000000".into() }).is_allowed
    }

    /// The code in the newest text of the registered contact.
    fn code(&self) -> String {
        let texts = self.abroad();
        let text = texts.iter().rev().find(|text| text.contains("请勿转告")).unwrap();
        text.chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect()
    }
}

on_both_engines! {
    async fn unknown_texts_get_help_once_a_day_and_the_question_mark_always(db: Fresh) {
        let world = world(db, Vec::new()).await;
        world.text(OWN, "在吗").await;
        world.text(OWN, "喂").await;
        assert_eq!(world.own().len(), 1);
        assert!(world.own().concat().contains("发CX查进度"));
        world.text(OWN, "？").await;
        assert_eq!(world.own().len(), 2);
        world.test.clock.advance_millis(86_400_000);
        world.text(OWN, "喂").await;
        assert_eq!(world.own().len(), 3);
    }

    async fn the_date_the_balance_and_the_language(db: Fresh) {
        let world = world(db, Vec::new()).await;
        world.text(OWN, "bh").await;
        assert!(world.own().concat().contains("尾号8000保号期限"), "{:?}", world.own());
        world.text(OWN, "ＥＮ").await;
        world.text(OWN, "keep").await;
        let own = world.own();
        assert!(own[1].starts_with("We will write to you in English"), "{own:?}");
        assert!(own[2].starts_with("..8000 is kept until"), "{own:?}");
        world.text(OWN, "BAL").await;
        assert!(world.own()[3].contains("balance 0.00 CNY"), "{:?}", world.own());
    }

    async fn a_text_handed_over_twice_is_answered_once(db: Fresh) {
        let world = world(db, Vec::new()).await;
        world.take(OWN, "BH").await;
        world.take(OWN, "BH").await;
        assert_eq!(world.own().len(), 1);
    }

    async fn a_loss_needs_the_code_that_went_to_another_phone(db: Fresh) {
        let world = world(db, contact()).await;
        world.text(OWN, "GS").await;
        let code = world.code();
        assert!(world.own().concat().contains("验证码已发到"));
        let wrong = if code == "000000" { "111111" } else { "000000" };
        world.text(OWN, wrong).await;
        assert!(world.can_call());
        world.text(OWN, &code).await;
        assert_eq!(world.word().await, StatusWord::Lost);
        assert!(!world.can_call());
        assert!(world.abroad().concat().contains("已挂失"), "{:?}", world.abroad());

        // Whoever has the phone cannot lift it: the code goes to the other phone.
        let before = world.own().len();
        world.text(OWN, "JG").await;
        let code = world.code();
        assert_eq!(world.own().len(), before, "nothing reaches a phone that is blocked");
        world.text(ABROAD, &code).await;
        assert_eq!(world.word().await, StatusWord::Lost, "the code is for the phone that asked");
        world.text(ABROAD, "JG 8000").await;
        world.text(ABROAD, &world.code()).await;
        assert_ne!(world.word().await, StatusWord::Lost);
        assert!(world.can_call());
    }

    async fn without_another_contact_a_loss_goes_by_the_hotline(db: Fresh) {
        let world = world(db, Vec::new()).await;
        world.text(OWN, "挂失").await;
        assert!(world.own().concat().contains("不能直接挂失"), "{:?}", world.own());
        world.text(STRANGER, "GS 8000").await;
        assert_eq!(world.phone(Phone::Other(STRANGER.into())).len(), 1);
        assert!(world.can_call());
    }

    async fn a_code_is_void_after_a_quarter_of_an_hour_or_five_wrong_tries(db: Fresh) {
        let world = world(db, contact()).await;
        world.text(ABROAD, "GS").await;
        let code = world.code();
        world.test.clock.advance_millis(16 * 60_000);
        world.text(ABROAD, &code).await;
        world.text(ABROAD, "GS").await;
        let code = world.code();
        for wrong in 0..5 {
            world.text(ABROAD, &format!("12345{wrong}{wrong}")).await;
        }
        world.text(ABROAD, &code).await;
        assert!(world.can_call());
    }

    async fn a_stranger_is_told_where_to_register(db: Fresh) {
        let world = world(db, Vec::new()).await;
        world.text(STRANGER, "STATUS").await;
        let told = world.phone(Phone::Other(STRANGER.into())).concat();
        assert!(told.starts_with("This number is not registered yet"), "{told}");
    }

    async fn a_call_back_waits_for_staff(db: Fresh) {
        let world = world(db, Vec::new()).await;
        world.text(OWN, "人工").await;
        let agent = Actor::Staff {
            operator_id: OperatorId(1),
            staff_id: StaffId::from_u128(1),
            roles: vec![Role::Agent],
        };
        let waiting = call_backs(&world.app, &agent, OperatorId(1)).await.unwrap();
        assert_eq!(waiting.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [number()]);
    }

    async fn not_me_stops_the_new_number_and_nothing_else_asked_is_said_so(db: Fresh) {
        let world = world(db, contact()).await;
        world.text(ABROAD, "N").await;
        assert!(world.abroad().concat().contains("没有需要您回复"), "{:?}", world.abroad());
        let mut batch = Batch::new(world.app.now());
        let request = NoticeRequest {
            operator_id: OperatorId(1),
            template: Template::NewNumber { tail: "8000".into() },
            about: Some(number()),
            application_id: None,
            to: To::Holder(PartyId::from_u128(42)),
            dedup: "new".into(),
        };
        stage(&world.app, &mut batch, request).await.unwrap();
        world.app.store.db.commit(batch).await.unwrap();
        world.run().await;
        world.text(ABROAD, "n").await;
        assert_eq!(world.word().await, StatusWord::SafetyCheck);
        assert!(world.abroad().concat().contains("已停用并转人工调查"), "{:?}", world.abroad());
    }
}
