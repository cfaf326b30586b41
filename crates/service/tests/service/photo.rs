//! Photos as they are sent, until they are drawn anew: nobody sees them, everything waits for them,
//! and nothing is lost or kept when a process dies at any point. On both engines.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::Role;
use domain::application::State;
use domain::id::{ApplicationId, OperatorId};
use domain::reason::{Item, Reason};
use domain::review::ViewReason;
use service::register::{self, PhotoStage, Purpose, Submitted};
use service::review::{self, ImageRequest};
use service::{App, Error, work};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use store::application::document::Document;
use store::application::received::Received;
use testkit::{Applicant, Drafted, TestApp, on_both_engines};
use vision::specimen;

const ITEMS: [Item; 3] = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refused) => refused.code,
        Error::NotFound => "404",
        other => panic!("{other:?}"),
    }
}

/// Everything but photos and consents.
async fn draft(app: &TestApp, n: u16) -> Drafted {
    let (person, card) = (Applicant::new(n), app.unregistered(1, n).await);
    let drafted = app.begin(1, &card).await;
    app.confirm(&drafted, &person.contact).await;
    for change in [
        register::Change::Who(Some(domain::application::form::Who::Myself)),
        register::Change::Document(Some(domain::identity::DocumentKind::ResidentId)),
        register::Change::Identity(Box::new(person.fields())),
    ] {
        register::save(app, &drafted.actor, drafted.id, &change).await.unwrap();
    }
    app.run_jobs().await;
    drafted
}

async fn receive(app: &App, drafted: &Drafted, item: Item, bytes: Vec<u8>) -> Received {
    register::receive(app, &drafted.actor, drafted.id, item, bytes).await.unwrap()
}

async fn receive_all(app: &App, drafted: &Drafted, n: u16) {
    for item in ITEMS {
        receive(app, drafted, item, Applicant::new(n).photo(item)).await;
    }
    register::save_consents(app, &drafted.actor, drafted.id, &Purpose::ALL).await.unwrap();
}

async fn submit(app: &App, drafted: &Drafted) -> Submitted {
    register::submit(app, &drafted.actor, drafted.id).await.unwrap()
}

async fn state(app: &App, id: ApplicationId) -> State {
    store::application::load(&app.store.db, id).await.unwrap().unwrap().facts.state
}

async fn drawn(app: &App, id: ApplicationId) -> Vec<Document> {
    Document::current(&app.store.db, id).await.unwrap()
}

async fn received(app: &App, id: ApplicationId) -> Vec<Received> {
    Received::list(&app.store.db, id).await.unwrap()
}

/// Whether there is a key to the file as it was sent.
async fn can_open(app: &App, sent: &Received) -> bool {
    app.store.keys.load(&app.store.db, sent.data_key_id).await.unwrap().is_some()
}

async fn stage(app: &App, drafted: &Drafted, item: Item) -> PhotoStage {
    let view = register::open(app, &drafted.actor, drafted.id).await.unwrap();
    view.photos.iter().find(|photo| photo.found.item == item).unwrap().found.stage
}

/// Runs a future for so many steps and then drops it, as a process is killed: what it has asked the
/// database for by then may still happen, what comes after does not.
struct Killed<'a, F>(Pin<&'a mut F>, usize);

impl<F: Future> Future for Killed<'_, F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if self.1 == 0 {
            return Poll::Ready(false);
        }
        self.1 -= 1;
        self.0.as_mut().poll(context).map(|_| true)
    }
}

/// Whether it came to its end within so many steps.
async fn killed_after(steps: usize, work: impl Future) -> bool {
    let mut work = pin!(work);
    Killed(work.as_mut(), steps).await
}

/// A JPEG that names a place.
fn with_place(jpeg: &[u8]) -> Vec<u8> {
    let text = b"31.2304 N 121.4737 E";
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xfe]);
    out.extend(u16::try_from(text.len() + 2).unwrap().to_be_bytes());
    out.extend(text);
    out.extend(&jpeg[2..]);
    out
}

fn png(damage: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    use image::ImageEncoder as _;
    let mut out = Vec::new();
    let pixels: Vec<u8> =
        (0..300 * 300 * 3_u32).map(|n| u8::try_from(n * 31 % 251).unwrap()).collect();
    image::codecs::png::PngEncoder::new(&mut out)
        .write_image(&pixels, 300, 300, image::ExtendedColorType::Rgb8)
        .unwrap();
    damage(&mut out);
    out
}

