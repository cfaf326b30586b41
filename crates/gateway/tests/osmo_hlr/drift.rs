//! Somebody changes the register behind our back: it is put right and reported.

use crate::vlr::Domain;
use crate::world::{SYSTEM, World, sim};
use service::number;
use std::time::{Duration, Instant};
use store::audit;

async fn reports(world: &World, number: domain::msisdn::Msisdn) -> Vec<String> {
    let subject = store::number::subject(number);
    let one = domain::id::OperatorId(1);
    let entries = audit::of_subject(&world.app.store.db, one, &subject, 50).await.unwrap();
    let of_drift = |found: &audit::StoredEntry| found.entry.action == "number.network_drift";
    entries.into_iter().filter(of_drift).map(|found| found.entry.detail_json).collect()
}

/// Waits for the next report; the network is read a few seconds after it was told, then more and
/// more seldom.
async fn reported(world: &World, number: domain::msisdn::Msisdn, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let found = reports(world, number).await;
        if found.len() >= count {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "nobody noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_lifted_behind_our_back_is_set_again_and_reported() {
    let Some(world) = World::start().await else { return };
    let mut calls = world.node(Domain::Calls).await;
    let (number, imsi) = world.active(1).await;
    number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
    world.settled(number).await;
    world.register.vty(&format!("subscriber imsi {imsi} update network-access-mode cs+ps")).await;
    calls.locate(&imsi).await.unwrap();
    let found = reported(&world, number, 1).await;
    assert!(found[0].contains("\"what\":\"profile\""), "{}", found[0]);
    calls.until(&imsi, |guest| !guest.is_served).await;
    world.confirmed(number).await;
    assert!(world.info(&imsi).await.contains("nam_cs\t0"));
    let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
    assert!(status.drift_at.is_some());
    let odd = service::provision::odd(&world.app, &SYSTEM, status.operator_id).await.unwrap();
    assert_eq!(odd.len(), 1);
    // The chain of entries holds, this one included.
    store::audit::link(&world.app.store.db, world.app.now()).await.unwrap();
    let report = store::audit::verify(&world.app.store.db, status.operator_id).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_moved_to_a_strangers_sim_comes_back() {
    let Some(world) = World::start().await else { return };
    let (number, imsi) = world.active(1).await;
    world.settled(number).await;
    let stranger = sim(99).imsi;
    world.register.vty(&format!("subscriber imsi {imsi} update msisdn none")).await;
    world.register.vty(&format!("subscriber imsi {} create", stranger.as_str())).await;
    let moved = format!("subscriber imsi {} update msisdn {number}", stranger.as_str());
    assert!(world.register.vty(&moved).await.contains("Updated"));
    let found = reported(&world, number, 1).await;
    assert!(found[0].contains("\"what\":\"number\""), "{}", found[0]);
    world.confirmed(number).await;
    assert!(world.info(&imsi).await.contains(&number.to_string()));
    assert!(!world.info(stranger.as_str()).await.contains(&number.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_deleted_behind_our_back_is_made_again_with_its_keys() {
    let Some(world) = World::start().await else { return };
    let (number, imsi) = world.active(1).await;
    world.settled(number).await;
    world.register.ctrl(&format!("SET 1 subscriber.delete {imsi}")).await;
    let found = reported(&world, number, 1).await;
    assert!(found[0].contains("\"what\":\"gone\""), "{}", found[0]);
    world.confirmed(number).await;
    assert!(world.info(&imsi).await.contains("nam_cs\t1"));
    let aud = world.register.ctrl(&format!("GET 1 subscriber.by-imsi-{imsi}.info-aud")).await;
    assert!(aud.contains(crate::world::K));
}
