//! Usage into durable state, beside PostgreSQL's `COPY` into a temporary table and merge of the
//! same file: `cargo bench -p baohao-bench --bench ingest [-- EVENTS [NUMBERS]]`.
//!
//! PostgreSQL keeps the newest use of each number; we keep it for each kind of use, refuse numbers
//! that are not ours, and remember how far the file was taken in.

use bench::installation::{Installation, now};
use bench::load;
use bench::probe::Probe;
use bench::{peer, say};
use std::path::Path;
use std::time::Instant;
use store::testing::OwnServer;

fn main() {
    let [events, numbers] = bench::arguments([5_000_000, 1_000_000]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(measure(events, numbers));
}

async fn measure(events: u64, numbers: u64) {
    let ours = Installation::create().await;
    let (stock, usage) = (ours.file("numbers.csv"), ours.file("usage.csv"));
    load::write_numbers(&stock, numbers).expect("it is written");
    let until = now().millis().unsigned_abs() / 1000;
    load::write_usage(&usage, events, numbers, until, 1).expect("it is written");
    let bytes = std::fs::metadata(&usage).expect("it was written").len();
    say(&format!("{events} events of {numbers} numbers, {} MB", bytes >> 20));
    let run = ours.run(&["import", "numbers", &stock.to_string_lossy()]);
    let rate = numbers as f64 / run.seconds;
    say(&format!("numbers into stock: {rate:.0}/s, {} MB of memory", run.peak_mb));

    let folder = ours.file("");
    let before = Probe::look(&folder);
    let peer = match peer::start() {
        Some(server) => Some(copy_and_merge(&server, &usage, events, numbers).await),
        None => None,
    };
    let run = ours.run(&["import", "usage", "--json", &usage.to_string_lossy()]);
    let after = Probe::look(&folder);
    let rate = events as f64 / run.seconds;
    say(&format!("ours: {:.2} s, {rate:.0}/s, {} MB of memory", run.seconds, run.peak_mb));
    assert!(run.output.contains(&format!("\"done\":{events}")), "{}", run.output);
    if let Some(peer) = peer {
        say(&format!("ratio: {:.1} ×", rate / peer));
    }
    let note = if before.is_far_from(after) { " (far apart: run it again)" } else { "" };
    say(&format!("the machine before: {before}; after: {after}{note}"));
}

/// Rows per second.
async fn copy_and_merge(server: &OwnServer, usage: &Path, events: u64, numbers: u64) -> f64 {
    use std::os::unix::fs::PermissionsExt;
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(usage, readable).expect("our own file");
    let client = peer::connect(server).await;
    let first = load::FIRST;
    let fill = format!(
        "create table last_use (msisdn bigint primary key, used_at bigint); \
         insert into last_use select {first} + n, 0 from generate_series(0, {numbers} - 1) n; \
         vacuum analyze last_use;"
    );
    for statement in fill.split_inclusive(';') {
        client.batch_execute(statement).await.expect("it fills");
    }
    let began = Instant::now();
    let merge = format!(
        "begin; create temp table feed (msisdn bigint, kind text, instant bigint) on commit drop; \
         copy feed from '{}' with (format csv, header true); \
         insert into last_use select msisdn, max(instant) from feed group by msisdn \
         on conflict (msisdn) do update \
         set used_at = greatest(last_use.used_at, excluded.used_at); commit;",
        usage.display()
    );
    client.batch_execute(&merge).await.expect("it merges");
    let seconds = began.elapsed().as_secs_f64();
    let rate = events as f64 / seconds;
    say(&format!("PostgreSQL, COPY and merge: {seconds:.2} s, {rate:.0}/s"));
    rate
}
