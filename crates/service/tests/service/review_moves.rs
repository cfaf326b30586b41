//! Approved applications that move a number: to another card, to another person, back to the former
//! one. On both engines.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::{Actor, Role};
use domain::application::{Kind, State};
use domain::id::{ApplicationId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Facts, HoldKind, Lifecycle, SimRef};
use domain::reason::{Item, Reason};
use domain::review::{ItemResult, Mark, Opinion, Stage, Verdict};
use domain::sim::{Iccid, Imsi};
use service::register::{self, Begin, Submitted};
use service::review::{self, Decide};
use testkit::{Applicant, Card, Colleague, TestApp, on_both_engines};
use words::Lang;

struct Desk {
    app: TestApp,
    reviewers: [Colleague; 2],
    lead: Colleague,
}

async fn desk(db: testkit::Fresh) -> Desk {
    let app = TestApp::on(db).await;
    app.operator(1).await;
    let li = app.staff(1, "li", &[Role::Reviewer]).await;
    let wang = app.staff(1, "wang", &[Role::Reviewer]).await;
    let lead = app.staff(1, "chen", &[Role::Lead]).await;
    Desk { app, reviewers: [li, wang], lead }
}

fn opinion(verdict: Verdict, items: &[Item]) -> Opinion {
    let mark = |item: &Item| Mark {
        item: *item,
        result: ItemResult::Ok,
        reasons: Vec::new(),
        region: None,
    };
    let reasons = if verdict == Verdict::Refuse { vec![Reason::E2] } else { Vec::new() };
    Opinion { verdict, marks: items.iter().map(mark).collect(), reasons }
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

    /// One colleague decides, and the decision takes effect once the holder can no longer stop it.
    async fn decide(&self, who: &Colleague, id: ApplicationId, verdict: Verdict) {
        review::claim(&self.app, &who.actor(), id).await.unwrap();
        let view = review::view(&self.app, &who.actor(), id, None).await.unwrap();
        let items: Vec<Item> = view.content.unwrap().items;
        let input = Decide {
            application_id: id,
            opinion: opinion(verdict, &items),
            note: String::new().into(),
            stamp: None,
        };
        review::decide(&self.app, &who.actor(), input).await.unwrap();
        self.app.advance_seconds(11 * 60);
        self.app.run_jobs().await;
    }

    /// As many looks as the rules ask for.
    async fn approve(&self, id: ApplicationId) {
        for reviewer in &self.reviewers {
            if self.case(id).await.is_open && self.case(id).await.stage != Stage::Lead {
                self.decide(reviewer, id, Verdict::Approve).await;
            }
        }
        self.app.run_jobs().await;
    }

    /// Person `n` holds the number of card `n`.
    async fn held(&self, n: u16) -> (Card, PartyId) {
        let (drafted, card, _) = self.app.submitted(1, n).await;
        self.app.run_jobs().await;
        self.approve(drafted.id).await;
        assert_eq!(self.state(drafted.id).await, State::Ready);
        let holder = self.facts(card.msisdn).await.holder.unwrap();
        (card, holder.party_id)
    }

    async fn new_card(&self, n: u16) -> SimRef {
        let sim = SimRef {
            iccid: Iccid::parse(&format!("8986011234567891{n:04}")).unwrap(),
            imsi: Imsi::parse(&format!("46000123457{n:04}")).unwrap(),
        };
        let (system, operator_id) = (Actor::System, OperatorId(1));
        service::number::bring_sim(&self.app, &system, operator_id, sim, None).await.unwrap();
        sim
    }

    /// Person `n` sends an application of this kind.
    async fn sent(&self, kind: Kind, msisdn: Msisdn, sim: &str, n: u16) -> ApplicationId {
        let begin = Begin {
            operator_id: OperatorId(1),
            kind,
            lang: Lang::Zh,
            zone: None,
            number: msisdn.national().to_string(),
            sim_tail: sim.to_owned(),
        };
        let begun = register::start(&self.app, &begin).await.unwrap();
        let actor = Actor::Applicant { operator_id: OperatorId(1), application_id: begun.id };
        let drafted = testkit::Drafted { id: begun.id, reference: begun.reference, actor };
        self.app.fill(&drafted, &Applicant::new(n)).await;
        let sent = register::submit(&self.app, &drafted.actor, drafted.id).await.unwrap();
        let Submitted::Sent { .. } = sent else { panic!("{sent:?}") };
        self.app.run_jobs().await;
        assert_eq!(self.state(drafted.id).await, State::InReview);
        drafted.id
    }
}

