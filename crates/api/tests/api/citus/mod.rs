//! Approvals on Citus while machines die: at every moment of a commit on several machines, and of
//! one on a single machine. Where Citus is not installed they say so.
//!
//! What is looked at afterwards, when the dead are back and the coordinator has recovered what was
//! prepared: an approval is there wholly or not at all; one that was acknowledged is there; asked
//! again under the same key it is one approval; the audit chain holds.

mod between;

use crate::common::{Reply, TestApi, request};
use axum::http::{Method, StatusCode, header::HeaderValue};
use between::{Between, Machine, Moment};
use domain::access::Role;
use domain::application::State;
use domain::id::ApplicationId;
use domain::msisdn::Msisdn;
use domain::reason::Item;
use domain::review::{ItemResult, Mark, Opinion, Verdict};
use serde_json::{Value, json};
use service::review::Decide;
use std::sync::Arc;
use testkit::Citus;

/// Approvals that are tried until one lies as the moment needs it: with two machines about every
/// second does.
const TRIES_MAX: u16 = 12;
/// Failed jobs are due again, and requests of the dead are free again.
const LATER_SECONDS: i64 = 3_600;

/// The program on three machines, one of which is going to die.
struct World {
    api: Arc<TestApi>,
    between: Between,
    citus: Arc<Citus>,
    database: String,
    token: String,
    /// The applicant who comes next.
    next: u16,
}

/// An application before reviewers.
#[derive(Clone, Debug)]
struct Before {
    id: ApplicationId,
    msisdn: Msisdn,
    /// The decision of a program: approved.
    decision: Value,
    key: String,
}

impl World {
    async fn new() -> Option<Self> {
        let citus = Arc::new(Citus::start()?);
        let between = Between::start(&citus);
        let fresh = citus.fresh(&between.ports).await;
        let (_, database) = fresh.address().rsplit_once('/').unwrap();
        let database = database.split('?').next().unwrap().to_owned();
        let api = Arc::new(TestApi::on(fresh).await);
        let token = api.full_token(1).await;
        Some(Self { api, between, citus, database, token, next: 0 })
    }

    async fn before(&mut self) -> Before {
        self.next += 1;
        let (drafted, card, _) = self.api.app.submitted(1, self.next).await;
        let id = drafted.id;
        self.api.app.run_jobs().await;
        let case = self.api.get(&self.token, &format!("/api/v1/reviews/{id}")).await.body;
        let mark = |item: &Value| json!({ "item": item, "result": "ok" });
        let marks: Vec<Value> = case["items"].as_array().unwrap().iter().map(mark).collect();
        let decision = json!({ "verdict": "approve", "marks": marks, "stamp": case["stamp"] });
        Before { id, msisdn: card.msisdn, decision, key: format!("key-{}", self.next) }
    }

    async fn decide(&self, before: &Before) -> Reply {
        let path = format!("/api/v1/reviews/{}/decision", before.id);
        let mut request = request(Method::POST, &self.token, &path, Some(&before.decision));
        let key = HeaderValue::from_str(&before.key).unwrap();
        request.headers_mut().insert("idempotency-key", key);
        self.api.send(request).await
    }

    /// The dead machine is back; what it had prepared is there and not yet decided.
    fn start_again(&self, machine: Machine) {
        match machine {
            Machine::Coordinator => self.citus.coordinator.start_again(),
            Machine::Worker(worker) => self.citus.workers[worker].start_again(),
        }
    }

    /// What the maintenance daemon does every minute.
    fn recover(&self) {
        self.ask("select recover_prepared_transactions()");
        for worker in &self.citus.workers {
            let left = worker.psql(&self.database, "select count(*) from pg_prepared_xacts");
            assert_eq!(left, "0", "everything that was prepared is decided");
        }
    }

    fn ask(&self, sql: &str) -> String {
        self.citus.coordinator.psql(&self.database, sql)
    }

    /// Counts the rows of each.
    fn count(&self, rows: &[String]) -> Vec<String> {
        rows.iter().map(|rows| self.ask(&format!("select count(*) from {rows}"))).collect()
    }

