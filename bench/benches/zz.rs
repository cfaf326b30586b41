use domain::access::Actor;
use service::ingest::*;
use std::time::Instant;
use testkit::{Engine, TestApp, fresh};
fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let numbers: u64 = given[0].parse().unwrap();
    let events: u64 = given[1].parse().unwrap();
    let keep = std::path::PathBuf::from(format!("/tmp/load-{events}-{numbers}.csv"));
    let stock = std::path::PathBuf::from(format!("/tmp/load-n-{numbers}.csv"));
    let until = testkit::START.millis().unsigned_abs() / 1000;
    if !keep.exists() {
        bench::load::write_usage(&keep, events, numbers, until, 1).unwrap();
    }
    if !stock.exists() {
        bench::load::write_numbers(&stock, numbers).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let app = TestApp::on(fresh(Engine::Sqlite).await.unwrap()).await;
        let mut batch = store::Batch::new(app.now());
        let all: Vec<_> = (0..numbers)
            .map(|n| domain::msisdn::Msisdn::from_e164(bench::load::FIRST + n).unwrap())
            .collect();
        store::activity::learn(&app.store.db, &mut batch, domain::id::OperatorId(1), &all)
            .await
            .unwrap();
        app.store.db.commit(batch).await.unwrap();
        let t = Instant::now();
        let feed = feed_of(&mut std::fs::File::open(&keep).unwrap()).unwrap();
        eprintln!("hash {:?}", t.elapsed());
        let source = Source {
            input: Box::new(std::fs::File::open(&keep).unwrap()),
            feed,
            commit_rows: 1_000_000_000,
            memory_bytes: 256 << 20,
        };
        let mut rejects = Rejects::keep(10);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let report =
            import(&app, &Actor::System, source, &mut rejects, &stop, &|_| {}).await.unwrap();
        eprintln!(
            "all {:?} {report:?} {:.2} M/s",
            t.elapsed(),
            report.done as f64 / t.elapsed().as_secs_f64() / 1e6
        );
        eprintln!("{:?}", rejects.into_kept().first());
        let s = std::fs::read_to_string("/proc/self/status").unwrap();
        eprintln!("{}", s.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    });
}