on_both_engines! {
    async fn a_replaced_card_serves_the_number_and_the_old_one_is_dead(db: Fresh) {
        let desk = desk(db).await;
        let (card, party_id) = desk.held(1).await;
        let new = desk.new_card(1).await;
        service::number::report_loss(&desk.app, &Actor::System, card.msisdn).await.unwrap();
        let id = desk.sent(Kind::SimReplacement, card.msisdn, new.iccid.as_str(), 1).await;
        desk.approve(id).await;
        assert_eq!(desk.state(id).await, State::Ready);
        let facts = desk.facts(card.msisdn).await;
        assert_eq!((facts.sim, facts.holder.unwrap().party_id), (Some(new), party_id));
        assert!(!facts.holds.has(HoldKind::Loss) && facts.holds.has(HoldKind::SimSwapCooling));
        assert_eq!(desk.app.outside.record(card.sim.imsi.as_str()), None, "the old card is gone");
        let record = desk.app.outside.record(new.imsi.as_str()).unwrap();
        assert!(record.profile.voice_out && record.msisdn == Some(card.msisdn.to_string()));
    }

    async fn the_holder_is_told_of_a_request_for_a_new_card_and_stops_it(db: Fresh) {
        let desk = desk(db).await;
        let (card, party_id) = desk.held(1).await;
        let new = desk.new_card(1).await;
        let told = desk.app.outside.sms().len();
        let id = desk.sent(Kind::SimReplacement, card.msisdn, new.iccid.as_str(), 1).await;
        let sms = desk.app.outside.sms();
        let number = card.msisdn.national().to_string();
        let own = sms[told..].iter().find(|sms| sms.to.ends_with(&number));
        assert!(own.unwrap().text.contains("10分钟内回复N"), "{sms:?}");
        let reviewer = &desk.reviewers[0];
        review::claim(&desk.app, &reviewer.actor(), id).await.unwrap();
        let items = review::view(&desk.app, &reviewer.actor(), id, None).await.unwrap();
        let input = Decide {
            application_id: id,
            opinion: opinion(Verdict::Approve, &items.content.unwrap().items),
            note: String::new().into(),
            stamp: None,
        };
        review::decide(&desk.app, &reviewer.actor(), input).await.unwrap();
        desk.app.advance_seconds(5 * 60);
        desk.app.run_jobs().await;
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(card.sim), "there is time to stop it");
        let text = service::command::IncomingText {
            from: card.msisdn.to_string(),
            text: "N".to_owned(),
            at: desk.app.now(),
        };
        service::command::incoming(&desk.app, &text).await.unwrap();
        desk.app.advance_seconds(6 * 60);
        desk.app.run_jobs().await;
        if desk.case(id).await.stage != Stage::Lead {
            desk.decide(&desk.reviewers[1], id, Verdict::Approve).await;
        }
        assert_eq!(desk.case(id).await.stage, Stage::Lead);
        let facts = desk.facts(card.msisdn).await;
        assert_eq!((facts.sim, facts.holder.unwrap().party_id), (Some(card.sim), party_id));
        assert!(facts.holds.has(HoldKind::Fraud), "the number is stopped until it is clear");
    }

    async fn nobody_but_the_holder_gets_a_new_card(db: Fresh) {
        let desk = desk(db).await;
        let (card, _) = desk.held(1).await;
        let new = desk.new_card(1).await;
        let id = desk.sent(Kind::SimReplacement, card.msisdn, new.iccid.as_str(), 2).await;
        desk.approve(id).await;
        assert_eq!(desk.case(id).await.stage, Stage::Lead, "a lead must say what becomes of it");
        assert_eq!(desk.facts(card.msisdn).await.sim, Some(card.sim));
        desk.decide(&desk.lead, id, Verdict::Refuse).await;
        assert_eq!(desk.state(id).await, State::Rejected);
    }

    async fn a_card_that_was_taken_meanwhile_serves_one_number_only(db: Fresh) {
        let desk = desk(db).await;
        let (one, _) = desk.held(1).await;
        let (two, _) = desk.held(2).await;
        let new = desk.new_card(1).await;
        let first = desk.sent(Kind::SimReplacement, one.msisdn, new.iccid.as_str(), 1).await;
        let second = desk.sent(Kind::SimReplacement, two.msisdn, new.iccid.as_str(), 2).await;
        desk.approve(first).await;
        desk.approve(second).await;
        assert_eq!(desk.facts(one.msisdn).await.sim, Some(new));
        assert_eq!(desk.facts(two.msisdn).await.sim, Some(two.sim));
        assert_eq!(desk.case(second).await.stage, Stage::Lead);
    }

    async fn a_transferred_number_begins_a_new_episode_and_is_ready_at_once(db: Fresh) {
        let desk = desk(db).await;
        let (card, before) = desk.held(1).await;
        let old = desk.facts(card.msisdn).await.holder.unwrap();
        desk.app.advance_seconds(40 * 86_400);
        let id = desk.sent(Kind::Transfer, card.msisdn, &card.tail(), 2).await;
        desk.approve(id).await;
        assert_eq!(desk.state(id).await, State::Ready);
        let holder = desk.facts(card.msisdn).await.holder.unwrap();
        assert_ne!(holder.party_id, before);
        assert_ne!(holder.episode_id, old.episode_id);
        let db = &desk.app.store.db;
        let left = store::number::party::held(db, before, OperatorId(1)).await.unwrap();
        assert!(left.is_empty(), "the former holder's place is free");
        let held = store::number::party::held(db, holder.party_id, OperatorId(1)).await.unwrap();
        assert_eq!(held.len(), 1);
    }

    async fn a_closed_number_comes_back_to_its_former_holder_on_a_new_card(db: Fresh) {
        let desk = desk(db).await;
        let (card, party_id) = desk.held(1).await;
        service::number::close(&desk.app, &Actor::System, card.msisdn).await.unwrap();
        for _ in 0..40 {
            desk.app.advance_seconds(86_400);
            service::sweep::run(&desk.app, desk.app.now(), false).await.unwrap();
            desk.app.run_jobs().await;
            if desk.facts(card.msisdn).await.lifecycle == Lifecycle::Quarantined {
                break;
            }
        }
        assert_eq!(desk.facts(card.msisdn).await.lifecycle, Lifecycle::Quarantined);
        let new = desk.new_card(1).await;
        let stranger = desk.sent(Kind::Recovery, card.msisdn, new.iccid.as_str(), 2).await;
        desk.approve(stranger).await;
        assert_eq!(desk.case(stranger).await.stage, Stage::Lead);
        desk.decide(&desk.lead, stranger, Verdict::Refuse).await;
        let id = desk.sent(Kind::Recovery, card.msisdn, new.iccid.as_str(), 1).await;
        desk.approve(id).await;
        assert_eq!(desk.state(id).await, State::Ready);
        let facts = desk.facts(card.msisdn).await;
        assert_eq!(facts.lifecycle, Lifecycle::Active);
        assert_eq!((facts.sim, facts.holder.unwrap().party_id), (Some(new), party_id));
    }
}