    /// Everything that one approval changes, on whichever machine it lies: each there once, or not.
    fn approved(&self, before: &Before) -> bool {
        let (id, number) = (hex(before.id), before.msisdn.as_i64());
        let rows = [
            format!("number where msisdn = {number} and party_id is not null"),
            format!("number_holder where msisdn = {number} and party_id is not null"),
            format!("party_number where msisdn = {number}"),
            format!("application where id = {id} and state in ('approved', 'ready')"),
            format!("application where id = {id} and party_id is not null"),
            format!("review_case where application_id = {id} and not is_open"),
            format!("review_opinion where application_id = {id} and settled_at is not null"),
            format!(
                "audit_entry where subject = 'case:{}' and action = 'review.approve'",
                before.id
            ),
        ];
        let counts = self.count(&rows);
        assert_eq!(counts.len(), rows.len(), "{counts:?}");
        let is_there = counts.first().is_some_and(|count| count == "1");
        let all = if is_there { "1" } else { "0" };
        assert!(counts.iter().all(|count| count == all), "a half state: {counts:?}\n{rows:#?}");
        is_there
    }

    /// The same of a decision that has not taken effect.
    fn decided(&self, before: &Before) -> bool {
        let id = hex(before.id);
        let rows = [
            format!("review_opinion where application_id = {id}"),
            format!("review_case where application_id = {id} and pending_id is not null"),
            format!(
                "audit_entry where subject = 'case:{}' and action = 'review.decide'",
                before.id
            ),
            format!("job where kind = 'review.settle' and key = '{}'", before.id),
        ];
        let counts = self.count(&rows);
        let is_there = counts.first().is_some_and(|count| count == "1");
        let all = if is_there { "1" } else { "0" };
        assert!(counts.iter().all(|count| count == all), "a half state: {counts:?}\n{rows:#?}");
        is_there
    }

    async fn state(&self, id: ApplicationId) -> State {
        let found = store::application::load(&self.api.app.store.db, id).await.unwrap();
        found.unwrap().facts.state
    }

    /// Time passes and the work goes on: whatever died, the holder has the number in the end, once.
    async fn ends_well(&self, before: &Before) {
        let app = &self.api.app;
        app.advance_seconds(LATER_SECONDS);
        app.run_jobs().await;
        assert!(self.approved(before));
        assert_eq!(self.state(before.id).await, State::Ready);
        store::audit::link(&app.store.db, app.now()).await.unwrap();
        self.api.assert_audited().await;
    }
}

fn hex(id: ApplicationId) -> String {
    let text = id.to_string();
    format!("'\\x{}'::bytea", text.rsplit('_').next().unwrap())
}

/// Every moment of a commit on several machines, and whether it is done after all.
const MOMENTS: [(Moment, bool); 6] = [
    (Moment::BeforeAnyPrepare, false),
    (Moment::AfterOnePrepare, false),
    (Moment::BeforeTheDecision, false),
    (Moment::BeforeAnyCommit, true),
    (Moment::AfterOneCommit, true),
    (Moment::BeforeTheAnswer, true),
];

/// Whether a worker died: then the coordinator can say how it ended.
fn is_told(machine: Machine) -> bool {
    matches!(machine, Machine::Worker(_))
}

impl World {
    /// An approval that takes effect at this moment, with the number on one worker and what its
    /// holder has on the other; who died.
    async fn approval_struck(&mut self, moment: Moment) -> (Before, Machine) {
        let mut tries = 0..TRIES_MAX;
        loop {
            assert!(tries.next().is_some(), "number and holder always lay on one machine");
            let before = self.before().await;
            let reply = self.decide(&before).await;
            assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
            if reply.body["needs_second"] == true {
                continue;
            }
            self.api.app.advance_seconds(60);
            self.between.strike_at(moment, &["number", "party_number"]);
            let ran = service::work::run_due(&self.api.app).await;
            if let Some(machine) = self.between.struck() {
                return (before, machine);
            }
            assert_eq!(ran.unwrap().failed, 0);
            assert!(self.approved(&before));
        }
    }

