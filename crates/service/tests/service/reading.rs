//! Documents read by machine, from the upload to the check: with models whose words are
//! prescribed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::application::State;
use domain::check::{Check, CheckKind, Outcome};
use domain::reading::{FieldName, Reading, Side, Unread};
use domain::reason::{Item, Reason};
use service::register::{self, Change, IdentityFields, ReadView};
use service::work;
use std::time::Duration;
use store::application::reading::PhotoReading;
use testkit::reading::{card, passport, reading};
use testkit::{Applicant, Drafted, Fresh, TestApp, on_both_engines};

/// Fills an application in with photos that are read, and gives it with its person.
async fn filled(app: &TestApp, n: u16) -> (Drafted, Applicant) {
    let sim = app.unregistered(1, n).await;
    let drafted = app.begin(1, &sim).await;
    let person = Applicant::new(n);
    app.fill(&drafted, &person).await;
    app.run_jobs().await;
    (drafted, person)
}

async fn office(fresh: Fresh) -> TestApp {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    app
}

async fn sent(app: &TestApp, drafted: &Drafted) {
    let sent = register::submit(app, &drafted.actor, drafted.id).await.unwrap();
    assert!(matches!(sent, register::Submitted::Sent { .. }), "{sent:?}");
    app.run_jobs().await;
}

async fn checks(app: &TestApp, drafted: &Drafted) -> Vec<Check> {
    let all = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
    all.into_iter().filter(|check| check.kind == CheckKind::MachineRead).collect()
}

async fn rows(app: &TestApp, drafted: &Drafted) -> Vec<PhotoReading> {
    let db = &app.store.db;
    let row = store::application::load(db, drafted.id).await.unwrap().unwrap();
    match app.store.keys.load(db, row.data_key_id).await.unwrap() {
        Some(key) => PhotoReading::list(db, drafted.id, &key).await.unwrap(),
        None => Vec::new(),
    }
}

async fn seen(app: &TestApp, drafted: &Drafted) -> ReadView {
    register::readings(app, &drafted.actor, drafted.id, Duration::ZERO).await.unwrap()
}

async fn state(app: &TestApp, drafted: &Drafted) -> State {
    let row = store::application::load(&app.store.db, drafted.id).await.unwrap();
    row.unwrap().facts.state
}

fn because(check: &Check) -> &str {
    let told = check.evidence.iter().find(|evidence| evidence.name == "because");
    told.map_or("", |evidence| evidence.value.as_str())
}