/// Files whose outline is sound and whose pixels are not.
fn hostile() -> Vec<Vec<u8>> {
    use image::ImageEncoder as _;
    let mut webp = Vec::new();
    let pixels: Vec<u8> = (0..300 * 300 * 3_u32).map(|n| u8::try_from(n % 253).unwrap()).collect();
    image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
        .write_image(&pixels, 300, 300, image::ExtendedColorType::Rgb8)
        .unwrap();
    let middle = webp.len() / 2;
    webp[middle..].fill(0xff);
    vec![
        png(|bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xff;
        }),
        png(|bytes| bytes.truncate(bytes.len() / 2)),
        webp,
    ]
}

/// A file whose outline tells that nothing can be drawn of it: the tables of the picture are
/// nonsense.
fn hostile_outline() -> Vec<u8> {
    let mut jpeg = Applicant::new(3).photo(Item::DocumentFront);
    let at = jpeg.windows(2).position(|two| two == [0xff, 0xc4]).unwrap();
    jpeg[at + 5..at + 20].fill(0x7f);
    jpeg
}

async fn only_what_is_whole(app: &TestApp) {
    let proof = service::backup::prove(app).await.unwrap();
    assert_eq!(proof.broken, Vec::<String>::new());
    assert_eq!(proof.erased, 0, "a record without its key");
    assert!(proof.logs.iter().all(|log| log.findings.is_empty()), "{:?}", proof.logs);
}

