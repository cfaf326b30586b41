//! The live capture: challenges that are used once and soon, films that are judged and forgotten.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::check::{Check, CheckKind, Outcome as Checked};
use domain::live::{FRAMES, Outcome, Why};
use domain::reading::Unread;
use domain::reason::Item;
use service::Error;
use service::register::{self, FRAME_BYTES_MAX, LiveResult, Purpose};
use store::application::live::Challenge;
use testkit::faces::{beside, files, film};
use testkit::{Applicant, Drafted, Fresh, TestApp, on_both_engines};

async fn filled(fresh: Fresh) -> (TestApp, Drafted) {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    app.outside.will_see([Ok(beside(0.6)), Ok(beside(0.6))]);
    let sim = app.unregistered(1, 1).await;
    let drafted = app.begin(1, &sim).await;
    app.fill(&drafted, &Applicant::new(1)).await;
    app.run_jobs().await;
    (app, drafted)
}

async fn send(app: &TestApp, drafted: &Drafted, nonce: &str, files: Vec<Vec<u8>>) -> LiveResult {
    register::finish_live(app, &drafted.actor, drafted.id, nonce, files).await.unwrap()
}

fn suspicious(why: Why) -> LiveResult {
    LiveResult { outcome: Outcome::Suspicious, why: vec![why] }
}

async fn check(app: &TestApp, drafted: &Drafted) -> Check {
    let sent = register::submit(app, &drafted.actor, drafted.id).await.unwrap();
    assert!(matches!(sent, register::Submitted::Sent { .. }), "{sent:?}");
    app.run_jobs().await;
    let all = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
    all.into_iter().find(|check| check.kind == CheckKind::Liveness).unwrap()
}

