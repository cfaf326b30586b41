//! Group commit, point reads and linking, on SQLite and, if an address is given in
//! `BAOHAO_BENCH_POSTGRES`, on PostgreSQL: `cargo bench -p baohao-bench --bench db`.
//!
//! Numbers are for comparing with one another in one run, on one machine.

use domain::id::{DataKeyId, OperatorId};
use domain::time::At;
use std::io::Write;
use std::time::{Duration, Instant};
use store::{AuditEntry, Batch, Db, Job, Keys, audit};

const NOON: At = At::from_millis(1_790_000_000_000);
const FOR: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(run());
}

async fn run() {
    let random = u64::from_be_bytes(seal::entropy::bytes());
    let folder = std::env::temp_dir().join(format!("baohao-bench-{random:x}"));
    std::fs::create_dir_all(&folder).expect("a writable temporary folder");
    let keyring = seal::Keyring::open_or_create(&folder.join("keys")).expect("a key file");
    let keys = Keys::new(keyring);
    let file = folder.join("baohao.db").to_string_lossy().into_owned();
    for address in [Some(file), std::env::var("BAOHAO_BENCH_POSTGRES").ok()].into_iter().flatten() {
        let db = Db::open(&address).await.expect("it opens");
        join(&db).await;
        for tasks in [1, 8, 64, 256] {
            let rate =
                many(tasks, |task, n| commit(db.clone(), format!("{random:x}-{tasks}-{task}-{n}")));
            report(&db, &format!("durable batches, {tasks} at once"), rate.await);
        }
        let mut batch = Batch::new(NOON);
        let ids: Vec<_> =
            (0..1000).map(|_| DataKeyId::from_u128(keys.create(&mut batch, NOON).id())).collect();
        db.commit(batch).await.expect("committed");
        for tasks in [1, 8, 64] {
            let rate = many(tasks, |_, n| {
                let id = ids.get(usize::try_from(n).unwrap_or(0) % 1000).copied();
                load(keys.clone(), db.clone(), id.unwrap_or(DataKeyId::from_u128(0)))
            });
            report(&db, &format!("point reads, {tasks} at once"), rate.await);
        }
        let start = Instant::now();
        let linked = audit::link(&db, NOON).await.expect("linked");
        report(&db, "audit entries linked", per_second(linked, start.elapsed()));
        let start = Instant::now();
        let verified = audit::verify(&db, OperatorId(1)).await.expect("read");
        assert!(verified.findings.is_empty());
        let count = u64::try_from(verified.entries).unwrap_or_default();
        report(&db, "audit entries verified", per_second(count, start.elapsed()));
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// Only operators that exist have a log.
async fn join(db: &Db) {
    let mut batch = Batch::new(NOON);
    let operator = domain::operator::Operator {
        id: OperatorId(1),
        code: "demo".to_owned(),
        name_zh: "演示".to_owned(),
        name_en: "Demo".to_owned(),
        brand: "演示网".to_owned(),
        hotline: "10000".to_owned(),
        zone: domain::time::Zone::shanghai(),
        policy_pack: "cn".to_owned(),
        language: "zh".to_owned(),
    };
    store::operator::insert(&mut batch, &operator);
    db.commit(batch).await.expect("a new operator");
}

/// How often per second `tasks` tasks together finish `work`.
async fn many<F, W>(tasks: u64, work: W) -> f64
where
    F: Future<Output = ()> + Send,
    W: Fn(u64, u64) -> F + Sync,
{
    let start = Instant::now();
    let work = &work;
    let runs = (0..tasks).map(|task| async move {
        let mut n = 0;
        while start.elapsed() < FOR {
            work(task, n).await;
            n += 1;
        }
        n
    });
    let count: u64 = futures::future::join_all(runs).await.into_iter().sum();
    per_second(count, start.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

async fn commit(db: Db, key: String) {
    let mut batch = Batch::new(NOON);
    batch.audit(AuditEntry {
        operator_id: OperatorId(1),
        subject: format!("thing:{key}"),
        subject_version: 1,
        actor: "system".to_owned(),
        action: "bench.write".to_owned(),
        detail_json: "{}".to_owned(),
        at: NOON,
    });
    let payload = serde_json::Value::Null;
    batch.job(Job { kind: "bench.write", key, payload, run_at: NOON });
    db.commit(batch).await.expect("committed");
}

async fn load(keys: Keys, db: Db, id: DataKeyId) {
    assert!(keys.load(&db, id).await.expect("read").is_some());
}

fn report(db: &Db, what: &str, rate: f64) {
    let _ = writeln!(std::io::stdout(), "{:10} {what:32} {rate:>10.0}/s", db.engine_name());
}
