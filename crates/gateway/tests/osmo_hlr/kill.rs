//! `kill -9` of the register, of us, of both, at any step: what is wanted becomes so.

use crate::vlr::Domain;
use crate::world::{SYSTEM, World, msisdn, sim};
use service::number;
use std::time::{Duration, Instant};

/// Within so long of both being up all is as wanted.
const REPAIRED: Duration = Duration::from_secs(10);

/// Rounds; `BAOHAO_CRASH_ROUNDS` asks for more.
fn rounds() -> u32 {
    let asked = std::env::var("BAOHAO_CRASH_ROUNDS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(12)
}

async fn moment(millis_max: u64) {
    tokio::time::sleep(Duration::from_micros(seal::entropy::below(millis_max * 1000))).await;
}

/// One number in every situation: allocated, approved, lost, with another SIM.
async fn act(world: &World, n: u32) {
    let app = &world.app;
    let number = msisdn(n);
    match n % 4 {
        0 => drop(number::report_loss(app, &SYSTEM, number).await.unwrap()),
        1 => drop(number::replace_sim(app, &SYSTEM, number, sim(1000 + n)).await.unwrap()),
        2 => drop(number::flag_fraud(app, &SYSTEM, number).await.unwrap()),
        _ => drop(number::close(app, &SYSTEM, number).await.unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_whenever_the_network_is_as_wanted_ten_seconds_after_both_are_up() {
    let Some(mut world) = World::start().await else { return };
    let mut slowest = Duration::ZERO;
    for round in 0..rounds() {
        let numbers = round * 4..round * 4 + 4;
        for n in numbers.clone() {
            world.active(n).await;
            world.stock(1000 + n).await;
        }
        let mut calls = world.node(Domain::Calls).await;
        for n in numbers.clone() {
            calls.locate(sim(n).imsi.as_str()).await.unwrap();
        }
        for n in numbers.clone() {
            act(&world, n).await;
        }
        moment(15).await;
        let (kills_register, kills_us) = (round % 3 != 1, round % 3 != 0);
        if kills_register {
            world.register.kill();
        }
        if kills_us {
            world.die();
        }
        drop(calls);
        moment(1_500).await;
        if kills_register {
            world.register.start_again().await;
        }
        if kills_us {
            world.rise();
        }
        let up = Instant::now();
        for n in numbers.clone() {
            world.confirmed(msisdn(n)).await;
        }
        let took = up.elapsed();
        assert!(took < REPAIRED, "round {round}: {took:?}");
        slowest = slowest.max(took);
        let mut calls = world.node(Domain::Calls).await;
        for n in numbers {
            check(&world, &mut calls, n).await;
        }
    }
    eprintln!("measured: all as wanted at most {} ms after both were up", slowest.as_millis());
}

/// The register itself, and a handset that comes back, agree with what was decided.
async fn check(world: &World, calls: &mut crate::vlr::Vlr, n: u32) {
    let (old, new) = (sim(n).imsi, sim(1000 + n).imsi);
    let answer = calls.locate(old.as_str()).await;
    match n % 4 {
        0 | 2 => assert_eq!(answer, Err(0x0b), "number {n} is barred"),
        1 => {
            assert_eq!(answer, Err(0x02), "the old SIM of number {n} is dead");
            assert_eq!(calls.locate(new.as_str()).await, Ok(()));
            let found = calls.guest(new.as_str()).msisdn;
            assert_eq!(found, Some(msisdn(n).to_string()));
            assert!(world.info(old.as_str()).await.contains("No such subscriber"));
        }
        _ => assert_eq!(answer, Ok(()), "number {n} may be called"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_hangs_holds_up_nothing_else_and_is_told_when_it_goes_on() {
    let Some(world) = World::start().await else { return };
    let (number, imsi) = world.active(1).await;
    world.register.signal("-STOP");
    let begun = Instant::now();
    number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
    // A use case does not wait for longer than its own second.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    // Other work goes on.
    assert!(number::status(&world.app, &SYSTEM, number).await.is_ok());
    moment(4_000).await;
    world.register.signal("-CONT");
    let took = world.confirmed(number).await;
    assert!(took < REPAIRED, "{took:?}");
    assert!(world.info(&imsi).await.contains("nam_cs\t0"));
}
