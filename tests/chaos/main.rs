//! Several processes of the real program on one PostgreSQL, killed at random while they serve and
//! work; then a look at what is left: nothing acknowledged is lost, nothing happened twice.
//!
//! Two `serve --no-work` and two `work` share one database, one folder of photos and one simulated
//! network. Every request goes to either server; one that was not answered is asked again under the
//! same idempotency key. Connections to the database are cut now and then, and months pass.
//!
//! `BAOHAO_CHAOS_SECONDS=600 cargo test --test chaos -- --nocapture` goes on for ten minutes;
//! `BAOHAO_CHAOS_DATABASE=postgres://…` names an empty database instead of one of its own, and
//! `BAOHAO_CHAOS_PROGRAM=PATH` another build of the program.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod ask;
mod check;
mod drive;
mod fleet;

use drive::Drive;
use fleet::Fleet;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use testkit::{Engine, fresh};

const SECONDS: u64 = 20;
/// Months pass about so often.
const EPOCH: Duration = Duration::from_secs(10);
/// How far the clock moves then: reminders, restrictions and closings come due.
const MONTH_MILLIS: i64 = 30 * 24 * 3_600_000;
/// How far it moves so that leases of the dead end, but kept answers stay.
const LEASE_MILLIS: i64 = 120_000;

fn seconds() -> u64 {
    let said = std::env::var("BAOHAO_CHAOS_SECONDS").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(SECONDS)
}

/// Waits at random, at most so long.
fn wait_below(millis_max: u64) {
    let (_never, silence) = mpsc::channel::<()>();
    let moment = Duration::from_millis(seal::entropy::below(millis_max.max(1)));
    assert!(silence.recv_timeout(moment).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_whatever_is_killed() {
    let named = std::env::var("BAOHAO_CHAOS_DATABASE").ok();
    let own = if named.is_none() { fresh(Engine::Postgres).await } else { None };
    let Some(address) = named.or_else(|| own.as_ref().map(|own| own.address().to_owned())) else {
        eprintln!("skipped: PostgreSQL is not installed here");
        return;
    };
    let fleet = Arc::new(Fleet::start(&address));
    let drive = Arc::new(Drive::new(Arc::clone(&fleet)));
    let drivers = Drive::begin(&drive);
    let end = Instant::now() + Duration::from_secs(seconds());
    let mut months = 0;
    while Instant::now() < end {
        let epoch_end = (Instant::now() + EPOCH).min(end);
        while Instant::now() < epoch_end {
            wait_below(1_200);
            fleet.kill_one_and_start_it_again();
            if let Some(own) = own.as_ref().filter(|_| seal::entropy::below(6) == 0) {
                testkit::drop_connections(own).await;
            }
        }
        let quiet = drive.pause();
        fleet.restart_later(LEASE_MILLIS);
        drive.ask_again();
        fleet.restart_later(MONTH_MILLIS);
        months += 1;
        drop(quiet);
    }
    drive.stop();
    for driver in drivers {
        driver.join().unwrap();
    }
    fleet.restart_later(LEASE_MILLIS);
    drive.ask_again();
    fleet.restart_later(24 * 3_600_000);
    check::settled(&address, &fleet).await;
    fleet.stop();
    let known = drive.known();
    let seen = check::everything(&address, &fleet, &known).await;
    eprintln!("{months} months, {} kills, {}, {seen}", fleet.kills(), known.sum());
    let Some(low) = known.fewest() else { return };
    assert!(low > 0, "nothing was tried: {}", known.sum());
}
