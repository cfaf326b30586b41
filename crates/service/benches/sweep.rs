//! The sweep: one number in a hundred is due, among more and more numbers. The time should follow
//! what is due, not what exists: `cargo bench -p baohao-service [-- NUMBERS…]`.
//!
//! Numbers are for comparing with one another in one run, on one machine.

use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::ladder;
use domain::msisdn::Msisdn;
use domain::number::{Facts, Holder, Lifecycle, SimRef};
use domain::policy::Policy;
use domain::sim::{Iccid, Imsi};
use service::{policy, sweep};
use std::io::Write;
use std::time::Instant;
use store::Batch;
use store::number::NumberRow;
use testkit::{Engine, TestApp, fresh};

/// Rows in one commit while the table is filled.
const COMMIT_MAX: u64 = 5_000;
/// One number in so many is due.
const DUE_SHARE: u64 = 100;

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100_000, 1_000_000] } else { sizes };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        for size in sizes {
            measure(size).await;
        }
    });
}

/// One sweep among `size` numbers; the rate per due number is what is compared.
async fn measure(size: u64) {
    let app = TestApp::on(fresh(Engine::Sqlite).await.expect("always there")).await;
    let operator = app.operator(1).await;
    let policy = policy::of_operator(&operator, app.now()).expect("a pack that ships");
    fill(&app, &policy, size).await;
    let began = Instant::now();
    let report = sweep::run(&app, app.now(), false).await.expect("it sweeps");
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(report.due, size / DUE_SHARE);
    let due = f64::from(u32::try_from(report.due).expect("fits"));
    let rate = due / seconds;
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{size:>10} numbers, {due} due: {seconds:.2} s, {rate:.0} due numbers/s"));
}

async fn fill(app: &TestApp, policy: &Policy, size: u64) {
    let mut batch = Batch::new(app.now());
    for n in 0..size {
        let is_due = n % DUE_SHARE == 0;
        let days = if is_due { -31 } else { -1 };
        store::number::insert(&mut batch, &row(app, policy, n, days));
        if n % COMMIT_MAX == COMMIT_MAX - 1 || n + 1 == size {
            let full = std::mem::replace(&mut batch, Batch::new(app.now()));
            app.store.db.commit(full).await.expect("committed");
        }
    }
}

/// A number in use, last used so many days ago.
fn row(app: &TestApp, policy: &Policy, n: u64, days: i64) -> NumberRow {
    let msisdn = Msisdn::from_e164(8_613_800_000_000 + n).expect("a range of ours");
    let iccid = Iccid::parse(&format!("898600{n:013}")).expect("19 digits");
    let imsi = Imsi::parse(&format!("46000{n:010}")).expect("15 digits");
    let since = app.now().plus_days(days);
    let mut facts = Facts {
        lifecycle: Lifecycle::Active,
        holder: Some(Holder {
            party_id: PartyId::from_u128(u128::from(n)),
            episode_id: EpisodeId::from_u128(u128::from(n)),
            since,
        }),
        sim: Some(SimRef { iccid, imsi }),
        ..Facts::in_stock(since)
    };
    facts.due_at = ladder::next(&facts, policy, app.now()).map(|due| due.at);
    NumberRow { msisdn, operator_id: OperatorId(1), version: 1, facts }
}
