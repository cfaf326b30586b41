//! Usage into durable state, beside PostgreSQL's `COPY` into a temporary table and merge of the
//! same file: `cargo bench -p baohao-bench --bench ingest [-- EVENTS [NUMBERS]]`.
//!
//! PostgreSQL keeps the newest use of each number; we keep it for each kind of use, refuse numbers
//! that are not ours, and remember how far the file was taken in. It does so twice: by 200,000 rows
//! at a time, each time durable, as a feed comes in and as we do it; and with one merge of all of
//! the file, which nothing is known of until it has ended.

use axum::body::Bytes;
use bench::installation::{Installation, now};
use bench::load;
use bench::probe::Probe;
use bench::{peer, say};
use futures::SinkExt;
use std::io::{BufRead, BufReader};
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
    let peers = match peer::start() {
        Some(server) => {
            let feed = Peer::fill(&server, numbers).await;
            let by_batch = feed.by_batch(&usage, events).await;
            Some((by_batch, feed.at_once(&usage, events).await))
        }
        None => None,
    };
    let run = ours.run(&["import", "usage", "--json", &usage.to_string_lossy()]);
    let after = Probe::look(&folder);
    let rate = events as f64 / run.seconds;
    say(&format!("ours: {:.2} s, {rate:.0}/s, {} MB of memory", run.seconds, run.peak_mb));
    assert!(run.output.contains(&format!("\"done\":{events}")), "{}", run.output);
    if let Some((by_batch, at_once)) = peers {
        let ratios = (rate / by_batch, rate / at_once);
        say(&format!("ratio: {:.1} × by batches, {:.1} × at once", ratios.0, ratios.1));
    }
    let note = if before.is_far_from(after) { " (far apart: run it again)" } else { "" };
    say(&format!("the machine before: {before}; after: {after}{note}"));
}

/// Rows that PostgreSQL takes in and merges in one transaction.
const BATCH_ROWS: usize = 200_000;

const MERGE: &str = "insert into last_use select msisdn, max(instant) from feed group by msisdn \
    on conflict (msisdn) do update set used_at = greatest(last_use.used_at, excluded.used_at)";
const FEED: &str = "create temp table feed (msisdn bigint, kind text, instant bigint) \
    on commit drop";

/// PostgreSQL with a row for each number; its rates are rows per second.
struct Peer {
    client: tokio_postgres::Client,
}

impl Peer {
    async fn fill(server: &OwnServer, numbers: u64) -> Self {
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
        Self { client }
    }

    async fn by_batch(&self, usage: &Path, events: u64) -> f64 {
        let began = Instant::now();
        let file = std::fs::File::open(usage).expect("it was written");
        let mut lines = BufReader::with_capacity(1 << 20, file);
        lines.read_line(&mut String::new()).expect("a header");
        loop {
            let batch = take_lines(&mut lines, BATCH_ROWS);
            if batch.is_empty() {
                break;
            }
            self.client.batch_execute(&format!("begin; {FEED}")).await.expect("a table");
            let copy = "copy feed from stdin with (format csv)";
            let sink = self.client.copy_in::<_, Bytes>(copy).await.expect("it copies");
            let mut sink = std::pin::pin!(sink);
            sink.send(Bytes::from(batch)).await.expect("it reads");
            sink.finish().await.expect("it has read");
            self.client.batch_execute(&format!("{MERGE}; commit")).await.expect("it merges");
        }
        told("by 200,000 rows", began, events)
    }

    async fn at_once(&self, usage: &Path, events: u64) -> f64 {
        use std::os::unix::fs::PermissionsExt;
        let readable = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(usage, readable).expect("our own file");
        let began = Instant::now();
        let copy = format!("copy feed from '{}' with (format csv, header true)", usage.display());
        let all = format!("begin; {FEED}; {copy}; {MERGE}; commit");
        self.client.batch_execute(&all).await.expect("it merges");
        told("at once", began, events)
    }
}

/// The next lines of a file, at most `count`.
fn take_lines(lines: &mut impl BufRead, count: usize) -> Vec<u8> {
    let mut batch = Vec::with_capacity(count * 40);
    for _ in 0..count {
        if lines.read_until(b'\n', &mut batch).expect("it reads") == 0 {
            break;
        }
    }
    batch
}

fn told(how: &str, began: Instant, events: u64) -> f64 {
    let seconds = began.elapsed().as_secs_f64();
    let rate = events as f64 / seconds;
    say(&format!("PostgreSQL, COPY and merge {how}: {seconds:.2} s, {rate:.0}/s"));
    rate
}
