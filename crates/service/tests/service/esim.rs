//! A lost card replaced by an eSIM: ordered once whatever happens, moved to when it is confirmed,
//! shown to its holder alone. On both engines.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::{Actor, Role};
use domain::application::{Kind, State};
use domain::esim::{EsimRefusal, Step};
use domain::id::{ApplicationId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::{Facts, SimRef};
use domain::refusal::Refusal as _;
use domain::review::{ItemResult, Mark, Opinion, Stage, Verdict};
use domain::sim::{Iccid, Imsi};
use service::esim::{self, Progress};
use service::holder::Way;
use service::inventory::NewSim;
use service::port::{Heard, SmdpRefusal};
use service::register::{self, Begin, Submitted};
use service::review::{self, Decide};
use std::time::Duration;
use store::number::esim::EsimOrder;
use store::number::sim::SimState;
use testkit::{Applicant, Card, Colleague, SmdpFault, TestApp, on_both_engines};
use words::Lang;

const ONE: OperatorId = OperatorId(1);
const EID: &str = "89049032123451234512345678901235";

#[test]
fn every_refusal_has_its_words() {
    for refusal in EsimRefusal::ALL {
        for lang in [Lang::Zh, Lang::En] {
            assert!(lang.refusal(refusal.code(), &[]).is_some(), "{}", refusal.code());
        }
    }
}

struct Desk {
    app: TestApp,
    reviewers: [Colleague; 2],
}

async fn desk(db: testkit::Fresh) -> Desk {
    let app = TestApp::on(db).await;
    app.operator(1).await;
    let li = app.staff(1, "li", &[Role::Reviewer]).await;
    let wang = app.staff(1, "wang", &[Role::Reviewer]).await;
    Desk { app, reviewers: [li, wang] }
}

fn profile(n: u16) -> SimRef {
    SimRef {
        iccid: Iccid::parse(&format!("8986011234567891{n:04}")).unwrap(),
        imsi: Imsi::parse(&format!("46000123457{n:04}")).unwrap(),
    }
}

impl Desk {
    async fn facts(&self, msisdn: Msisdn) -> Facts {
        store::number::load(&self.app.store.db, msisdn).await.unwrap().unwrap().facts
    }

    async fn state(&self, id: ApplicationId) -> State {
        store::application::load(&self.app.store.db, id).await.unwrap().unwrap().facts.state
    }

    async fn case(&self, id: ApplicationId) -> store::review::Case {
        store::review::Case::load(&self.app.store.db, id).await.unwrap().unwrap()
    }

    async fn sim_state(&self, sim: SimRef) -> SimState {
        store::number::sim::load(&self.app.store.db, sim.iccid).await.unwrap().unwrap().state
    }

    async fn orders(&self, msisdn: Msisdn) -> Vec<EsimOrder> {
        EsimOrder::of_number(&self.app.store.db, msisdn).await.unwrap()
    }

    async fn step(&self, msisdn: Msisdn) -> Step {
        self.orders(msisdn).await.last().unwrap().facts.step
    }

    async fn decide(&self, who: &Colleague, id: ApplicationId) {
        review::claim(&self.app, &who.actor(), id).await.unwrap();
        let view = review::view(&self.app, &who.actor(), id, None).await.unwrap();
        let mark = |item: &_| Mark {
            item: *item,
            result: ItemResult::Ok,
            reasons: Vec::new(),
            region: None,
        };
        let marks = view.content.unwrap().items.iter().map(mark).collect();
        let opinion = Opinion { verdict: Verdict::Approve, marks, reasons: Vec::new() };
        let note = String::new().into();
        let input = Decide { application_id: id, opinion, note, stamp: None };
        review::decide(&self.app, &who.actor(), input).await.unwrap();
        self.app.advance_seconds(11 * 60);
    }

    /// As many looks as the rules ask for; the last decision has not taken effect yet.
    async fn approve(&self, id: ApplicationId) {
        for reviewer in &self.reviewers {
            self.app.run_jobs().await;
            if self.case(id).await.is_open && self.case(id).await.stage != Stage::Lead {
                self.decide(reviewer, id).await;
            }
        }
    }

    /// Lets time pass until nothing moves.
    async fn settle(&self) {
        for _ in 0..20 {
            self.app.run_jobs().await;
            self.app.advance_seconds(70);
        }
    }

    /// Person `n` holds the number of card `n`.
    async fn held(&self, n: u16) -> (Card, Actor) {
        let (drafted, card, _) = self.app.submitted(1, n).await;
        self.app.run_jobs().await;
        self.approve(drafted.id).await;
        self.app.run_jobs().await;
        assert_eq!(self.state(drafted.id).await, State::Ready);
        let holder = self.facts(card.msisdn).await.holder.unwrap();
        (card, Actor::Holder { operator_id: ONE, party_id: holder.party_id })
    }

    /// Profiles into stock.
    async fn stock(&self, count: u16) {
        let sims = (1..=count).map(|n| NewSim {
            sim: profile(n),
            eid: None,
            profile_type: Some("plan-a".into()),
            keys: None,
        });
        service::inventory::bring_sims(&self.app, &Actor::System, ONE, sims).await.unwrap();
    }

    /// The holder, person `n`, asks for an eSIM.
    async fn asked(&self, actor: &Actor, msisdn: Msisdn, n: u16, eid: &str) -> ApplicationId {
        let begin = begin(msisdn);
        let begun = register::start_esim(&self.app, actor, &begin, eid).await.unwrap().unwrap();
        let actor = Actor::Applicant { operator_id: ONE, application_id: begun.id };
        let drafted = testkit::Drafted { id: begun.id, reference: begun.reference, actor };
        self.app.fill(&drafted, &Applicant::new(n)).await;
        let sent = register::submit(&self.app, &drafted.actor, drafted.id).await.unwrap();
        let Submitted::Sent { .. } = sent else { panic!("{sent:?}") };
        self.app.run_jobs().await;
        assert_eq!(self.state(drafted.id).await, State::InReview);
        drafted.id
    }

    async fn told(&self, sim: SimRef, point: i64, is_well: bool, seconds: i64) -> Heard {
        let system = Actor::Token {
            operator_id: ONE,
            name: "smdp".into(),
            scopes: vec!["esim:write".into()],
        };
        let at = self.app.now().plus_millis(seconds * 1000);
        let progress = Progress { iccid: sim.iccid, point, is_well, at };
        esim::progress(&self.app, &system, &progress).await.unwrap()
    }

    async fn actions(&self, msisdn: Msisdn, sim: SimRef) -> Vec<String> {
        let subject = store::number::esim::subject(sim.iccid, msisdn);
        let entries = store::audit::of_subject(&self.app.store.db, ONE, &subject, 50);
        let mut entries = entries.await.unwrap();
        entries.sort_by_key(|stored| stored.entry.subject_version);
        let versions: Vec<i64> = entries.iter().map(|s| s.entry.subject_version).collect();
        assert_eq!(versions, (1..).take(versions.len()).collect::<Vec<_>>(), "one for each");
        entries.into_iter().map(|stored| stored.entry.action).collect()
    }
}

fn begin(msisdn: Msisdn) -> Begin {
    Begin {
        operator_id: ONE,
        kind: Kind::SimReplacement,
        lang: Lang::Zh,
        zone: None,
        number: msisdn.national().to_string(),
        sim_tail: String::new(),
    }
}

fn is_refused<T: std::fmt::Debug>(answer: &Result<T, service::Error>, code: &str) -> bool {
    matches!(answer, Err(service::Error::Refused(refused)) if refused.code == code)
}

on_both_engines! {
    async fn a_lost_card_is_replaced_by_an_esim_that_only_its_holder_sees(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(3).await;
        let id = desk.asked(&holder, card.msisdn, 1, EID).await;
        assert!(desk.orders(card.msisdn).await.is_empty(), "nothing is ordered before approval");
        desk.approve(id).await;
        desk.settle().await;
        assert_eq!(desk.state(id).await, State::Ready);
        let orders = desk.orders(card.msisdn).await;
        let (order, sim) = (&orders[0], orders[0].sim);
        assert_eq!((orders.len(), order.facts.step), (1, Step::Released));
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(sim));
        assert_eq!(desk.app.outside.record(card.sim.imsi.as_str()), None, "the old card is gone");
        assert!(desk.app.outside.record(sim.imsi.as_str()).unwrap().profile.voice_out);
        assert_eq!(desk.sim_state(card.sim).await, SimState::Dead);
        let calls: Vec<&str> = desk.app.smdp.calls().iter().map(|(what, _)| *what).collect();
        assert_eq!(calls, ["order", "confirm", "release"]);
        let profiles = desk.app.smdp.profiles();
        let there = &profiles[sim.iccid.as_str()];
        assert_eq!((there.state, there.eid.as_deref()), ("released", Some(EID)));

        // Told where, and never the code.
        let (sms, mail) = (desk.app.outside.sms(), desk.app.outside.mail());
        let mut texts = sms.iter().map(|sms| &sms.text).chain(mail.iter().map(|mail| &mail.text));
        let is_told = |text: &String| text.contains("eSIM") && text.contains("bao.example/numbers");
        assert!(texts.clone().any(is_told));
        assert!(!texts.any(|text| text.contains(&there.matching_id) || text.contains("LPA:")));

        // Only the holder, and only by the registered contact.
        let number = card.msisdn;
        let shown = esim::activation(&desk.app, &holder, Way::Number, number).await.unwrap();
        assert!(shown.code.is_none() && shown.needs_contact);
        let shown = esim::activation(&desk.app, &holder, Way::Contact, number).await.unwrap();
        let code = shown.code.unwrap();
        let wanted = format!("LPA:1$smdp.example${}", there.matching_id);
        assert_eq!(code.expose().to_text(), wanted);
        assert!(!format!("{code:?}").contains(&there.matching_id));
        let applicant = Actor::Applicant { operator_id: ONE, application_id: id };
        let party_id = service::id::new(desk.app.now());
        let stranger = Actor::Holder { operator_id: ONE, party_id };
        for other in [applicant, stranger, Actor::System] {
            let shown = esim::activation(&desk.app, &other, Way::Contact, number).await;
            assert!(matches!(shown, Err(service::Error::NotFound)), "{other:?}");
        }
        let subject = format!("esim_views:{}:{number}", sim.iccid);
        let views = store::audit::of_subject(&desk.app.store.db, ONE, &subject, 9).await.unwrap();
        assert_eq!(views.len(), 1, "one showing, one entry");

        // On the phone: the code is gone for good.
        assert_eq!(desk.told(sim, 3, true, 1).await, Heard::Progress);
        let shown = esim::activation(&desk.app, &holder, Way::Contact, number).await.unwrap();
        assert!(shown.code.is_some());
        assert_eq!(desk.told(sim, 4, true, 2).await, Heard::Progress);
        let shown = esim::activation(&desk.app, &holder, Way::Contact, number).await.unwrap();
        assert!(shown.code.is_none() && !shown.needs_contact);
        let order = &desk.orders(number).await[0];
        assert!(order.open(&desk.app.store.db, &desk.app.store.keys).await.is_err(), "erased");
        let actions = desk.actions(number, sim).await;
        let wanted = ["order", "ordered", "confirmed", "moved", "released", "progress", "progress"];
        assert_eq!(actions, wanted.map(|action| format!("esim.{action}")));
    }

    async fn a_call_that_was_not_answered_is_made_again_and_orders_nothing_twice(db: Fresh) {
        let desk = desk(db).await;
        for (n, faults) in [
            (1, vec![SmdpFault::Lost]),
            (2, vec![SmdpFault::Well, SmdpFault::Lost]),
            (3, vec![SmdpFault::Well, SmdpFault::Well, SmdpFault::Lost]),
            (4, vec![SmdpFault::Silence, SmdpFault::Lost, SmdpFault::Silence, SmdpFault::Lost]),
        ] {
            let (card, holder) = desk.held(n).await;
            desk.stock(n).await;
            let before = (desk.app.smdp.calls().len(), desk.app.smdp.profiles().len());
            let id = desk.asked(&holder, card.msisdn, n, "").await;
            desk.approve(id).await;
            desk.app.smdp.will(faults);
            desk.settle().await;
            assert_eq!(desk.state(id).await, State::Ready, "{n}");
            assert_eq!(desk.step(card.msisdn).await, Step::Released, "{n}");
            assert_eq!(desk.orders(card.msisdn).await.len(), 1, "{n}");
            assert_eq!(desk.app.smdp.profiles().len(), before.1 + 1, "{n}: one profile");
            let calls = desk.app.smdp.calls().split_off(before.0);
            let mut ids: Vec<_> = calls.iter().map(|(_, id)| id).collect();
            ids.dedup();
            assert!(ids.len() == 3 && calls.len() > 3, "{n}: the same id again: {calls:?}");
        }
    }

    async fn who_is_killed_between_two_steps_goes_on_without_a_second_order(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(2).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        for _ in 0..3 {
            // The call is done, and we are gone before its answer.
            desk.app.smdp.will([SmdpFault::Hangs]);
            for _ in 0..4 {
                let run = service::work::run_due(&desk.app);
                let _ = tokio::time::timeout(Duration::from_millis(300), run).await;
                desk.app.advance_seconds(70);
            }
        }
        desk.settle().await;
        assert_eq!(desk.state(id).await, State::Ready);
        assert_eq!(desk.step(card.msisdn).await, Step::Released);
        assert_eq!(desk.app.smdp.profiles().len(), 1);
        let actions = desk.actions(card.msisdn, desk.orders(card.msisdn).await[0].sim).await;
        assert_eq!(actions.len(), 5, "{actions:?}");
    }

    async fn a_profile_that_is_refused_is_replaced_by_another_and_the_old_card_serves(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(4).await;
        let id = desk.asked(&holder, card.msisdn, 1, EID).await;
        desk.approve(id).await;
        desk.app.smdp.will([
            SmdpFault::Refused(SmdpRefusal::InUse),
            SmdpFault::Silence,
            SmdpFault::Well,
            SmdpFault::Refused(SmdpRefusal::Eid),
        ]);
        desk.app.run_jobs().await;
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(card.sim), "nothing moved yet");
        desk.settle().await;
        let orders = desk.orders(card.msisdn).await;
        let steps: Vec<Step> = orders.iter().map(|order| order.facts.step).collect();
        assert_eq!(steps, [Step::Refused, Step::Refused, Step::Released]);
        for refused in &orders[..2] {
            assert_eq!(desk.sim_state(refused.sim).await, SimState::Dead);
        }
        assert_eq!(desk.state(id).await, State::Ready);
        let profiles = desk.app.smdp.profiles();
        let there = &profiles[orders[2].sim.iccid.as_str()];
        assert_eq!(there.eid, None, "the chip was refused");
    }

    async fn when_all_are_refused_somebody_must_look_and_the_old_card_serves(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(9).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        desk.app.smdp.will([SmdpFault::Refused(SmdpRefusal::Unknown); 3]);
        desk.settle().await;
        assert_eq!(desk.orders(card.msisdn).await.len(), 3);
        assert_eq!(desk.app.smdp.calls().len(), 3, "and no more are burnt");
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(card.sim));
        assert_eq!(desk.state(id).await, State::Approved);
        let view = esim::of_number(&desk.app, &holder, card.msisdn).await.unwrap().unwrap();
        assert_eq!(view.step, Step::Refused);
    }

    async fn without_a_profile_a_lead_says_what_becomes_of_it(db: Fresh) {
        let desk = desk(db).await;
        let (one, first) = desk.held(1).await;
        let (two, second) = desk.held(2).await;
        desk.stock(1).await;
        let ids = [
            desk.asked(&first, one.msisdn, 1, "").await,
            desk.asked(&second, two.msisdn, 2, "").await,
        ];
        for id in ids {
            desk.approve(id).await;
            desk.settle().await;
        }
        assert_eq!(desk.step(one.msisdn).await, Step::Released);
        assert!(desk.orders(two.msisdn).await.is_empty());
        assert_eq!(desk.case(ids[1]).await.stage, Stage::Lead);
        assert_eq!(desk.facts(two.msisdn).await.sim, Some(two.sim));
    }

    async fn two_approvals_at_once_get_two_profiles(db: Fresh) {
        let desk = desk(db).await;
        let (one, first) = desk.held(1).await;
        let (two, second) = desk.held(2).await;
        desk.stock(2).await;
        let ids = [
            desk.asked(&first, one.msisdn, 1, "").await,
            desk.asked(&second, two.msisdn, 2, "").await,
        ];
        for reviewer in &desk.reviewers {
            // What was decided takes effect for both in the same run.
            desk.app.run_jobs().await;
            for id in ids {
                if desk.case(id).await.is_open {
                    desk.decide(reviewer, id).await;
                }
            }
        }
        desk.settle().await;
        let mut sims = Vec::new();
        for card in [one, two] {
            assert_eq!(desk.step(card.msisdn).await, Step::Released);
            sims.push(desk.facts(card.msisdn).await.sim.unwrap());
        }
        assert_ne!(sims[0], sims[1]);
        assert_eq!(desk.app.smdp.profiles().len(), 2);
    }

    async fn a_number_that_was_stopped_meanwhile_does_not_move_and_the_order_is_taken_back(
        db: Fresh
    ) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(1).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        desk.app.smdp.will([SmdpFault::Silence]);
        desk.app.run_jobs().await;
        service::holder::disown(&desk.app, &holder, card.msisdn).await.unwrap();
        desk.settle().await;
        assert_eq!(desk.step(card.msisdn).await, Step::Cancelled);
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(card.sim));
        assert_eq!(desk.app.smdp.profiles()[profile(1).iccid.as_str()].state, "available");
        assert_eq!(desk.sim_state(profile(1)).await, SimState::Stock);
        assert_eq!(desk.app.smdp.calls().last().unwrap().0, "cancel");
    }

    async fn the_holder_takes_it_back_before_the_number_moves_and_not_after(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        let (_, other) = desk.held(2).await;
        desk.stock(2).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        desk.app.smdp.will([SmdpFault::Lost]);
        desk.app.run_jobs().await;
        assert_eq!(desk.step(card.msisdn).await, Step::Wanted);
        let by_other = esim::cancel(&desk.app, &other, card.msisdn).await;
        assert!(matches!(by_other, Err(service::Error::NotFound)));
        esim::cancel(&desk.app, &holder, card.msisdn).await.unwrap();
        desk.settle().await;
        esim::cancel(&desk.app, &holder, card.msisdn).await.unwrap();
        let order = &desk.orders(card.msisdn).await[0];
        assert_eq!(order.facts.step, Step::Cancelled);
        let state = desk.app.smdp.profiles()[order.sim.iccid.as_str()].state;
        assert_eq!((state, desk.sim_state(order.sim).await), ("available", SimState::Stock));
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(card.sim), "the card goes on");
    }

    async fn another_sim_before_the_download_takes_the_profile_back(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(1).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        desk.settle().await;
        assert_eq!(desk.step(card.msisdn).await, Step::Released);
        let late = esim::cancel(&desk.app, &holder, card.msisdn).await;
        assert!(is_refused(&late, "esim.installed"), "{late:?}");
        desk.app.advance_seconds(4 * 86_400);
        service::sweep::run(&desk.app, desk.app.now(), false).await.unwrap();
        let new = profile(900);
        service::number::bring_sim(&desk.app, &Actor::System, ONE, new, None).await.unwrap();
        service::number::replace_sim(&desk.app, &Actor::System, card.msisdn, new).await.unwrap();
        desk.settle().await;
        assert_eq!(desk.step(card.msisdn).await, Step::Cancelled);
        assert_eq!(desk.app.smdp.profiles()[profile(1).iccid.as_str()].state, "unavailable");
        assert_eq!(desk.sim_state(profile(1)).await, SimState::Dead);
        let shown = esim::activation(&desk.app, &holder, Way::Contact, card.msisdn).await.unwrap();
        assert!(shown.code.is_none());
    }

    async fn a_code_is_shown_no_longer_than_the_policy_says(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(1).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        desk.settle().await;
        desk.app.advance_seconds(29 * 86_400);
        let show = async || {
            esim::activation(&desk.app, &holder, Way::Contact, card.msisdn).await.unwrap()
        };
        assert!(show().await.code.is_some());
        desk.app.advance_seconds(2 * 86_400);
        assert!(show().await.code.is_none());
    }

    async fn reports_come_late_twice_and_from_strangers_and_change_nothing_wrongly(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        desk.stock(1).await;
        let id = desk.asked(&holder, card.msisdn, 1, "").await;
        desk.approve(id).await;
        desk.settle().await;
        let sim = profile(1);
        assert_eq!(desk.told(sim, 3, false, 10).await, Heard::Progress);
        let view = async || {
            let view = esim::of_number(&desk.app, &holder, card.msisdn).await;
            view.unwrap().unwrap()
        };
        assert_eq!(view().await.problem.map(domain::esim::Problem::code), Some("download"));
        assert_eq!(desk.told(sim, 4, true, 30).await, Heard::Progress);
        assert_eq!(desk.told(sim, 3, true, 20).await, Heard::Repeat, "overtaken");
        assert_eq!(desk.told(sim, 4, true, 30).await, Heard::Repeat, "twice");
        assert_eq!(desk.told(sim, 999, true, 40).await, Heard::Unknown);
        assert_eq!(desk.told(profile(2), 4, true, 40).await, Heard::Unknown);
        assert_eq!(desk.told(card.sim, 4, true, 40).await, Heard::Unknown, "a card");
        assert_eq!(view().await.download.code(), "installed");
        assert_eq!(view().await.problem, None);
        // A clock years ahead does not shut later reports out.
        assert_eq!(desk.told(sim, 101, true, 400_000_000).await, Heard::Progress);
        desk.app.advance_seconds(3_600);
        assert_eq!(desk.told(sim, 102, true, 0).await, Heard::Progress);
        assert_eq!(view().await.download.code(), "disabled");
        desk.app.operator(2).await;
        for (operator, scope) in [(2, "esim:write"), (1, "numbers:write")] {
            let actor = Actor::Token {
                operator_id: OperatorId(operator),
                name: "x".into(),
                scopes: vec![scope.into()],
            };
            let at = desk.app.now();
            let progress = Progress { iccid: sim.iccid, point: 5, is_well: true, at };
            let answer = esim::progress(&desk.app, &actor, &progress).await;
            assert!(!matches!(answer, Ok(Heard::Progress)), "{answer:?}");
        }
        assert_eq!(view().await.download.code(), "disabled");
        let verified = store::audit::link(&desk.app.store.db, desk.app.now()).await;
        verified.unwrap();
    }

    async fn only_the_holder_begins_and_the_number_stays_his(db: Fresh) {
        let desk = desk(db).await;
        let (card, holder) = desk.held(1).await;
        let (other, _) = desk.held(2).await;
        desk.stock(1).await;
        let strangers = register::start_esim(&desk.app, &holder, &begin(other.msisdn), "").await;
        assert!(matches!(strangers, Err(service::Error::NotFound)), "{strangers:?}");
        let wrong = register::start_esim(&desk.app, &holder, &begin(card.msisdn), "8904").await;
        assert_eq!(wrong.unwrap().unwrap_err()[0].code, "sim.eid_length");
        let begun = register::start_esim(&desk.app, &holder, &begin(card.msisdn), "").await;
        let begun = begun.unwrap().unwrap();
        let actor = Actor::Applicant { operator_id: ONE, application_id: begun.id };
        let change = register::Change::Number {
            number: other.msisdn.national().to_string(),
            sim_tail: "123456".into(),
        };
        register::save(&desk.app, &actor, begun.id, &change).await.unwrap();
        let view = register::open(&desk.app, &actor, begun.id).await.unwrap();
        assert_eq!(view.form.number, card.msisdn.national().to_string());
        let change = register::Change::Esim { eid: EID.replace('5', "6") };
        let found = register::save(&desk.app, &actor, begun.id, &change).await.unwrap();
        assert_eq!(found[0].code, "sim.eid_check");
        let change = register::Change::Esim { eid: EID.into() };
        assert!(register::save(&desk.app, &actor, begun.id, &change).await.unwrap().is_empty());
    }
}