on_both_engines! {
    async fn a_film_that_does_as_told_passes_once(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        app.outside.will_follow([Ok(film(&task.steps)), Ok(film(&task.steps))]);
        app.outside.will_see([Ok(beside(0.7)), Ok(beside(0.7))]);
        let first = send(&app, &drafted, &task.nonce, files()).await;
        assert_eq!(first, LiveResult { outcome: Outcome::Passed, why: Vec::new() });
        let again = send(&app, &drafted, &task.nonce, files()).await;
        assert_eq!(again, suspicious(Why::Nonce), "the same film again");
        let kept = Challenge::list(&app.store.db, drafted.id).await.unwrap();
        assert_eq!((kept.len(), kept[0].outcome), (1, Some(Outcome::Passed)));
        assert!(kept[0].models.starts_with("prescribed.face "), "{}", kept[0].models);
        assert_ne!(kept[0].nonce, task.nonce.as_bytes(), "only its hash");
        assert_eq!(check(&app, &drafted).await.outcome, Checked::Pass);
    }

    async fn two_that_come_at_once_with_one_challenge_are_one(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        app.outside.will_follow([Ok(film(&task.steps)), Ok(film(&task.steps))]);
        app.outside.will_see([Ok(beside(0.7)), Ok(beside(0.7))]);
        let (one, other) = tokio::join!(
            send(&app, &drafted, &task.nonce, files()),
            send(&app, &drafted, &task.nonce, files()),
        );
        let passed = [&one, &other].iter().filter(|r| r.outcome == Outcome::Passed).count();
        assert_eq!(passed, 1, "{one:?} {other:?}");
    }

    async fn a_film_for_another_challenge_is_suspicious(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let recorded = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        // A new challenge until its order differs.
        let mut task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        for _ in 0..7 {
            if task.steps != recorded.steps {
                break;
            }
            task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        }
        if task.steps == recorded.steps {
            return; // One of 1,679,616 runs.
        }
        app.outside.will_follow([Ok(film(&recorded.steps))]);
        app.outside.will_see([Ok(beside(0.7))]);
        let result = send(&app, &drafted, &task.nonce, files()).await;
        assert_eq!(result, suspicious(Why::Order));
        assert_eq!(send(&app, &drafted, "made up", files()).await, suspicious(Why::Nonce));
        let check = check(&app, &drafted).await;
        assert_eq!(check.outcome, Checked::Warn, "a person looks");
        assert!(check.evidence.iter().any(|e| (&*e.name, &*e.value) == ("live", "order")));
    }

    async fn a_challenge_is_over_after_two_minutes(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        app.advance_seconds(121);
        app.outside.will_follow([Ok(film(&task.steps))]);
        assert_eq!(send(&app, &drafted, &task.nonce, files()).await, suspicious(Why::Nonce));
    }

    async fn the_same_picture_missing_ones_and_files_that_are_none_do_not_pass(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let begin = || register::begin_live(&app, &drafted.actor, drafted.id);
        let task = begin().await.unwrap();
        app.outside.will_follow([Ok(film(&task.steps))]);
        app.outside.will_see([Ok(beside(0.7))]);
        let one = files().remove(0);
        let same = vec![one; FRAMES];
        let result = send(&app, &drafted, &task.nonce, same).await;
        assert_eq!(result, suspicious(Why::Repeated));
        let cut = files().into_iter().take(FRAMES - 1).collect();
        let mut broken = files();
        broken[3] = b"no picture".to_vec();
        let mut huge = files();
        huge[3] = vec![0; FRAME_BYTES_MAX + 1];
        for files in [cut, Vec::new(), broken, huge] {
            let task = begin().await.unwrap();
            let result = send(&app, &drafted, &task.nonce, files).await;
            let expected = LiveResult { outcome: Outcome::NotAssessed, why: vec![Why::Frames] };
            assert_eq!(result, expected);
        }
    }

    async fn a_friend_who_nods_for_it_is_not_the_person_on_the_portrait(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        app.outside.will_follow([Ok(film(&task.steps))]);
        app.outside.will_see([Ok(beside(0.2))]);
        let result = send(&app, &drafted, &task.nonce, files()).await;
        assert_eq!(result, suspicious(Why::OtherPerson));
    }

    async fn a_new_portrait_needs_a_new_film(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        app.outside.will_follow([Ok(film(&task.steps))]);
        app.outside.will_see([Ok(beside(0.7)), Ok(beside(0.6)), Ok(beside(0.6))]);
        let passed = send(&app, &drafted, &task.nonce, files()).await;
        assert_eq!(passed.outcome, Outcome::Passed);
        let photo = Applicant::new(2).photo(Item::Portrait);
        let (actor, id) = (&drafted.actor, drafted.id);
        register::upload(&app, actor, id, Item::Portrait, photo).await.unwrap();
        assert_eq!(check(&app, &drafted).await.outcome, Checked::Unavailable);
    }

    async fn models_that_fail_leave_it_to_a_person(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let task = register::begin_live(&app, &drafted.actor, drafted.id).await.unwrap();
        app.outside.will_follow([Err(Unread::Late)]);
        let result = send(&app, &drafted, &task.nonce, files()).await;
        let expected = LiveResult { outcome: Outcome::NotAssessed, why: vec![Why::Unavailable] };
        assert_eq!(result, expected);
        assert_eq!(check(&app, &drafted).await.outcome, Checked::Unavailable);
    }

    async fn it_is_offered_only_after_consent_and_not_without_end(fresh: Fresh) {
        let (app, drafted) = filled(fresh).await;
        let (actor, id) = (&drafted.actor, drafted.id);
        assert!(register::may_live(&app, actor, id).await.unwrap());
        for _ in 0..10 {
            register::begin_live(&app, actor, id).await.unwrap();
        }
        assert!(!register::may_live(&app, actor, id).await.unwrap());
        let more = register::begin_live(&app, actor, id).await;
        assert!(matches!(more, Err(Error::NotFound)), "{more:?}");
        let some = [Purpose::Registration];
        register::save_consents(&app, actor, id, &some).await.unwrap();
        assert!(!register::may_live(&app, actor, id).await.unwrap());
    }
}
