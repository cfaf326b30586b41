//! What the rules say, the serving network does.

use crate::register::Register;
use crate::vlr::Domain;
use crate::world::{K, OPC, SYSTEM, World, msisdn, sim};
use domain::number::{Service, ServiceProfile};
use domain::sim::SimKeys;
use gateway::hlr::Osmo;
use service::number::{self, Switching};
use service::port::{Hlr as _, HlrRecord};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Causes of 3GPP TS 24.008, 10.5.5.14: "PLMN not allowed" and "GPRS services not allowed" are
/// bars, "IMSI unknown in HLR" is no record.
const BARRED: u8 = 0x0b;
const NO_DATA: u8 = 0x07;
const UNKNOWN: u8 = 0x02;

fn within(begun: Instant, seconds: u64, what: &str) {
    let took = begun.elapsed();
    eprintln!("measured: {what} after {} ms", took.as_millis());
    assert!(took < Duration::from_secs(seconds), "{what} took {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unregistered_there_is_neither_voice_nor_data_and_approval_gives_both_within_two_seconds() {
    let Some(world) = World::start().await else { return };
    let (mut calls, mut data) = (world.node(Domain::Calls).await, world.node(Domain::Data).await);
    let (number, imsi) = world.allocated(1).await;
    world.confirmed(number).await;
    assert_eq!(calls.locate(&imsi).await, Err(BARRED));
    assert_eq!(data.locate(&imsi).await, Err(NO_DATA));
    let begun = Instant::now();
    world.verify(number).await;
    while calls.locate(&imsi).await.is_err() || data.locate(&imsi).await.is_err() {}
    within(begun, 2, "voice and data on approval");
    assert_eq!(calls.guest(&imsi).msisdn, Some(number.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_phone_loses_service_at_the_serving_node_within_a_second_and_gets_it_back() {
    let Some(world) = World::start().await else { return };
    let (mut calls, mut data) = (world.node(Domain::Calls).await, world.node(Domain::Data).await);
    let (number, imsi) = world.active(1).await;
    calls.locate(&imsi).await.unwrap();
    data.locate(&imsi).await.unwrap();
    let begun = Instant::now();
    number::report_loss(&world.app, &SYSTEM, number).await.unwrap();
    calls.until(&imsi, |guest| !guest.is_served).await;
    data.until(&imsi, |guest| !guest.is_served).await;
    within(begun, 1, "the serving node drops a lost phone");
    assert_eq!(calls.locate(&imsi).await, Err(BARRED));
    assert_eq!(data.locate(&imsi).await, Err(NO_DATA));
    number::lift_loss(&world.app, &SYSTEM, number).await.unwrap();
    world.confirmed(number).await;
    assert_eq!(calls.locate(&imsi).await, Ok(()));
    assert_eq!(data.locate(&imsi).await, Ok(()));
}

/// The outbox and the reconciler told the same bar one after the other, and the second of them
/// opened the record for a moment, into which a phone came back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_that_is_told_twice_lets_nobody_in_between() {
    let Some(mut world) = World::start().await else { return };
    let mut data = world.node(Domain::Data).await;
    let (_, imsi) = world.active(1).await;
    data.locate(&imsi).await.unwrap();
    world.die();
    let bar = || world.app.hlr.set_profile(&imsi, ServiceProfile::NOTHING.into());
    bar().await.unwrap();
    data.until(&imsi, |guest| !guest.is_served).await;
    let again = async {
        for _ in 0..200 {
            bar().await.unwrap();
        }
    };
    let knocks = async {
        for _ in 0..200 {
            assert_eq!(data.locate(&imsi).await, Err(NO_DATA));
        }
    };
    futures::join!(again, knocks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_sim_is_dead_and_the_new_one_has_the_number() {
    let Some(world) = World::start().await else { return };
    let mut calls = world.node(Domain::Calls).await;
    let (number, old) = world.active(1).await;
    calls.locate(&old).await.unwrap();
    world.stock(2).await;
    let begun = Instant::now();
    number::replace_sim(&world.app, &SYSTEM, number, sim(2)).await.unwrap();
    calls.until(&old, |guest| !guest.is_served).await;
    within(begun, 2, "the serving node drops the old SIM");
    world.confirmed(number).await;
    within(begun, 2, "the new SIM is confirmed");
    assert_eq!(calls.locate(&old).await, Err(UNKNOWN));
    let new = sim(2).imsi.as_str().to_owned();
    assert_eq!(calls.locate(&new).await, Ok(()));
    assert_eq!(calls.guest(&new).msisdn, Some(number.to_string()));
    assert!(world.info(&old).await.contains("No such subscriber"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_reach_the_register_and_nothing_else() {
    let Some(world) = World::start().await else { return };
    let (_, imsi) = world.active(1).await;
    let aud = |imsi: &str| format!("GET 1 subscriber.by-imsi-{imsi}.info-aud");
    let said = world.register.ctrl(&aud(&imsi)).await;
    assert!(said.contains(K) && said.contains(OPC));
    // Keys that are right are not written again, which would begin their sequence numbers anew.
    world.node(Domain::Calls).await.authenticate(&imsi).await;
    let used = world.register.ctrl(&aud(&imsi)).await;
    assert_ne!(used, said, "an authentication moves the sequence number");
    let keys = SimKeys::parse(K, OPC).unwrap();
    world.app.hlr.create(&imsi, Some(&keys)).await.unwrap();
    assert_eq!(world.register.ctrl(&aud(&imsi)).await, used);
    let other = SimKeys::parse(OPC, K).unwrap();
    world.app.hlr.create(&imsi, Some(&other)).await.unwrap();
    assert!(world.register.ctrl(&aud(&imsi)).await.contains(&format!("aud3g.k\t{OPC}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incoming_only_is_more_than_wanted_on_this_register_and_staff_see_it() {
    let Some(world) = World::start().await else { return };
    let (number, _) = world.active(1).await;
    let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
    assert_eq!((status.differs(), status.applied), (None, Some(ServiceProfile::FULL)));
    // Closing leaves the incoming services; this register has one switch for calls and texts.
    number::close(&world.app, &SYSTEM, number).await.unwrap();
    world.confirmed(number).await;
    let status = number::status(&world.app, &SYSTEM, number).await.unwrap();
    assert!(matches!(status.switching, Switching::Confirmed(_)));
    let incoming = [Service::VoiceIn, Service::SmsIn, Service::Roaming];
    assert_eq!(status.allows, ServiceProfile::of(&incoming));
    let all_but_data = ServiceProfile::FULL.without(ServiceProfile::of(&[Service::Data]));
    assert_eq!(status.differs(), Some(all_but_data));
    let odd = service::provision::odd(&world.app, &SYSTEM, status.operator_id).await.unwrap();
    assert_eq!(odd.iter().map(|row| row.msisdn).collect::<Vec<_>>(), [msisdn(1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_whose_message_was_lost_is_told_again() {
    let Some(mut world) = World::start().await else { return };
    let mut calls = world.node(Domain::Calls).await;
    let (number, imsi) = world.active(1).await;
    calls.locate(&imsi).await.unwrap();
    // The register knows the bar, the serving node does not: as if it died in between.
    world.die();
    number::flag_fraud(&world.app, &SYSTEM, number).await.unwrap();
    world.register.ctrl(&format!("SET 1 subscriber.by-imsi-{imsi}.cs-enabled 0")).await;
    world.register.ctrl(&format!("SET 1 subscriber.by-imsi-{imsi}.ps-enabled 0")).await;
    assert!(calls.guest(&imsi).is_served);
    world.rise();
    calls.until(&imsi, |guest| !guest.is_served).await;
    world.confirmed(number).await;
    assert_eq!(calls.locate(&imsi).await, Err(BARRED));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_left_in_half_is_barred_before_it_has_keys() {
    let Some(register) = Register::start().await else { return };
    let imsi = sim(1).imsi.as_str().to_owned();
    // As whoever made it was killed before it was barred.
    register.ctrl(&format!("SET 1 subscriber.create {imsi}")).await;
    let osmo = Osmo::start(register.server(), Arc::default());
    while !osmo.is_up() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let keys = SimKeys::parse(K, OPC).unwrap();
    osmo.create(&imsi, Some(&keys)).await.unwrap();
    let record = osmo.read(&imsi).await.unwrap().unwrap();
    assert_eq!(ServiceProfile::from(record.profile), ServiceProfile::NOTHING);
    // One that has its number keeps what it allows: it may be in use.
    osmo.set_number(&imsi, Some("8613800138000")).await.unwrap();
    osmo.set_profile(&imsi, ServiceProfile::FULL.into()).await.unwrap();
    osmo.create(&imsi, Some(&keys)).await.unwrap();
    let record = osmo.read(&imsi).await.unwrap().unwrap();
    assert_eq!(ServiceProfile::from(record.profile), ServiceProfile::FULL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_record_is_made_at_once_and_never_over_another() {
    let Some(register) = Register::start().await else { return };
    let osmo = Osmo::start(register.server(), Arc::default());
    while !osmo.is_up() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let keys = SimKeys::parse(K, OPC).unwrap();
    let record = |n: u32, number: &str, profile: ServiceProfile| HlrRecord {
        imsi: sim(n).imsi.as_str().to_owned(),
        msisdn: Some(number.to_owned()),
        profile: profile.into(),
    };
    for (n, profile) in [(1, ServiceProfile::FULL), (2, ServiceProfile::NOTHING)] {
        let wanted = record(n, &format!("861380013800{n}"), profile);
        assert_eq!(osmo.make_whole(&wanted, &keys).await, Ok(Some(wanted.clone())));
        assert_eq!(osmo.read(&wanted.imsi).await, Ok(Some(wanted.clone())));
        // There is one now: nothing is done, whatever is wanted.
        let other = HlrRecord { msisdn: Some("8613800138009".to_owned()), ..wanted.clone() };
        assert_eq!(osmo.make_whole(&other, &keys).await, Ok(None));
        assert_eq!(osmo.read(&wanted.imsi).await, Ok(Some(wanted)));
    }
    // A number that another SIM has is not taken from it so, and what was begun has no keys.
    let taken = record(3, "8613800138001", ServiceProfile::FULL);
    assert_eq!(osmo.make_whole(&taken, &keys).await, Ok(None));
    assert_eq!(osmo.read(&taken.imsi).await.unwrap().unwrap().msisdn, None);
    let first = osmo.read(sim(1).imsi.as_str()).await.unwrap().unwrap();
    assert_eq!(first.msisdn.as_deref(), Some("8613800138001"));
    let aud = register.ctrl(&format!("GET 1 subscriber.by-imsi-{}.info-aud", taken.imsi)).await;
    assert!(!aud.contains("aud3g"), "{aud}");
    // The steps take the number from the other and bar the record before it gets its keys.
    osmo.create(&taken.imsi, Some(&keys)).await.unwrap();
    let found = osmo.read(&taken.imsi).await.unwrap().unwrap();
    assert_eq!(ServiceProfile::from(found.profile), ServiceProfile::NOTHING);
    osmo.set_number(&taken.imsi, taken.msisdn.as_deref()).await.unwrap();
    assert_eq!(osmo.read(sim(1).imsi.as_str()).await.unwrap().unwrap().msisdn, None);
    // What was cut off before the keys is barred before it gets them.
    let half = record(4, "8613800138004", ServiceProfile::FULL);
    register.ctrl(&format!("SET 1 subscriber.create {}", half.imsi)).await;
    register.ctrl(&format!("SET 1 subscriber.by-imsi-{}.msisdn 8613800138004", half.imsi)).await;
    assert_eq!(osmo.make_whole(&half, &keys).await, Ok(None));
    osmo.create(&half.imsi, Some(&keys)).await.unwrap();
    let found = osmo.read(&half.imsi).await.unwrap().unwrap();
    assert_eq!(ServiceProfile::from(found.profile), ServiceProfile::NOTHING);
}
