//! The sweep by the chunk does what the same events do one by one, also with company.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::ladder;
use domain::msisdn::Msisdn;
use domain::number::{Event, Facts, Holder, Lifecycle, SimRef};
use domain::sim::{Iccid, Imsi};
use service::{number, policy, sweep};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::number::shard::Lease;
use store::number::{NumberRow, Shards};
use store::{Batch, audit};
use testkit::{TestApp, on_both_engines};

const COUNT: u64 = 600;

fn msisdn(n: u64) -> Msisdn {
    Msisdn::from_e164(8_613_800_000_000 + n * 7_919).unwrap()
}

/// Numbers in many buckets; all but every fifth are due for a reminder.
async fn fill(app: &TestApp) {
    fill_with(app, 0..COUNT).await;
}

async fn fill_with(app: &TestApp, numbers: impl IntoIterator<Item = u64>) {
    let operator = app.operator(1).await;
    let policy = policy::of_operator(&operator, app.now()).unwrap();
    let mut batch = Batch::new(app.now());
    for n in numbers {
        let since = app.now().plus_days(if n % 5 == 0 { -1 } else { -31 });
        let id = u128::from(n) + 1;
        let mut facts = Facts {
            lifecycle: Lifecycle::Active,
            holder: Some(Holder {
                party_id: PartyId::from_u128(id),
                episode_id: EpisodeId::from_u128(id),
                since,
            }),
            sim: Some(SimRef {
                iccid: Iccid::parse(&format!("898600{n:013}")).unwrap(),
                imsi: Imsi::parse(&format!("46000{n:010}")).unwrap(),
            }),
            ..Facts::in_stock(since)
        };
        facts.due_at = ladder::next(&facts, &policy, app.now()).map(|due| due.at);
        let row = NumberRow { msisdn: msisdn(n), operator_id: OperatorId(1), version: 1, facts };
        store::number::insert(&mut batch, &row);
    }
    app.store.db.commit(batch).await.unwrap();
}

/// What there is of each number: the row, and its notices and audit entries without their ids.
async fn rows(app: &TestApp) -> BTreeMap<Msisdn, String> {
    let mut all = BTreeMap::new();
    for n in 0..COUNT {
        let db = &app.store.db;
        let row = store::number::load(db, msisdn(n)).await.unwrap().unwrap();
        let notices = service::notice::about_number(app, msisdn(n), row.facts.since).await.unwrap();
        let say = |sent: &service::notice::Sent| (sent.template.clone(), sent.attempts.len());
        let sent: Vec<_> = notices.iter().map(say).collect();
        let subject = store::number::subject(msisdn(n));
        let entries = audit::of_subject(db, OperatorId(1), &subject, 10).await.unwrap();
        let said: Vec<_> = entries.iter().map(|entry| &entry.entry.detail_json).collect();
        all.insert(msisdn(n), format!("{row:?} {sent:?} {said:?}"));
    }
    all
}

on_both_engines! {
    async fn by_the_chunk_is_as_one_by_one(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        fill(&app).await;
        let planned = sweep::run(&app, app.now(), true).await.unwrap();
        let swept = sweep::run(&app, app.now(), false).await.unwrap();
        assert_eq!((planned.due, &planned.rules), (COUNT * 4 / 5, &swept.rules));
        assert_eq!((swept.due, swept.failed, swept.elsewhere), (COUNT * 4 / 5, 0, 0));
        let other = testkit::fresh(testkit::Engine::Sqlite).await.unwrap();
        let single = TestApp::on(other).await;
        fill(&single).await;
        for n in (0..COUNT).filter(|n| n % 5 != 0) {
            number::apply_as_system(&single, msisdn(n), &Event::DeadlinePassed).await.unwrap();
        }
        assert_eq!(rows(&app).await, rows(&single).await);
    }

    /// Chunks are on their way to the disk while the next is prepared.
    async fn many_chunks_of_one_shard_are_each_taken_once(fresh: Fresh) {
        let mut app = TestApp::on(fresh).await;
        let bucket = msisdn(1).bucket();
        let is_due = |n: &u64| !n.is_multiple_of(5) && msisdn(*n).bucket() == bucket;
        let numbers: Vec<u64> = (0..).filter(is_due).take(10).collect();
        fill_with(&app, numbers.iter().copied()).await;
        // Four numbers a second are chunks of four.
        Arc::get_mut(&mut app.app).unwrap().limits.sweep_per_second = Some(4);
        let swept = sweep::run(&app, app.now(), false).await.unwrap();
        assert_eq!((swept.due, swept.failed, swept.conflicts), (10, 0, 0));
        for n in numbers {
            let row = store::number::load(&app.store.db, msisdn(n)).await.unwrap().unwrap();
            assert_eq!(row.version, 2);
        }
        let again = sweep::run(&app, app.now(), false).await.unwrap();
        assert_eq!(again.due, 0);
    }

    async fn workers_that_sweep_at_once_take_no_step_twice(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        fill(&app).await;
        let sweeps = (0..4).map(|_| sweep::run(&app, app.now(), false));
        let reports = futures::future::join_all(sweeps).await;
        let due: u64 = reports.iter().map(|report| report.as_ref().unwrap().due).sum();
        assert_eq!(due, COUNT * 4 / 5);
        for n in (0..COUNT).filter(|n| n % 5 != 0) {
            let row = store::number::load(&app.store.db, msisdn(n)).await.unwrap().unwrap();
            assert_eq!(row.version, 2);
        }
    }

    async fn the_share_of_a_dead_worker_is_taken_over(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        fill(&app).await;
        let dead = Lease::claim(&app.store.db, app.now(), Shards::NONE, 16).await.unwrap();
        assert_eq!(dead.shards, Shards::ALL);
        let waiting = sweep::run(&app, app.now(), false).await.unwrap();
        assert_eq!((waiting.due, waiting.elsewhere), (0, 16));
        app.advance_seconds(31);
        let swept = sweep::run(&app, app.now(), false).await.unwrap();
        assert_eq!((swept.due, swept.elsewhere), (COUNT * 4 / 5, 0));
    }
}
