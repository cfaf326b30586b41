//! "What is this number's state?" over HTTP with a token, random numbers, keep-alive connections:
//! `cargo bench -p baohao-bench --bench state [-- NUMBERS [CONNECTIONS [SECONDS]]]`, on SQLite, or
//! on PostgreSQL with `BAOHAO_BENCH_POSTGRES` set. Client and server share the machine.
//!
//! First as fast as it goes; then at half that rate, for the times. Beside it `pgbench` reads
//! random rows by their key from a table of as many, prepared, with as many clients.

use bench::load::in_use;
use bench::{peer, say};
use domain::id::OperatorId;
use domain::policy::Policy;
use service::policy;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Batch;
use store::activity::{self, Activity, Second};
use store::testing::OwnServer;
use testkit::{Engine, TestApp, fresh};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const FIRST: u64 = 8_613_800_000_000;
const BLOCK: u64 = 10_000;
/// Threads that ask, as `pgbench -j 2` has.
const THREADS: usize = 2;

fn main() {
    let given: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let value = |place: usize, otherwise| given.get(place).copied().unwrap_or(otherwise);
    let (size, clients, seconds) = (value(0, 1_000_000), value(1, 16), value(2, 8));
    let is_postgres = std::env::var_os("BAOHAO_BENCH_POSTGRES").is_some();
    let engine = if is_postgres { Engine::Postgres } else { Engine::Sqlite };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let app = TestApp::on(fresh(engine).await.expect("there is an engine")).await;
        let operator = app.operator(1).await;
        let policy = policy::of_operator(&operator, app.now()).expect("a pack that ships");
        let began = Instant::now();
        fill(&app, &policy, size).await;
        say(&format!("{size} numbers filled in {:.0} s", began.elapsed().as_secs_f64()));
        let scopes = ["numbers:read".to_owned()];
        let made = service::token::add(&app, OperatorId(1), "bench", &scopes).await;
        let token = made.expect("a new token").1.into_exposed();
        let own = service::App {
            store: app.store.clone(),
            clock: app.app.clock.clone(),
            hlr: app.app.hlr.clone(),
            sms: app.app.sms.clone(),
            mail: app.app.mail.clone(),
            smdp: app.app.smdp.clone(),
            ocr: app.app.ocr.clone(),
            authority: app.app.authority.clone(),
            faces: app.app.faces.clone(),
            site: app.app.site.clone(),
            maintenance: service::maintenance::Watch::default(),
            limits: service::app::Limits {
                sweep_per_second: None,
                token_per_second: 1_000_000_000,
            },
            memory: service::app::Memory::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let router = api::router(Arc::new(own));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let load = Load { address, token: token.clone(), size, clients, seconds };
        let full = tokio::task::spawn_blocking(move || {
            load.run("warming up", None);
            let full = load.run("as fast as it goes", None);
            load.run("half that rate", Some(full / 2.0));
            full
        });
        let ours = full.await.expect("the load ran");
        let bare = Load { address: bare_server().await, token, size, clients, seconds };
        let bare = tokio::task::spawn_blocking(move || bare.run("the same answer, always", None));
        let bare = bare.await.expect("the load ran");
        say(&format!("ratio to the same answer, always: {:.2}", ours / bare));
        if let Some(server) = peer::start() {
            let by = [("TCP", "export PGHOST=127.0.0.1; "), ("a socket file", "")];
            fill_peer(&server, size).await;
            for (way, first) in by {
                let theirs = point_reads(&server, first, size, clients, seconds);
                say(&format!(
                    "pgbench, prepared, by {way}: {theirs:.0}/s; ratio {:.2}",
                    ours / theirs
                ));
            }
        }
    });
}