on_both_engines! {
    /// The page said that the photo was still being looked at: it had been sent when it was chosen,
    /// and again by the button.
    async fn a_photo_sent_twice_at_once_is_one_photo_and_seen_by_both(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let drafted = draft(&app, 1).await;
        let (item, file) = (Item::Portrait, Applicant::new(1).photo(Item::Portrait));
        let first = receive(&app, &drafted, item, file.clone()).await;
        let again = receive(&app, &drafted, item, file.clone()).await;
        assert_eq!(first, again);
        assert_eq!(received(&app, drafted.id).await, [first]);
        let send = || register::upload(&app, &drafted.actor, drafted.id, item, file.clone());
        let (one, two, three) = tokio::join!(send(), send(), send());
        for uploaded in [one, two, three] {
            let uploaded = uploaded.unwrap();
            assert_eq!((uploaded.stage, uploaded.round), (PhotoStage::Drawn, 1));
        }
        assert_eq!(received(&app, drafted.id).await, []);
        assert_eq!(drawn(&app, drafted.id).await.len(), 1);
        // Another photo takes the place of one that waits, as ever.
        let first = receive(&app, &drafted, item, Applicant::new(2).photo(item)).await;
        let other = receive(&app, &drafted, item, Applicant::new(3).photo(item)).await;
        assert_eq!(received(&app, drafted.id).await, [other]);
        assert!(!can_open(&app, &first).await);
    }

    async fn a_page_draws_its_photo_while_a_job_lets_others_hand_in_first(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (own, other) = (draft(&app, 0).await, draft(&app, 1).await);
        let item = Item::DocumentFront;
        receive(&app, &own, item, Applicant::new(0).photo(item)).await;
        // As many as there are cores have begun to hand in, and stay at it.
        let cores = std::thread::available_parallelism().unwrap().get();
        let mut others = Vec::new();
        while others.len() < cores {
            let mut submit = Box::pin(register::submit(&app, &other.actor, other.id));
            // Whoever was answered before one could look has ended.
            if futures::poll!(submit.as_mut()).is_pending() {
                others.push(submit);
            }
        }
        let mut job = Box::pin(work::run_due(&app));
        let waited = tokio::time::timeout(Duration::from_secs(1), job.as_mut()).await;
        assert!(waited.is_err(), "the job did not wait");
        let (item, bytes) = (Item::Portrait, Applicant::new(0).photo(Item::Portrait));
        let page = Box::pin(register::upload(&app, &own.actor, own.id, item, bytes));
        let futures::future::Either::Left((page, job)) = futures::future::select(page, job).await
        else {
            panic!("the job ended before the page");
        };
        assert_eq!(page.unwrap().stage, PhotoStage::Drawn);
        drop(others);
        job.await.unwrap();
    }

    async fn a_photo_waits_until_it_is_drawn_and_nobody_sees_it_before(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let lead = app.staff(1, "li.gong", &[Role::Lead]).await.actor();
        let drafted = draft(&app, 1).await;
        let front = Item::DocumentFront;
        let photo = with_place(&Applicant::new(1).photo(front));
        let sent = receive(&app, &drafted, front, photo.clone()).await;
        assert_eq!(drawn(&app, drafted.id).await, []);
        assert_eq!(stage(&app, &drafted, front).await, PhotoStage::Received);
        for round in [0, 1] {
            let seen = register::photo(&app, &drafted.actor, drafted.id, front, round).await;
            assert_eq!(code(seen), "404");
            let part = ((front, round), ("0,0,500,500", 0));
            let seen = register::photo_part(&app, &drafted.actor, drafted.id, part.0, part.1);
            assert_eq!(code(seen.await), "404");
        }
        let key = app.store.keys.load(&app.store.db, sent.data_key_id).await.unwrap().unwrap();
        assert_eq!(app.store.blobs.get(&key, sent.blob_id).await.unwrap(), photo, "as it was sent");
        let stored = app.store.blobs.raw(sent.blob_id).await.unwrap().unwrap();
        assert!(!stored.windows(8).any(|window| window == b"31.2304 "), "sealed");
        only_what_is_whole(&app).await;

        app.run_jobs().await;
        assert_eq!(received(&app, drafted.id).await, []);
        assert_eq!(stage(&app, &drafted, front).await, PhotoStage::Drawn);
        let kept = register::photo(&app, &drafted.actor, drafted.id, front, 0).await.unwrap();
        assert!(!kept.windows(8).any(|window| window == b"31.2304 "));
        let [photo] = &drawn(&app, drafted.id).await[..] else { panic!("one photo") };
        assert_eq!((photo.digest, photo.round), (sent.digest, 1));
        // The file as sent cannot be opened by anybody, and goes with the sweep.
        assert!(!can_open(&app, &sent).await);
        let at = app.now().plus_days(2);
        assert!(app.store.blobs.sweep(&app.store.db, at).await.unwrap() >= 1);
        assert_eq!(app.store.blobs.raw(sent.blob_id).await.unwrap(), None);
        only_what_is_whole(&app).await;
        drop(lead);
    }

    async fn an_application_may_be_sent_before_its_photos_are_drawn(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let lead = app.staff(1, "li.gong", &[Role::Lead]).await.actor();
        let drafted = draft(&app, 1).await;
        receive_all(&app, &drafted, 1).await;
        let Submitted::Sent { .. } = submit(&app, &drafted).await else { panic!("not sent") };
        // Whatever runs but the drawing, nobody has it in hand.
        let now = app.now();
        let others = store::job::claim_in(&app.store.db, now, 100, store::job::Lane::Others);
        let others = others.await.unwrap();
        assert!(others.iter().all(|job| job.kind != "application.check"), "{others:?}");
        assert_eq!(state(&app, drafted.id).await, State::Submitted);
        let case = store::review::Case::load(&app.store.db, drafted.id).await.unwrap();
        assert!(case.is_none());
        let request = ImageRequest {
            application_id: drafted.id,
            item: Item::Portrait,
            round: 1,
            zoom: 1,
            turns: 0,
            region: None,
            is_face: false,
        };
        let why = Some(ViewReason::Supervision);
        assert_eq!(code(review::image(&app, &lead, request, why).await), "404");

        app.run_jobs().await;
        assert_eq!(state(&app, drafted.id).await, State::InReview);
        assert_eq!(drawn(&app, drafted.id).await.len(), 3);
        review::image(&app, &lead, request, why).await.unwrap();
        let checks = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
        let is_quality = |c: &&domain::check::Check| c.kind.code() == "image_quality";
        assert_eq!(checks.iter().filter(is_quality).count(), 3);
        assert!(checks.iter().filter(is_quality).all(|c| c.outcome.code() == "pass"));
        only_what_is_whole(&app).await;
    }

    async fn what_cannot_be_read_after_it_was_sent_is_asked_for_again(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let lead = app.staff(1, "li.gong", &[Role::Lead]).await.actor();
        let drafted = draft(&app, 1).await;
        receive_all(&app, &drafted, 1).await;
        let bad = hostile().remove(0);
        receive(&app, &drafted, Item::Portrait, bad).await;
        assert!(matches!(submit(&app, &drafted).await, Submitted::Sent { .. }));
        app.run_jobs().await;
        assert_eq!(state(&app, drafted.id).await, State::NeedsUpdate);
        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(status.reasons, [Reason::F1]);
        assert_eq!(status.redo.len(), 1);
        assert_eq!((status.redo[0].item, status.redo[0].is_done), (Item::Portrait, false));
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains("照片文件打不开"), "{}", mail.text);
        assert_eq!(stage(&app, &drafted, Item::Portrait).await,
            PhotoStage::Unreadable(vision::ImageError::Damaged));
        assert_eq!(drawn(&app, drafted.id).await.len(), 2, "the others are kept");
        assert!(matches!(submit(&app, &drafted).await, Submitted::Incomplete(_)));

        // Another bad one, noticed only after the answer was sent: back again; then a good one.
        receive(&app, &drafted, Item::Portrait, hostile().remove(1)).await;
        let seen = review::view(&app, &lead, drafted.id, Some(ViewReason::Supervision)).await;
        assert!(matches!(seen, Err(Error::NotFound)), "no case was ever before people");
        assert!(matches!(submit(&app, &drafted).await, Submitted::Sent { .. }));
        app.run_jobs().await;
        assert_eq!(state(&app, drafted.id).await, State::NeedsUpdate);
        receive(&app, &drafted, Item::Portrait, Applicant::new(1).photo(Item::Portrait)).await;
        assert!(matches!(submit(&app, &drafted).await, Submitted::Sent { .. }));
        app.run_jobs().await;
        assert_eq!(state(&app, drafted.id).await, State::InReview);
        let case = store::review::Case::load(&app.store.db, drafted.id).await.unwrap().unwrap();
        assert!(case.is_open);
        only_what_is_whole(&app).await;
    }

    async fn hostile_files_never_become_a_photo_and_leave_the_one_before(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let drafted = draft(&app, 1).await;
        let front = Item::DocumentFront;
        for bytes in hostile().into_iter().chain([hostile_outline()]) {
            let told = register::upload(&app, &drafted.actor, drafted.id, front, bytes).await;
            let told = code(told);
            assert!(["photo.damaged", "photo.truncated"].contains(&told), "{told}");
            assert_eq!(drawn(&app, drafted.id).await, []);
            assert_eq!(received(&app, drafted.id).await, [], "told at once, so nothing is left");
        }
        let good = Applicant::new(1).photo(front);
        register::upload(&app, &drafted.actor, drafted.id, front, good).await.unwrap();
        for bytes in hostile() {
            receive(&app, &drafted, front, bytes).await;
            app.run_jobs().await;
            let [photo] = &drawn(&app, drafted.id).await[..] else { panic!("the first one") };
            assert_eq!(photo.round, 1);
            let stage = stage(&app, &drafted, front).await;
            assert!(matches!(stage, PhotoStage::Unreadable(_)), "{stage:?}");
        }
        // It is told before sending, until the applicant says to go on with the earlier one.
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        let photos = view.sections.iter().find(|s| s.section.code() == "photos").unwrap();
        assert!(photos.problems.iter().any(|p| p.code == "photo.damaged"), "{photos:?}");
        register::keep_earlier(&app, &drafted.actor, drafted.id, front).await.unwrap();
        assert_eq!(stage(&app, &drafted, front).await, PhotoStage::Drawn);
        assert_eq!(received(&app, drafted.id).await, []);
        only_what_is_whole(&app).await;
    }

    async fn a_newer_photo_takes_the_place_of_one_that_was_never_drawn(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let drafted = draft(&app, 1).await;
        let front = Item::DocumentFront;
        let first = receive(&app, &drafted, front, Applicant::new(2).photo(front)).await;
        let second = receive(&app, &drafted, front, Applicant::new(1).photo(front)).await;
        assert!(!can_open(&app, &first).await);
        app.run_jobs().await;
        let [photo] = &drawn(&app, drafted.id).await[..] else { panic!("one photo") };
        assert_eq!((photo.digest, photo.round), (second.digest, 1));
        only_what_is_whole(&app).await;
    }

    async fn killed_anywhere_nothing_is_lost_or_half_done(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let mut ended = 0;
        for steps in 0..32_u16 {
            let drafted = draft(&app, steps).await;
            let id = drafted.id;
            // The first photo may be lost with the one who took it in: nobody was told it came.
            let front = Applicant::new(steps).photo(Item::DocumentFront);
            let (actor, item) = (&drafted.actor, Item::DocumentFront);
            let taken = Box::pin(register::upload(&app, actor, id, item, front));
            let _ = killed_after(usize::from(steps), taken).await;
            receive_all(&app, &drafted, steps).await;
            assert!(matches!(submit(&app, &drafted).await, Submitted::Sent { .. }));
            let worker = app.beside();
            ended += usize::from(killed_after(usize::from(steps), work::run_due(&worker)).await);
            // Another process takes over when the lease has ended.
            app.advance_seconds(90);
            app.run_jobs().await;
            assert_eq!(state(&app, id).await, State::InReview, "{steps}");
            assert_eq!(received(&app, id).await, [], "{steps}");
            let photos = drawn(&app, id).await;
            assert_eq!(photos.iter().map(|p| p.item).collect::<std::collections::BTreeSet<_>>(),
                ITEMS.into_iter().collect(), "{steps}");
            let told = register::status(&app, &drafted.actor, id).await.unwrap().messages;
            assert_eq!(told.iter().filter(|m| m.template == "submitted").count(), 1, "{steps}");
        }
        assert!(ended < 32, "some were stopped");
        store::audit::link(&app.store.db, app.now()).await.unwrap();
        only_what_is_whole(&app).await;
        let report = store::audit::verify(&app.store.db, OperatorId(1)).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }

    async fn several_processes_draw_one_photo_once(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let beside = [app.beside(), app.beside()];
        for n in 0..12 {
            let drafted = draft(&app, n).await;
            receive_all(&app, &drafted, n).await;
            assert!(matches!(submit(&app, &drafted).await, Submitted::Sent { .. }));
            // The checks draw what is not drawn, as the job of the photos does.
            let (one, two) = (&beside[0], &beside[1]);
            let (first, second, third) = futures::join!(
                register::run_checks(one, drafted.id),
                register::run_checks(two, drafted.id),
                work::run_due(&app),
            );
            for ran in [first.map(drop), second.map(drop), third.map(drop)] {
                assert!(matches!(ran, Ok(()) | Err(Error::Conflict)), "{ran:?}");
            }
            app.advance_seconds(90);
            app.run_jobs().await;
            assert_eq!(state(&app, drafted.id).await, State::InReview, "{n}");
            let every = Document::every(&app.store.db, drafted.id).await.unwrap();
            assert_eq!(every.len(), 3, "each was drawn once: {every:?}");
        }
        only_what_is_whole(&app).await;
    }

    async fn what_is_erased_before_it_is_drawn_leaves_nothing(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let beside = app.beside();
        for n in 0..16_u16 {
            let drafted = draft(&app, n).await;
            receive_all(&app, &drafted, n).await;
            let sent = received(&app, drafted.id).await;
            app.advance_seconds(15 * 86_400);
            // Somebody may be drawing at that very moment, and be stopped at any point.
            let drawing = register::run_checks(&beside, drafted.id);
            let steps = usize::from(n) * 3;
            let (_, timer) = futures::join!(
                killed_after(steps, drawing),
                register::run_timer(&app, drafted.id),
            );
            timer.unwrap();
            app.run_jobs().await;
            let row = store::application::load(&app.store.db, drafted.id).await.unwrap().unwrap();
            assert!(row.facts.is_erased, "{n}: {:?}", row.facts.state);
            assert_eq!(received(&app, drafted.id).await, [], "{n}");
            for one in sent {
                assert!(!can_open(&app, &one).await, "{n}");
            }
            only_what_is_whole(&app).await;
        }
        let at = app.now().plus_days(2);
        app.store.blobs.sweep(&app.store.db, at).await.unwrap();
        assert!(app.store.blobs.is_empty().await.unwrap(), "no file is left");
    }

    async fn what_a_desk_sees_says_that_a_photo_is_being_prepared(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let lead = app.staff(1, "li.gong", &[Role::Lead]).await.actor();
        let (drafted, _, _) = app.submitted(1, 1).await;
        let redo = vec![domain::decision::Redo { item: Item::Portrait, reason: Reason::P2 }];
        let mut batch = store::Batch::new(app.now());
        let event = domain::application::Event::UpdateAsked { redo };
        let system = domain::access::Actor::System;
        register::stage(&app, &mut batch, drafted.id, &event, &system).await.unwrap();
        app.store.db.commit(batch).await.unwrap();
        let holder = specimen::Holder { seed: 77, ..Applicant::new(1).holder };
        let new = specimen::portrait(&holder).to_jpeg();
        receive(&app, &drafted, Item::Portrait, new).await;
        let why = Some(ViewReason::Supervision);
        let seen = review::view(&app, &lead, drafted.id, why).await.unwrap().content.unwrap();
        assert_eq!(seen.preparing, [Item::Portrait]);
        assert_eq!(seen.images.len(), 3, "the new one is not among them");
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert!(view.redo[0].is_done, "it came");
        assert!(matches!(submit(&app, &drafted).await, Submitted::Sent { .. }));
        app.run_jobs().await;
        assert_eq!(state(&app, drafted.id).await, State::InReview);
        let seen = review::view(&app, &lead, drafted.id, why).await.unwrap().content.unwrap();
        assert!(seen.preparing.is_empty() && seen.images.len() == 4);
    }
}
