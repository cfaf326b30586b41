//! The sweep: 100,000 numbers are due, among more and more numbers. The time should follow what is
//! due, not what exists: `cargo bench -p baohao-bench --bench sweep [-- NUMBERS…]`.
//!
//! Of the due, eight in ten are reminded, one is barred (a hold, the network) and one is closed
//! (holder and SIM histories, the network). Every second holder has an e-mail beside the number.
//! Beside it PostgreSQL moves the deadline of as many rows of a table of as many, with one
//! statement: what a program without histories, audit, notices and jobs would do.

use bench::load::in_use;
use bench::{peer, say};
use domain::id::OperatorId;
use domain::ladder;
use domain::notice::Channel;
use domain::number::{Cause, Event, LadderMark, Lifecycle, decide};
use domain::policy::Policy;
use domain::time::Zone;
use service::notice::Address;
use service::notice::reach::{self, Preference};
use service::{policy, sweep};
use std::time::Instant;
use store::Batch;
use store::number::{party, sim};
use store::testing::OwnServer;
use testkit::{Engine, TestApp, fresh};
use words::Lang;

/// Rows in one commit while the table is filled.
const COMMIT_MAX: u64 = 5_000;
/// So many numbers are due.
const DUE: u64 = 100_000;

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000_000, 10_000_000] } else { sizes };
    let engine = if std::env::var_os("BAOHAO_BENCH_POSTGRES").is_some() {
        Engine::Postgres
    } else {
        Engine::Sqlite
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        for size in sizes {
            measure(engine, size).await;
        }
    });
}

/// One dry run and one sweep of [`DUE`] numbers among `size`.
async fn measure(engine: Engine, size: u64) {
    let app = TestApp::on(fresh(engine).await.expect("there is an engine")).await;
    let operator = app.operator(1).await;
    let policy = policy::of_operator(&operator, app.now()).expect("a pack that ships");
    let began = Instant::now();
    fill(&app, &policy, size).await;
    say(&format!("{size:>10} numbers filled in {:.0} s", began.elapsed().as_secs_f64()));
    let began = Instant::now();
    let planned = sweep::run(&app, app.now(), true).await.expect("it looks");
    let dry_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let swept = sweep::run(&app, app.now(), false).await.expect("it sweeps");
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!((planned.due, swept.due, swept.failed), (DUE, DUE, 0), "{swept:?}");
    assert_eq!(planned.rules, swept.rules);
    let began = Instant::now();
    let linked = store::audit::link(&app.store.db, app.now()).await.expect("it links");
    let link_seconds = began.elapsed().as_secs_f64();
    assert_eq!(linked, DUE);
    let rate = DUE as f64 / seconds;
    if let Some(server) = peer::start() {
        let update_seconds = one_update(&server, size).await;
        let ratio = seconds / update_seconds;
        say(&format!(
            "{size:>10} numbers: PostgreSQL, one UPDATE alone: {update_seconds:.2} s; \
             {ratio:.1} × its time"
        ));
    }
    say(&format!(
        "{size:>10} numbers, {DUE} due: {seconds:.2} s, {rate:.0}/s; looked at in \
         {dry_seconds:.2} s; linked into the chain in {link_seconds:.2} s; {:?}",
        swept.rules
    ));
}

/// Seconds for moving [`DUE`] deadlines among `size` rows at once.
async fn one_update(server: &OwnServer, size: u64) -> f64 {
    let client = peer::connect(server).await;
    let every = size / DUE;
    for statement in [
        "create table due (number bigint primary key, state text, due_at bigint)".to_owned(),
        format!(
            "insert into due select n, 'active', case when n % {every} = 0 then 0 else 9 end \
             from generate_series(0, {size} - 1) n"
        ),
        "create index on due (due_at)".to_owned(),
        "vacuum analyze due".to_owned(),
    ] {
        client.batch_execute(&statement).await.expect("it fills");
    }
    let began = Instant::now();
    let sweep = "update due set due_at = 5, state = 'reminded' where due_at <= 1";
    assert_eq!(client.execute(sweep, &[]).await.expect("it sweeps"), DUE);
    began.elapsed().as_secs_f64()
}

async fn fill(app: &TestApp, policy: &Policy, size: u64) {
    let every = size / DUE;
    let mut batch = Batch::new(app.now());
    for n in 0..size {
        if n % every == 0 {
            due(app, policy, &mut batch, n, n / every);
        } else {
            store::number::insert(&mut batch, &in_use(policy, app.now(), n, 1));
        }
        if n % COMMIT_MAX == COMMIT_MAX - 1 || n + 1 == size {
            let full = std::mem::replace(&mut batch, Batch::new(app.now()));
            app.store.db.commit(full).await.expect("committed");
        }
    }
}

/// The due number `n`, which is the `turn`th of them.
fn due(app: &TestApp, policy: &Policy, batch: &mut Batch, n: u64, turn: u64) {
    let mut number = match turn % 10 {
        0 => in_use(policy, app.now(), n, 91),
        1 => in_use(policy, app.now(), n, 20),
        _ => in_use(policy, app.now(), n, 31),
    };
    let facts = &mut number.facts;
    let (holder, sim) = (facts.holder.expect("held"), facts.sim.expect("served"));
    match turn % 10 {
        0 => {
            facts.ladder = Some(LadderMark { day: -1, at: app.now().plus_days(-2) });
            facts.due_at = ladder::next(facts, policy, app.now()).map(|due| due.at);
        }
        1 => {
            facts.lifecycle = Lifecycle::PreClose;
            facts.cause = Some(Cause::Request);
            facts.until = Some(app.now().plus_days(-1));
            facts.due_at = facts.until;
        }
        _ => {}
    }
    let step = decide(facts, policy, &Event::DeadlinePassed, app.now()).expect("a step is due");
    assert!(!step.rules.is_empty(), "{number:?}");
    store::number::insert(batch, &number);
    sim::insert(batch, OperatorId(1), sim, None);
    sim::take(batch, OperatorId(1), sim, number.msisdn);
    party::insert(batch, OperatorId(1), number.msisdn, holder, 0);
    if turn.is_multiple_of(2) {
        let key = app.store.keys.create(batch, app.now());
        let email = Address::Email(format!("holder{n}@example.com"));
        let preference = Preference {
            operator_id: OperatorId(1),
            lang: Lang::Zh,
            zone: Some(Zone::shanghai()),
            channels: vec![(Channel::Email, email)],
        };
        reach::record(app, batch, holder.party_id, &key, &preference);
    }
}