/// The same HTTP server with one answer for everything: what the connections alone cost.
async fn bare_server() -> SocketAddr {
    const ANSWER: &str = "{\"msisdn\":\"8613800000001\",\"version\":1,\"word\":\"in_use\",\
        \"lifecycle\":\"active\",\"allows\":[\"voice\",\"sms\",\"data\"],\"until\":null,\
        \"deadline_on\":\"2027-02-01\",\"is_running\":true}";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let answer = || async { ([("content-type", "application/json")], ANSWER) };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

struct Load {
    address: SocketAddr,
    token: String,
    size: u64,
    clients: u64,
    seconds: u64,
}

impl Load {
    /// Asks for some seconds, at a rate if one is given; answers per second.
    fn run(&self, how: &str, rate: Option<f64>) -> f64 {
        let began = Instant::now();
        let until = began + Duration::from_secs(self.seconds);
        let mut micros: Vec<u32> = std::thread::scope(|scope| {
            let threads: Vec<_> = if rate.is_some() {
                let ask = |client| scope.spawn(move || self.paced(client, until, rate));
                (0..self.clients).map(ask).collect()
            } else {
                // As pgbench does: a few threads, each with its share of the connections.
                let ask = |thread| scope.spawn(move || self.busy(thread, until));
                (0..THREADS).map(ask).collect()
            };
            threads.into_iter().flat_map(|t| t.join().expect("no client fails")).collect()
        });
        let rate_seen = micros.len() as f64 / began.elapsed().as_secs_f64();
        micros.sort_unstable();
        let part = |permille: usize| {
            let place = micros.len() * permille / 1000;
            f64::from(micros.get(place.min(micros.len() - 1)).copied().unwrap_or(0)) / 1000.0
        };
        say(&format!(
            "{how}: {rate_seen:.0}/s with {} connections; p50 {:.2} ms, p99 {:.2} ms, \
             p99.9 {:.2} ms",
            self.clients,
            part(500),
            part(990),
            part(999)
        ));
        rate_seen
    }

    fn request(&self, random: &mut u64) -> String {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let number = FIRST + *random % self.size;
        format!(
            "GET /api/v1/numbers/{number}/state HTTP/1.1\r\nHost: x\r\n\
             Authorization: Bearer {}\r\n\r\n",
            self.token
        )
    }

    /// The connections of one thread, each asking again as soon as it has its answer.
    fn busy(&self, thread: usize, until: Instant) -> Vec<u32> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let own = (thread as u64..self.clients).step_by(THREADS);
        let asked = futures::future::join_all(own.map(|client| self.ask(client, until)));
        runtime.expect("a runtime starts").block_on(asked).concat()
    }

    async fn ask(&self, client: u64, until: Instant) -> Vec<u32> {
        let stream = tokio::net::TcpStream::connect(self.address).await;
        let mut stream = stream.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let mut random = seed(client);
        let (mut micros, mut buffer) = (Vec::with_capacity(1 << 18), [0_u8; 4096]);
        while Instant::now() < until {
            let began = Instant::now();
            let request = self.request(&mut random);
            stream.write_all(request.as_bytes()).await.expect("the server reads");
            let mut count = 0;
            while !is_whole(buffer.get(..count).unwrap_or_default()) {
                let part = buffer.get_mut(count..).expect("room");
                count += stream.read(part).await.expect("the server answers");
            }
            micros.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        micros
    }

    /// One connection on a thread; how long each answer took, counted from when it was due.
    fn paced(&self, client: u64, until: Instant, rate: Option<f64>) -> Vec<u32> {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let mut random = seed(client);
        let (mut micros, mut buffer) = (Vec::with_capacity(1 << 18), [0_u8; 4096]);
        let pause = rate.map(|rate| Duration::from_secs_f64(self.clients as f64 / rate));
        let mut due = Instant::now();
        while Instant::now() < until {
            due += pause.unwrap_or_default();
            let wait = due.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                std::thread::park_timeout(wait);
            }
            let request = self.request(&mut random);
            stream.write_all(request.as_bytes()).expect("the server reads");
            let mut count = 0;
            while !is_whole(buffer.get(..count).unwrap_or_default()) {
                let part = buffer.get_mut(count..).expect("room");
                count += stream.read(part).expect("the server answers");
            }
            let took = Instant::now().saturating_duration_since(due).as_micros();
            micros.push(u32::try_from(took).unwrap_or(u32::MAX));
        }
        micros
    }
}

fn seed(client: u64) -> u64 {
    client.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}

/// Whether the answer is there; it must be a good one.
fn is_whole(seen: &[u8]) -> bool {
    let is_whole = seen.ends_with(b"}");
    let is_good = !is_whole || seen.starts_with(b"HTTP/1.1 200");
    assert!(is_good, "{}", String::from_utf8_lossy(seen));
    is_whole
}

/// A table of as many rows.
async fn fill_peer(server: &OwnServer, size: u64) {
    let client = peer::connect(server).await;
    for statement in [
        "create table state (number bigint primary key, state text, since bigint, due_at bigint)"
            .to_owned(),
        format!("insert into state select n, 'active', n, n from generate_series(1, {size}) n"),
        "vacuum analyze state".to_owned(),
    ] {
        client.batch_execute(&statement).await.expect("it fills");
    }
}

/// Answers per second of `pgbench`.
fn point_reads(server: &OwnServer, first: &str, size: u64, clients: u64, seconds: u64) -> f64 {
    let script = format!(
        "\\set n random(1, {size})\nselect state, since, due_at from state where number = :n;\n"
    );
    let file = store::testing::folder().join("state.sql");
    std::fs::write(&file, script).expect("it is written");
    let output = server.shell(&format!(
        "{first}\"$BIN/pgbench\" -n -M prepared -j 2 -c {clients} -T {seconds} -f {} postgres",
        file.display()
    ));
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split(' ').next()?.parse().ok());
    rate.unwrap_or_else(|| unreachable!("pgbench says its rate: {output:?}"))
}

/// Numbers in use with one card each, and every block with two kinds of use.
async fn fill(app: &TestApp, policy: &Policy, size: u64) {
    let mut batch = Batch::new(app.now());
    for n in 0..size {
        store::number::insert(&mut batch, &in_use(policy, app.now(), n, 20));
        if n % BLOCK == BLOCK - 1 || n + 1 == size {
            let mut block = Activity::default();
            let second = Second::of(app.now().plus_days(-1)).expect("in range");
            for place in 0..u16::try_from(BLOCK).expect("small") {
                for kind in [0, 4] {
                    block.note(place, kind, second);
                }
            }
            activity::write(&mut batch, (FIRST + n) / BLOCK, &block, 0);
            let full = std::mem::replace(&mut batch, Batch::new(app.now()));
            app.store.db.commit(full).await.expect("committed");
        }
    }
}