on_both_engines! {
    async fn what_is_read_after_the_upload_passes_the_check(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(1);
        app.outside.will_read(card(&person.name, &person.number).map(Ok));
        let (drafted, _) = filled(&app, 1).await;
        let view = seen(&app, &drafted).await;
        assert!(view.is_on && !view.is_waiting, "{view:?}");
        let name = view.clear(FieldName::Name).unwrap();
        assert_eq!((name.item, name.value.expose()), (Item::DocumentFront, &person.name));
        assert_eq!(name.part, "180,80,340,100", "with a little around it");
        assert_eq!(view.differing().count(), 0);
        sent(&app, &drafted).await;
        let checks = checks(&app, &drafted).await;
        assert_eq!(checks.len(), 1, "{checks:?}");
        assert_eq!((checks[0].outcome, checks[0].item), (Outcome::Pass, None));
        let model = checks[0].evidence.iter().find(|e| e.name == "model").unwrap();
        assert_eq!(model.value, "prescribed 000000000000");
        assert_eq!(state(&app, &drafted).await, State::InReview, "a person still decides");
    }

    async fn what_differs_fails_with_its_reason_and_what_was_typed_stays(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_read(card("样本百", "11010519491231002X").map(Ok));
        let (drafted, person) = filled(&app, 2).await;
        let view = seen(&app, &drafted).await;
        let differing: Vec<FieldName> = view.differing().map(|field| field.name).collect();
        assert_eq!(differing, [FieldName::Name, FieldName::Number]);
        sent(&app, &drafted).await;
        let found = checks(&app, &drafted).await;
        let said: Vec<_> = found.iter().map(|c| (c.item, c.outcome, c.reason)).collect();
        let expected = [
            (Some(Item::Name), Outcome::Fail, Some(Reason::M1)),
            (Some(Item::DocumentNumber), Outcome::Fail, Some(Reason::M2)),
        ];
        assert_eq!(said, expected);
        assert_eq!(state(&app, &drafted).await, State::InReview, "no machine refuses for that");
        let form = register::load(
            &app,
            &domain::access::Actor::System,
            domain::access::Action::SeeApplication,
            drafted.id,
        );
        assert_eq!(form.await.unwrap().form.name, person.name);
    }

    async fn without_room_it_is_tried_again_and_then_left_to_a_person(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(3);
        let [front, back] = card(&person.name, &person.number);
        app.outside.will_read([Err(Unread::Busy), Ok(back)]);
        let (drafted, _) = filled(&app, 3).await;
        assert_eq!(rows(&app, &drafted).await.len(), 1, "the back");
        app.outside.will_read([Err(Unread::Late)]);
        app.advance_seconds(2);
        app.run_jobs().await;
        assert!(seen(&app, &drafted).await.is_waiting);
        app.outside.will_read([Ok(front)]);
        app.advance_seconds(2);
        app.run_jobs().await;
        assert_eq!(rows(&app, &drafted).await.len(), 2);

        let (other, _) = {
            app.outside.will_read([Err(Unread::Busy), Err(Unread::Busy)]);
            filled(&app, 4).await
        };
        app.outside.will_read((0..50).map(|_| Err(Unread::Busy)));
        let sent = register::submit(&app, &other.actor, other.id).await.unwrap();
        assert!(matches!(sent, register::Submitted::Sent { .. }));
        for _ in 0..5 {
            app.run_jobs().await;
            app.advance_seconds(20);
        }
        let found = checks(&app, &other).await;
        assert!(found.iter().all(|c| c.outcome == Outcome::Unavailable), "{found:?}");
        assert_eq!(because(&found[0]), "busy");
        assert_eq!(state(&app, &other).await, State::InReview, "kept, and a person gets it");
    }

    async fn a_model_that_fails_leaves_it_to_a_person(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_read([Err(Unread::Failed), Err(Unread::Failed)]);
        let (drafted, _) = filled(&app, 5).await;
        sent(&app, &drafted).await;
        let found = checks(&app, &drafted).await;
        let said: Vec<_> = found.iter().map(|c| (c.item, c.outcome, because(c))).collect();
        let expected = [
            (Some(Item::DocumentFront), Outcome::Unavailable, "failed"),
            (Some(Item::DocumentBack), Outcome::Unavailable, "failed"),
        ];
        assert_eq!(said, expected);
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn models_that_come_later_read_before_the_check(fresh: Fresh) {
        let app = office(fresh).await;
        let (drafted, person) = filled(&app, 6).await;
        let view = seen(&app, &drafted).await;
        assert!(view.is_readable && !view.is_on && !view.is_waiting, "{view:?}");
        app.outside.will_read(card(&person.name, &person.number).map(Ok));
        sent(&app, &drafted).await;
        assert_eq!(checks(&app, &drafted).await[0].outcome, Outcome::Pass);
    }

    async fn the_wrong_side_and_an_empty_photo_are_told(fresh: Fresh) {
        let app = office(fresh).await;
        let blank = Reading {
            problem: Some(domain::reading::Problem::NoText),
            ..Reading::default()
        };
        let back = reading(Side::Back, &[(FieldName::ValidUntil, "2040-01-01")]);
        app.outside.will_read([Ok(back), Ok(blank)]);
        let (drafted, _) = filled(&app, 7).await;
        let view = seen(&app, &drafted).await;
        let faults = view.photos.iter().map(|photo| (photo.item, photo.fault.unwrap().code()));
        let faults: Vec<_> = faults.collect();
        let expected = [(Item::DocumentFront, "other_side"), (Item::DocumentBack, "no_text")];
        assert_eq!(faults, expected);
        assert!(view.fields.is_empty(), "nothing of a wrong side is used");
        sent(&app, &drafted).await;
        let found = checks(&app, &drafted).await;
        let said: Vec<_> = found.iter().map(|c| (c.outcome, c.reason)).collect();
        let expected = [(Outcome::Warn, Some(Reason::D6)), (Outcome::Warn, Some(Reason::D1))];
        assert_eq!(said, expected);
    }

    async fn another_document_than_the_chosen_one_is_a_doubt_and_nothing_of_it_is_used(
        fresh: Fresh
    ) {
        let app = office(fresh).await;
        let [_, back] = card("样本百", "11010519491231002X");
        let dates = ["1974-08-12", "2032-04-15"];
        app.outside.will_read([Ok(passport("ERIKSSON ANNA", "L898902C3", dates)), Ok(back)]);
        let (drafted, _) = filled(&app, 17).await;
        let view = seen(&app, &drafted).await;
        assert_eq!(view.photos[0].fault.unwrap().code(), "other_document");
        assert_eq!(view.differing().count(), 0, "{view:?}");
        assert!(view.field(FieldName::Name).is_none());
        sent(&app, &drafted).await;
        let found = checks(&app, &drafted).await;
        let front = found.iter().find(|c| c.item == Some(Item::DocumentFront)).unwrap();
        assert_eq!((front.outcome, front.reason), (Outcome::Warn, None));
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn a_new_photo_is_read_anew_and_the_typed_wins(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(8);
        let [front, back] = card(&person.name, &person.number);
        let other = reading(Side::Front, &[(FieldName::Name, "样本百")]);
        app.outside.will_read([Ok(other), Ok(back)]);
        let (drafted, _) = filled(&app, 8).await;
        assert_eq!(seen(&app, &drafted).await.differing().count(), 1);
        app.outside.will_read([Ok(front)]);
        let front = Item::DocumentFront;
        register::upload(&app, &drafted.actor, drafted.id, front, Applicant::new(9).photo(front))
            .await
            .unwrap();
        app.run_jobs().await;
        let view = seen(&app, &drafted).await;
        assert_eq!(view.differing().count(), 0, "{view:?}");
        let fields = IdentityFields { name: "样本千".to_owned().into(), ..person.fields() };
        let change = Change::Identity(Box::new(fields));
        register::save(&app, &drafted.actor, drafted.id, &change).await.unwrap();
        assert_eq!(seen(&app, &drafted).await.differing().count(), 1);
        let open = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(open.form.name, "样本千", "nothing that was typed is overwritten");
    }

    async fn what_was_read_ends_with_the_photos(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(10);
        app.outside.will_read(card(&person.name, &person.number).map(Ok));
        let (drafted, _) = filled(&app, 10).await;
        assert_eq!(rows(&app, &drafted).await.len(), 2);
        app.advance_seconds(15 * 86_400);
        work::run_due(&app).await.unwrap();
        let row = store::application::load(&app.store.db, drafted.id).await.unwrap().unwrap();
        assert!(row.facts.is_erased, "{:?}", row.facts);
        let key = seal::DataKey::generate(1);
        let left = PhotoReading::list(&app.store.db, drafted.id, &key).await;
        assert!(left.unwrap().is_empty(), "not even sealed");
    }
}
