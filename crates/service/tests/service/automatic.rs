//! What is approved without a person: a further card of a verified holder, when every check passed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::Role;
use domain::application::State;
use domain::authority::{Answer, Belongs};
use domain::check::Outcome;
use domain::decision::{Decision, Rule, Verdict as Machine};
use domain::id::{ApplicationId, OperatorId};
use domain::number::Lifecycle;
use domain::review::{ItemResult, Mark, Opinion, Stage, Verdict};
use service::register;
use service::review::{self, Decide};
use store::review::Case;
use testkit::faces::{beside, files, film};
use testkit::reading::card;
use testkit::{Applicant, Card, Colleague, Drafted, TestApp, on_both_engines};

const MATCH: Answer = Answer { belongs: Belongs::Match, likeness: None };

struct Office {
    app: TestApp,
    reviewers: [Colleague; 2],
}

async fn office(fresh: testkit::Fresh) -> Office {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let li = app.staff(1, "li", &[Role::Reviewer]).await;
    let wang = app.staff(1, "wang", &[Role::Reviewer]).await;
    Office { app, reviewers: [li, wang] }
}

impl Office {
    /// Person `who` asks for card `n`; every model, the live capture and the authority say that all
    /// is well, but for what `belongs` says.
    async fn sent(&self, n: u16, who: u16, belongs: Belongs) -> (Drafted, Card) {
        self.sent_after(n, who, belongs, 0).await
    }

    /// The same after so many challenges that were given and not answered.
    async fn sent_after(
        &self,
        n: u16,
        who: u16,
        belongs: Belongs,
        given: usize,
    ) -> (Drafted, Card) {
        let app = &self.app;
        let contact = format!("card{n}@example.com");
        let person = Applicant { contact, ..Applicant::new(who) };
        app.authority.answers([Ok(Answer { belongs, ..MATCH })]);
        app.outside.will_read(card(&person.name, &person.number).map(Ok));
        app.outside.will_see([Ok(beside(0.7)), Ok(beside(0.7))]);
        let sim = app.unregistered(1, n).await;
        let drafted = app.begin(1, &sim).await;
        app.fill(&drafted, &person).await;
        let consents = [register::Purpose::Registration, register::Purpose::Portrait];
        register::save_consents(app, &drafted.actor, drafted.id, &consents).await.unwrap();
        app.run_jobs().await;
        for _ in 0..given {
            register::begin_live(app, &drafted.actor, drafted.id).await.unwrap();
        }
        let task = register::begin_live(app, &drafted.actor, drafted.id).await.unwrap();
        app.outside.will_follow([Ok(film(&task.steps))]);
        app.outside.will_see([Ok(beside(0.7))]);
        let filmed = register::finish_live(app, &drafted.actor, drafted.id, &task.nonce, files());
        assert_eq!(filmed.await.unwrap().outcome, domain::live::Outcome::Passed);
        let sent = register::submit(app, &drafted.actor, drafted.id).await.unwrap();
        assert!(matches!(sent, register::Submitted::Sent { .. }), "{sent:?}");
        app.run_jobs().await;
        app.run_jobs().await;
        (drafted, sim)
    }

    async fn decision(&self, drafted: &Drafted) -> Decision {
        let decided = store::application::check::latest_decision(&self.app.store.db, drafted.id);
        decided.await.unwrap().unwrap().decision
    }

    async fn state(&self, id: ApplicationId) -> State {
        store::application::load(&self.app.store.db, id).await.unwrap().unwrap().facts.state
    }

    async fn approve(&self, id: ApplicationId) {
        for who in &self.reviewers {
            self.app.run_jobs().await;
            let case = Case::load(&self.app.store.db, id).await.unwrap().unwrap();
            if !case.is_open || case.stage == Stage::Lead {
                continue;
            }
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
        self.app.run_jobs().await;
    }

    async fn agreement(&self) -> (i64, i64) {
        let since = domain::time::At::from_millis(0);
        let db = &self.app.store.db;
        store::application::check::agreement(db, OperatorId(1), since).await.unwrap()
    }
}

fn rule(decision: &Decision) -> Rule {
    assert_eq!(decision.fired.len(), 1, "{decision:?}");
    decision.fired[0].rule
}

on_both_engines! {
    async fn the_first_card_is_a_persons_and_the_next_is_approved_at_once(fresh: Fresh) {
        let office = office(fresh).await;
        let (first, _) = office.sent(1, 1, Belongs::Match).await;
        let decision = office.decision(&first).await;
        let checks = store::application::check::latest(&office.app.store.db, first.id).await;
        let open: Vec<_> =
            checks.unwrap().into_iter().filter(|c| c.outcome != Outcome::Pass).collect();
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(rule(&decision), Rule::ReviewAlways, "nobody is known yet");
        assert_eq!(office.state(first.id).await, State::InReview);
        assert_eq!(office.agreement().await, (0, 0));
        office.approve(first.id).await;
        assert_eq!(office.state(first.id).await, State::Ready);
        assert_eq!(office.agreement().await, (1, 1), "a person agreed with the machine");

        let (second, sim) = office.sent(2, 1, Belongs::Match).await;
        let decision = office.decision(&second).await;
        match rule(&decision) {
            Rule::ApproveFurtherCard => {
                assert_eq!(decision.verdict, Machine::Approve);
                assert_eq!(office.state(second.id).await, State::Ready);
                let row = store::number::load(&office.app.store.db, sim.msisdn).await.unwrap();
                assert_eq!(row.unwrap().facts.lifecycle, Lifecycle::Active);
                let held = store::number::load(&office.app.store.db, sim.msisdn).await.unwrap();
                assert!(held.unwrap().facts.holder.is_some());
                assert!(Case::load(&office.app.store.db, second.id).await.unwrap().is_none());
            }
            // Five of a hundred are drawn for a person.
            Rule::ReviewSampled => {
                assert_eq!(office.state(second.id).await, State::InReview);
            }
            other => assert_eq!(other, Rule::ApproveFurtherCard),
        }
        for log in service::audit::verify(&office.app).await.unwrap() {
            assert!(log.findings.is_empty(), "{log:?}");
        }
    }

    async fn whoever_asks_for_challenges_until_one_suits_is_a_persons(fresh: Fresh) {
        let office = office(fresh).await;
        let (first, _) = office.sent(1, 1, Belongs::Match).await;
        office.approve(first.id).await;
        let (second, _) = office.sent_after(2, 1, Belongs::Match, 2).await;
        assert_eq!(rule(&office.decision(&second).await), Rule::ReviewAlways);
        assert_eq!(office.state(second.id).await, State::InReview);
    }

    async fn a_doubt_of_any_check_is_a_persons(fresh: Fresh) {
        let office = office(fresh).await;
        let (first, _) = office.sent(1, 1, Belongs::Match).await;
        office.approve(first.id).await;
        let (second, _) = office.sent(2, 1, Belongs::NoRecord).await;
        assert_eq!(office.decision(&second).await.verdict, Machine::Review);
        assert_eq!(office.state(second.id).await, State::InReview);
        assert!(!office.decision(&second).await.is_clean());
    }
}
