//! Applications with three photos of about 400 kB each, from the first photo to the receipt, on
//! SQLite: `cargo bench -p baohao-bench --bench submissions [-- APPLICATIONS [AT_ONCE [SINGLY]]]`.
//! The photos of an application come together, as over the operator API; with 1 for SINGLY one
//! after the other, as from the pages.
//!
//! Beside it the bound: the same bytes sealed and made durable, and nothing else. The program's own
//! workers run meanwhile, as in `serve`, and draw the photos anew; how long that takes until the
//! last one is drawn and checked is printed as well. Nobody waits for the drawing here, as nobody
//! does who sends applications with `Prefer: respond-async`.

use bench::photo::photo;
use bench::say;
use domain::application::State;
use domain::application::form::Who;
use domain::identity::DocumentKind;
use domain::reason::Item;
use futures::{StreamExt, stream};
use seal::DataKey;
use service::id;
use service::register::{self, Change, Purpose, Submitted};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::Batch;
use testkit::{Applicant, Drafted, Engine, TestApp, fresh};

const ITEMS: [Item; 3] = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];

fn main() {
    let [applications, at_once, singly] = bench::arguments([100, 4, 0]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(measure(applications, at_once, singly != 0));
}

async fn measure(applications: u64, at_once: u64, is_singly: bool) {
    let at_once = usize::try_from(at_once).expect("a few");
    let app = TestApp::on(fresh(Engine::Sqlite).await.expect("there is an engine")).await;
    app.operator(1).await;
    let person = Applicant::new(1);
    let photos = ITEMS.map(|item| (item, photo(&person, item)));
    let sizes: Vec<usize> = photos.iter().map(|(_, bytes)| bytes.len() / 1000).collect();
    let mut drafts = Vec::new();
    for n in 0..applications {
        drafts.push(draft(&app, u16::try_from(n).expect("at most 9999")).await);
    }
    say(&format!("{applications} applications, photos of {sizes:?} kB, {at_once} at once"));

    let bound = sealed(&app, &photos, applications, at_once).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let end = async { stopped.await.unwrap_or(()) };
    let workers = tokio::spawn(service::work::run_forever(app.app.clone(), end));
    let began = Instant::now();
    let done = stream::iter(&drafts).map(|drafted| submit(&app, drafted, &photos, is_singly));
    let done: Vec<()> = done.buffer_unordered(at_once).collect().await;
    let rate = done.len() as f64 / began.elapsed().as_secs_f64();
    for drafted in &drafts {
        while !is_checked(&app, drafted).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let all = began.elapsed().as_secs_f64();
    drop(stop);
    workers.await.expect("the workers end");
    let again = sealed(&app, &photos, applications, at_once).await;
    let mean = f64::midpoint(bound, again);
    say(&format!("sealed and durable, alone: {bound:.1}/s before, {again:.1}/s after"));
    say(&format!("submissions: {rate:.1}/s; ratio {:.2}", rate / mean));
    let mean = |on: &AtomicU64| on.load(Ordering::Relaxed) as f64 / 1000.0 / drafts.len() as f64;
    let [photos, consents, sending] = SPENT.each_ref().map(mean);
    say(&format!(
        "each: photos {photos:.1} ms, consents {consents:.1} ms, sending {sending:.1} ms"
    ));
    let sent = drafts.len() as f64 / rate;
    let each = drafts.len() as f64 * ITEMS.len() as f64 / all;
    say(&format!(
        "all sent after {sent:.1} s; all drawn and checked after {all:.1} s, {each:.1} photos/s"
    ));
}

/// Everything but photos and consents.
async fn draft(app: &TestApp, n: u16) -> Drafted {
    let (person, card) = (Applicant::new(n), app.unregistered(1, n).await);
    let drafted = app.begin(1, &card).await;
    app.confirm(&drafted, &person.contact).await;
    for change in [
        Change::Who(Some(Who::Myself)),
        Change::Document(Some(DocumentKind::ResidentId)),
        Change::Identity(Box::new(person.fields())),
    ] {
        let saved = register::save(app, &drafted.actor, drafted.id, &change).await;
        assert!(saved.expect("a page is saved").is_empty());
    }
    drafted
}

async fn submit(app: &TestApp, drafted: &Drafted, photos: &[(Item, Vec<u8>)], is_singly: bool) {
    let Drafted { id, actor, .. } = drafted;
    let mut began = Instant::now();
    for some in photos.chunks(if is_singly { 1 } else { photos.len() }) {
        let taken = register::take_photos(app, actor, *id, some.to_vec(), false).await;
        assert!(taken.expect("photos are taken").is_empty());
    }
    spent(&SPENT[0], &mut began);
    register::save_consents(app, actor, *id, &Purpose::ALL).await.expect("consents are saved");
    spent(&SPENT[1], &mut began);
    let sent = register::submit(app, actor, *id).await.expect("it is sent");
    assert!(matches!(sent, Submitted::Sent { .. }), "{sent:?}");
    spent(&SPENT[2], &mut began);
}

/// Microseconds spent on three photos, on the consents, on sending; of all applications.
static SPENT: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

fn spent(on: &AtomicU64, began: &mut Instant) {
    let micros = u64::try_from(began.elapsed().as_micros()).expect("a bench ends");
    on.fetch_add(micros, Ordering::Relaxed);
    *began = Instant::now();
}

/// Whether every photo was drawn and the checks have ended.
async fn is_checked(app: &TestApp, drafted: &Drafted) -> bool {
    let row = store::application::load(&app.store.db, drafted.id).await.expect("it is readable");
    matches!(row.expect("it is there").facts.state, State::InReview)
}

/// Applications a second whose photos are sealed and made durable.
async fn sealed(
    app: &TestApp,
    photos: &[(Item, Vec<u8>)],
    applications: u64,
    at_once: usize,
) -> f64 {
    let mut batch = Batch::new(app.now());
    let key: DataKey = app.store.keys.create(&mut batch, app.now());
    app.store.db.commit(batch).await.expect("a key");
    let (key, began) = (&key, Instant::now());
    let done = stream::iter(0..applications).map(|_| async move {
        for (_, photo) in photos {
            let put = app.store.blobs.put(key, id::new(app.now()), photo).await;
            put.expect("it is stored");
        }
    });
    let done: Vec<()> = done.buffer_unordered(at_once).collect().await;
    done.len() as f64 / began.elapsed().as_secs_f64()
}