    /// Asked once more under the same key, it is the same decision and the same approval.
    async fn is_one(&self, before: &Before) {
        let again = self.decide(before).await;
        assert_eq!(again.status, StatusCode::OK, "{:?}", again.body);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        self.ends_well(before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_there_wholly_or_not_at_all_whenever_a_machine_dies() {
    let Some(mut world) = World::new().await else { return };
    for (moment, is_done) in MOMENTS {
        let (before, machine) = world.approval_struck(moment).await;
        eprintln!("{moment:?}: {machine:?} died under {}", before.id);
        world.start_again(machine);
        world.recover();
        assert_eq!(world.approved(&before), is_done, "{moment:?}");
        world.is_one(&before).await;
    }
}

/// The work goes on as soon as the machine is back, while nobody has decided yet what becomes of
/// what it had prepared.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_made_once_though_it_is_tried_again_before_the_machines_agree() {
    let Some(mut world) = World::new().await else { return };
    for (moment, _) in MOMENTS {
        let (before, machine) = world.approval_struck(moment).await;
        world.start_again(machine);
        world.api.app.advance_seconds(LATER_SECONDS);
        let app = Arc::clone(&world.api.app.app);
        let again = tokio::spawn(async move { service::work::run_due(&app).await });
        world.ask("select recover_prepared_transactions()");
        drop(again.await.unwrap());
        world.recover();
        world.is_one(&before).await;
    }
}

/// As a reviewer decides, whose desk lies elsewhere than the case.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_was_acknowledged_is_there_whenever_a_machine_dies() {
    let Some(mut world) = World::new().await else { return };
    let reviewer = world.api.app.staff(1, "li.gong", &[Role::Reviewer]).await.actor();
    for (moment, is_done) in MOMENTS {
        let mut tries = 0..TRIES_MAX;
        let (before, machine, said) = loop {
            assert!(tries.next().is_some(), "case and desk always lay on one machine");
            let before = world.before().await;
            let app = &world.api.app;
            service::review::claim(app, &reviewer, before.id).await.unwrap();
            world.between.strike_at(moment, &["review_opinion", "review_desk"]);
            let said = service::review::decide(app, &reviewer, approval(&before)).await;
            match world.between.struck() {
                Some(machine) => break (before, machine, said),
                None => drop(said.unwrap()),
            }
        };
        eprintln!("{moment:?}: {machine:?} died under {}: {}", before.id, said.is_ok());
        world.start_again(machine);
        world.recover();
        assert_eq!(world.decided(&before), is_done, "{moment:?}");
        assert_eq!(said.is_ok(), is_done && is_told(machine), "{moment:?}: {said:?}");
        // Whoever was not answered decides again.
        let again = service::review::decide(&world.api.app, &reviewer, approval(&before)).await;
        assert!(said.is_ok() || again.is_ok(), "{moment:?}: {again:?}");
        assert!(world.decided(&before), "once");
        world.api.assert_audited().await;
    }
}

/// A program's decision lies on one machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_nobody_answered_is_one_decision_when_it_is_asked_again() {
    let Some(mut world) = World::new().await else { return };
    for (moment, is_done) in [(Moment::AloneBeforeCommit, false), (Moment::AloneAfterCommit, true)]
    {
        let before = world.before().await;
        world.between.strike_at(moment, &["review_opinion"]);
        let reply = world.decide(&before).await;
        let machine = world.between.struck().expect("it dies");
        assert!(reply.status.is_server_error(), "{moment:?}: {:?}", reply.body);
        world.start_again(machine);
        world.recover();
        assert_eq!(world.decided(&before), is_done, "{moment:?}");
        // The key is free again when its process must be thought dead.
        world.api.app.advance_seconds(61);
        let again = world.decide(&before).await;
        assert_eq!(again.status, StatusCode::OK, "{moment:?}: {:?}", again.body);
        assert!(world.decided(&before), "once");
        world.is_one(&before).await;
    }
}

/// A reviewer finds nothing wrong.
fn approval(before: &Before) -> Decide {
    let items = before.decision["marks"].as_array().unwrap().iter().map(|mark| &mark["item"]);
    let items = items.map(|item| Item::from_code(item.as_str().unwrap()).unwrap());
    let ok = |item| Mark { item, result: ItemResult::Ok, reasons: Vec::new(), region: None };
    let marks = items.map(ok).collect();
    let opinion = Opinion { verdict: Verdict::Approve, marks, reasons: Vec::new() };
    let note = service::Sensitive::new(String::new());
    Decide { application_id: before.id, opinion, note, stamp: None }
}
