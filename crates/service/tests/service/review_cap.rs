//! Many approvals for one person at once: the cap holds exactly. On both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::application::form::{Form, Who};
use domain::application::{Kind, State};
use domain::id::{ApplicationId, OperatorId, ReviewId};
use domain::identity::DocumentKind;
use domain::promise::Promise;
use domain::review::{Opinion, Stage, Verdict};
use service::{App, review};
use std::sync::Arc;
use store::Batch;
use store::review::{Case, Enqueue, Given};
use testkit::{Applicant, TestApp, on_both_engines};

/// Approvals at once.
const AT_ONCE: u16 = 200;
/// The cap of the `cn` pack (一证五卡).
const CAP: usize = 5;

/// An application by `person` for card `n` that is approved, but has not taken effect yet.
async fn approved(app: &TestApp, person: &Applicant, n: u16) -> ApplicationId {
    let card = app.unregistered(1, n).await;
    let drafted = app.begin(1, &card).await;
    let (db, at, id) = (&app.store.db, app.now(), drafted.id);
    let mut row = store::application::load(db, id).await.unwrap().unwrap();
    let key = app.store.keys.load(db, row.data_key_id).await.unwrap().unwrap();
    let mut form: Form = serde_json::from_slice(&row.open_form(&key).unwrap().unwrap()).unwrap();
    form.who = Some(Who::Myself);
    form.document = Some(DocumentKind::ResidentId);
    form.name.clone_from(&person.name);
    form.document_number.clone_from(&person.number);
    form.is_long_term = true;
    row.seal_form(&key, &serde_json::to_vec(&form).unwrap());
    row.facts.state = State::InReview;
    let due_at = at.plus_days(3);
    row.facts.promise =
        Some(Promise { due_at, is_provisional: false, counted_from: at, business_days: 3 });
    let mut batch = Batch::new(at);
    store::application::update(&mut batch, &mut row);
    Enqueue {
        application_id: id,
        operator_id: OperatorId(1),
        kind: Kind::Registration,
        is_front: false,
        promise_at: due_at,
        difficulty: 0,
        taken_by: None,
    }
    .push(&mut batch);
    db.commit(batch).await.unwrap();
    let review_id: ReviewId = service::id::new(at);
    let mut batch = Batch::new(at);
    Given {
        id: review_id,
        application_id: id,
        operator_id: OperatorId(1),
        round: 1,
        stage: Stage::First,
        actor: "token:test".to_owned(),
        staff_id: None,
        opinion: Opinion { verdict: Verdict::Approve, marks: Vec::new(), reasons: Vec::new() },
        second_rules: Vec::new(),
        policy: "cn/1".to_owned(),
        note: None,
        decided_at: at,
        settle_at: at,
        undone_at: None,
        settled_at: None,
    }
    .insert(&mut batch);
    let case = Case::load(db, id).await.unwrap().unwrap();
    Case { pending_id: Some(review_id), settle_at: Some(at), ..case }.save(&mut batch);
    db.commit(batch).await.unwrap();
    id
}

async fn settle_all(app: &Arc<App>, ids: &[ApplicationId]) {
    let tasks = ids.iter().map(|id| {
        let (app, id) = (Arc::clone(app), *id);
        // A job that conflicts too often is tried again by the queue.
        tokio::spawn(async move { while review::settle(&app, id).await.is_err() {} })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

on_both_engines! {
    async fn two_hundred_approvals_at_once_for_one_person_leave_exactly_five(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let person = Applicant::new(7);
        let mut ids = Vec::new();
        for n in 0..AT_ONCE {
            ids.push(approved(&app, &person, n).await);
        }
        settle_all(&app.app, &ids).await;
        let (mut approved, mut refused, mut parties) = (0, 0, Vec::new());
        for id in &ids {
            let row = store::application::load(&app.store.db, *id).await.unwrap().unwrap();
            match row.facts.state {
                State::Approved => {
                    approved += 1;
                    parties.push(row.party_id.unwrap());
                }
                State::Rejected => refused += 1,
                other => unreachable!("{other:?}"),
            }
        }
        assert_eq!((approved, refused), (CAP, usize::from(AT_ONCE) - CAP));
        parties.dedup();
        let [party_id] = parties.as_slice() else { unreachable!("one person: {parties:?}") };
        let held = store::number::party::held(&app.store.db, *party_id, OperatorId(1)).await;
        assert_eq!(held.unwrap().len(), CAP);
        store::audit::link(&app.store.db, app.now()).await.unwrap();
    }
}
