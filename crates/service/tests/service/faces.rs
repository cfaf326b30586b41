//! Faces looked at by machine, from the upload to the check: with models whose words are
//! prescribed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::application::State;
use domain::check::{Check, CheckKind, Outcome};
use domain::portrait::{Compared, FacesSeen, FindingKind};
use domain::reading::Unread;
use domain::reason::{Item, Reason};
use service::register::{self, FaceView, Purpose};
use store::application::face::PhotoFaces;
use testkit::faces::{beside, portrait};
use testkit::{Applicant, Drafted, Fresh, TestApp, on_both_engines};

async fn office(fresh: Fresh) -> TestApp {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    app
}

async fn filled(app: &TestApp, n: u16) -> (Drafted, Applicant) {
    let sim = app.unregistered(1, n).await;
    let drafted = app.begin(1, &sim).await;
    let person = Applicant::new(n);
    app.fill(&drafted, &person).await;
    app.run_jobs().await;
    (drafted, person)
}

async fn sent(app: &TestApp, drafted: &Drafted) {
    let sent = register::submit(app, &drafted.actor, drafted.id).await.unwrap();
    assert!(matches!(sent, register::Submitted::Sent { .. }), "{sent:?}");
    app.run_jobs().await;
}

async fn check(app: &TestApp, drafted: &Drafted, kind: CheckKind) -> Check {
    let all = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
    let mut found: Vec<Check> = all.into_iter().filter(|check| check.kind == kind).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

async fn rows(app: &TestApp, drafted: &Drafted) -> Vec<PhotoFaces> {
    let db = &app.store.db;
    let row = store::application::load(db, drafted.id).await.unwrap().unwrap();
    match app.store.keys.load(db, row.data_key_id).await.unwrap() {
        Some(key) => PhotoFaces::list(db, drafted.id, &key).await.unwrap(),
        None => Vec::new(),
    }
}

async fn seen(app: &TestApp, drafted: &Drafted) -> FaceView {
    register::faces(app, &drafted.actor, drafted.id).await.unwrap()
}

async fn state(app: &TestApp, drafted: &Drafted) -> State {
    let row = store::application::load(&app.store.db, drafted.id).await.unwrap();
    row.unwrap().facts.state
}

on_both_engines! {
    async fn the_portrait_is_looked_at_alone_and_compared_only_after_consent(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Ok(beside(0.7)), Ok(beside(0.7))]);
        let sim = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &sim).await;
        let person = Applicant::new(1);
        app.fill(&drafted, &person).await;
        // Filling gives all consents at its end; the job that compares has not run yet.
        let before = rows(&app, &drafted).await;
        assert_eq!(before.len(), 1);
        assert_eq!(before[0].document, None, "alone");
        app.run_jobs().await;
        let after = rows(&app, &drafted).await;
        assert_eq!(after.len(), 2);
        assert_eq!(after[1].document, Some((Item::DocumentFront, 1)));
        assert_eq!(after[1].models, [("prescribed.face".to_owned(), "11".repeat(32))]);
        assert_eq!(after[1].limits, domain::portrait::Limits::DEFAULT, "what it was judged by");
        let view = seen(&app, &drafted).await;
        let pair = view.pair.unwrap();
        assert!(matches!(pair.compared, Compared::Scored { .. }));
        // Taking the consent back forgets what came of comparing.
        let some = [Purpose::Registration];
        register::save_consents(&app, &drafted.actor, drafted.id, &some).await.unwrap();
        let left = rows(&app, &drafted).await;
        assert_eq!(left.iter().map(|row| row.document).collect::<Vec<_>>(), [None]);
        assert!(seen(&app, &drafted).await.pair.is_none());
    }

    async fn a_consistent_pair_passes_its_check_and_still_goes_to_a_person(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Ok(beside(0.7)), Ok(beside(0.61))]);
        let (drafted, _) = filled(&app, 1).await;
        sent(&app, &drafted).await;
        let matched = check(&app, &drafted, CheckKind::PortraitMatch).await;
        assert_eq!(matched.outcome, Outcome::Pass);
        let told: Vec<_> = matched.evidence.iter().map(|e| (&*e.name, &*e.value)).collect();
        assert!(told.contains(&("band", "consistent")), "{told:?}");
        assert!(told.iter().all(|(_, value)| !value.contains("0.61")), "the score is sealed");
        assert!(told.contains(&("model", "prescribed.face 111111111111")), "{told:?}");
        let quality = check(&app, &drafted, CheckKind::PortraitQuality).await;
        assert_eq!(quality.outcome, Outcome::Pass);
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn a_mismatch_goes_to_a_person_and_is_never_refused_by_machine(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Ok(beside(0.1)), Ok(beside(0.1))]);
        let (drafted, _) = filled(&app, 1).await;
        sent(&app, &drafted).await;
        let matched = check(&app, &drafted, CheckKind::PortraitMatch).await;
        assert_eq!((matched.outcome, matched.reason), (Outcome::Fail, Some(Reason::M3)));
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn the_documents_own_photo_is_asked_again(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Ok(beside(0.99)), Ok(beside(0.99)), Ok(beside(0.6))]);
        let (drafted, person) = filled(&app, 1).await;
        assert!(seen(&app, &drafted).await.is_copy(), "told before it is sent");
        sent(&app, &drafted).await;
        assert_eq!(state(&app, &drafted).await, State::NeedsUpdate);
        let same = check(&app, &drafted, CheckKind::SameImage).await;
        assert_eq!((same.outcome, same.reason), (Outcome::Fail, Some(Reason::P4)));
        assert_eq!(same.item, Some(Item::Portrait));
        // A new one is looked at anew, beside the same document.
        let photo = vision::specimen::blurred(
            &vision::decode(&person.photo(Item::Portrait), &vision::Limits::default())
                .unwrap()
                .picture,
            1.0,
        );
        let (actor, id) = (&drafted.actor, drafted.id);
        register::upload(&app, actor, id, Item::Portrait, photo.to_jpeg()).await.unwrap();
        assert!(!seen(&app, &drafted).await.is_copy());
        sent(&app, &drafted).await;
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn what_is_wrong_with_a_portrait_is_told_at_once_and_may_be_sent_anyway(fresh: Fresh) {
        let app = office(fresh).await;
        let bad = domain::portrait::Faces {
            portrait: portrait(|m| (m.sharpness, m.roll_degrees) = (1.0, 25.0)),
            ..beside(0.6)
        };
        app.outside.will_see([Ok(beside(0.6)), Ok(beside(0.6)), Ok(bad)]);
        let (drafted, person) = filled(&app, 1).await;
        let photo = person.photo(Item::Portrait);
        let (actor, id) = (&drafted.actor, drafted.id);
        let uploaded = register::upload(&app, actor, id, Item::Portrait, photo).await.unwrap();
        let kinds: Vec<FindingKind> = uploaded.portrait.iter().map(|f| f.kind).collect();
        assert_eq!(kinds, [FindingKind::Tilted, FindingKind::Blurry]);
        assert_eq!(uploaded.reasons, [Reason::P1]);
        register::send_anyway(&app, actor, id, Item::Portrait).await.unwrap();
        sent(&app, &drafted).await;
        let quality = check(&app, &drafted, CheckKind::PortraitQuality).await;
        assert_eq!((quality.outcome, quality.reason), (Outcome::Warn, Some(Reason::P1)));
        assert_eq!(state(&app, &drafted).await, State::InReview, "a person decides");
    }

    async fn without_models_and_with_failing_ones_a_person_looks(fresh: Fresh) {
        let app = office(fresh).await;
        let (drafted, _) = filled(&app, 1).await;
        sent(&app, &drafted).await;
        for kind in [CheckKind::PortraitQuality, CheckKind::PortraitMatch] {
            let check = check(&app, &drafted, kind).await;
            assert_eq!(check.outcome, Outcome::Unavailable);
            assert!(check.evidence.iter().any(|e| e.value == "no_model"), "{check:?}");
        }
        assert_eq!(state(&app, &drafted).await, State::InReview);
        // A model that fails on this photo is not asked again and again.
        app.outside.will_see([Err(Unread::Failed), Err(Unread::Failed)]);
        let (drafted, _) = filled(&app, 2).await;
        sent(&app, &drafted).await;
        let matched = check(&app, &drafted, CheckKind::PortraitMatch).await;
        assert_eq!(matched.outcome, Outcome::Unavailable);
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn whatever_is_wrong_with_the_models_it_is_kept_and_a_person_looks(fresh: Fresh) {
        let app = office(fresh).await;
        for (n, why) in (1..).zip(Unread::ALL) {
            app.outside.will_see((0..80).map(|_| Err(why)));
            let (drafted, _) = filled(&app, n).await;
            sent(&app, &drafted).await;
            for _ in 0..40 {
                app.advance_seconds(3);
                app.run_jobs().await;
            }
            assert_eq!(state(&app, &drafted).await, State::InReview, "{why:?}");
            for kind in [CheckKind::PortraitQuality, CheckKind::PortraitMatch] {
                let check = check(&app, &drafted, kind).await;
                assert_eq!(check.outcome, Outcome::Unavailable, "{why:?} {check:?}");
                let because = check.evidence.iter().find(|one| one.name == "because");
                assert_eq!(because.map(|one| &*one.value), Some(why.code()), "{check:?}");
            }
            assert_eq!(seen(&app, &drafted).await.unread, Some(why), "the page says so");
            app.outside.forget_faces();
        }
    }

    async fn what_had_no_room_is_looked_at_again(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Err(Unread::Busy), Err(Unread::Late), Ok(beside(0.6))]);
        let (drafted, _) = filled(&app, 1).await;
        assert!(seen(&app, &drafted).await.pair.is_none());
        app.advance_seconds(5);
        app.run_jobs().await;
        assert!(seen(&app, &drafted).await.pair.is_some());
    }

    async fn what_was_seen_is_erased_with_the_photos(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Ok(beside(0.6)), Ok(beside(0.6))]);
        let (drafted, _) = filled(&app, 1).await;
        let kept = rows(&app, &drafted).await;
        assert!(kept.iter().all(|row| matches!(row.seen, FacesSeen::Looked(_))));
        app.advance_seconds(15 * 86_400);
        app.run_jobs().await;
        let row = store::application::load(&app.store.db, drafted.id).await.unwrap().unwrap();
        assert!(row.facts.is_erased, "{:?}", row.facts);
        let key = seal::DataKey::generate(1);
        let left = PhotoFaces::list(&app.store.db, drafted.id, &key).await;
        assert!(left.unwrap().is_empty(), "not even sealed");
    }
}
