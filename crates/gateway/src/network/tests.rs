use super::*;
use crate::handset::{self, Attempt};
use crate::{hlr, smsc};
use proptest::prelude::*;
use service::clock::MovableClock;
use service::port::{Hlr, NetworkProfile, OutgoingSms, Sms};

const IMSI: &str = "460990000000001";
const OTHER: &str = "460990000000002";
const NUMBER: &str = "8613800138000";

const ALL: NetworkProfile = NetworkProfile {
    voice_out: true,
    voice_in: true,
    sms_out: true,
    sms_in: true,
    data: true,
    roaming: true,
};

fn world() -> (Arc<MovableClock>, Arc<Network>) {
    let clock = Arc::new(MovableClock::frozen_at(At::from_millis(1_700_000_000_000)));
    let network = Arc::new(Network::in_memory(clock.clone()));
    network.preload(&[861_380_013], Vec::new());
    (clock, network)
}

fn with_number(network: &Network, profile: NetworkProfile) {
    let record = HlrRecord { imsi: IMSI.into(), msisdn: Some(NUMBER.into()), profile };
    network.preload(&[], vec![record]);
}

fn sms(id: &str, to: &str, network: &Network) -> OutgoingSms {
    OutgoingSms {
        notice_id: id.into(),
        to: to.into(),
        text: "test".into(),
        valid_until: network.now().plus_minutes(60),
    }
}

fn fault(port: Port, fault: FaultKind) -> Fault {
    Fault { port, fault, times: 1, only: None }
}

#[tokio::test]
async fn commands_are_idempotent_and_a_number_serves_one_sim() {
    let (_, network) = world();
    let hlr = hlr::Simulator(network.clone());
    assert!(matches!(hlr.set_number(IMSI, Some(NUMBER)).await, Err(PortError::Rejected(_))));
    for _ in 0..2 {
        hlr.create(IMSI, None).await.unwrap();
        hlr.create(OTHER, None).await.unwrap();
        hlr.set_number(IMSI, Some(NUMBER)).await.unwrap();
        hlr.set_profile(IMSI, ALL).await.unwrap();
    }
    assert!(matches!(hlr.set_number(OTHER, Some(NUMBER)).await, Err(PortError::Rejected(_))));
    hlr.set_number(IMSI, None).await.unwrap();
    hlr.set_number(OTHER, Some(NUMBER)).await.unwrap();
    assert_eq!(network.record_of_number(NUMBER).unwrap().imsi, OTHER);
    hlr.remove(IMSI).await.unwrap();
    hlr.remove(IMSI).await.unwrap();
    assert_eq!(hlr.read(IMSI).await, Ok(None));
}

#[tokio::test]
async fn late_is_done_later_and_never_is_not_done() {
    let (clock, network) = world();
    let hlr = hlr::Simulator(network.clone());
    hlr.create(IMSI, None).await.unwrap();
    network.inject(fault(Port::Hlr, FaultKind::Late { millis: 1_000 }));
    assert!(matches!(hlr.set_profile(IMSI, ALL).await, Err(PortError::Unreachable(_))));
    assert_eq!(network.record(IMSI).unwrap().profile, NetworkProfile::default());
    clock.advance_millis(1_000);
    assert_eq!(network.record(IMSI).unwrap().profile, ALL);
    network.inject(fault(Port::Hlr, FaultKind::Never));
    assert!(hlr.set_profile(IMSI, NetworkProfile::default()).await.is_err());
    clock.advance_millis(1_000_000);
    assert_eq!(network.record(IMSI).unwrap().profile, ALL);
}

#[tokio::test]
async fn an_overtaken_command_takes_effect_after_the_next() {
    let (_, network) = world();
    let hlr = hlr::Simulator(network.clone());
    hlr.create(IMSI, None).await.unwrap();
    network.inject(fault(Port::Hlr, FaultKind::WrongOrder));
    assert!(hlr.set_profile(IMSI, ALL).await.is_err());
    hlr.set_profile(IMSI, NetworkProfile::default()).await.unwrap();
    assert_eq!(network.record(IMSI).unwrap().profile, ALL);
}

#[tokio::test]
async fn a_text_is_delivered_once_however_often_it_is_submitted() {
    let (_, network) = world();
    with_number(&network, ALL);
    let smsc = smsc::Simulator(network.clone());
    let text = sms("ntc_1", NUMBER, &network);
    network.inject(fault(Port::Sms, FaultKind::Late { millis: 0 }));
    assert!(matches!(smsc.submit(&text).await, Err(PortError::Unreachable(_))));
    let id = smsc.submit(&text).await.unwrap();
    assert_eq!(smsc.submit(&text).await.unwrap(), id);
    assert_eq!(network.messages(&Phone::Sim(IMSI.into())).len(), 1);
    let receipts = network.events();
    let [(event, Event::Receipt { message_id, status: ReceiptStatus::Delivered, .. })] =
        receipts.as_slice()
    else {
        panic!("one receipt, not {receipts:?}")
    };
    assert_eq!(vec![message_id.clone()], id);
    network.done(*event);
    assert_eq!(network.events(), vec![]);
}

#[tokio::test]
async fn a_text_to_a_barred_or_vanished_number_is_undeliverable_and_abroad_it_arrives() {
    let (_, network) = world();
    with_number(&network, NetworkProfile::default());
    let smsc = smsc::Simulator(network.clone());
    for (id, to) in [("a", NUMBER), ("b", "8613800138001"), ("c", "447700900123")] {
        smsc.submit(&sms(id, to, &network)).await.unwrap();
    }
    let statuses: Vec<_> = network
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Receipt { status, .. } => Some(status),
            _ => None,
        })
        .collect();
    let no = ReceiptStatus::Undeliverable;
    assert_eq!(statuses, [no, no, ReceiptStatus::Delivered]);
    assert_eq!(network.messages(&Phone::Other("447700900123".into())).len(), 1);
}

#[tokio::test]
async fn a_text_waits_for_a_phone_that_is_off_until_it_expires() {
    let (clock, network) = world();
    with_number(&network, ALL);
    network.set_power(IMSI, false);
    let smsc = smsc::Simulator(network.clone());
    smsc.submit(&sms("a", NUMBER, &network)).await.unwrap();
    assert_eq!(network.events(), vec![]);
    network.set_power(IMSI, true);
    assert_eq!(network.messages(&Phone::Sim(IMSI.into())).len(), 1);
    network.set_power(IMSI, false);
    smsc.submit(&sms("b", NUMBER, &network)).await.unwrap();
    clock.advance_millis(61 * 60_000);
    let expired = network
        .events()
        .into_iter()
        .any(|(_, event)| matches!(event, Event::Receipt { status: ReceiptStatus::Expired, .. }));
    assert!(expired);
}

#[test]
fn what_a_phone_may_do_is_what_its_record_says() {
    let (_, network) = world();
    let phones = handset::Simulator::new(network.clone(), vec!["10100".into()]);
    let call = Attempt::Call { to: "13900000000".into() };
    let text = Attempt::Text { to: "13900000000".into(), text: "hi".into() };
    let emergency = Attempt::Call { to: "110".into() };
    let command = Attempt::Text { to: "10100".into(), text: "CX".into() };
    assert!(!phones.attempt(IMSI, &call).is_allowed);
    assert!(phones.attempt(IMSI, &emergency).is_allowed);
    with_number(&network, NetworkProfile::default());
    for attempt in [&call, &text, &Attempt::Data] {
        assert!(!phones.attempt(IMSI, attempt).is_allowed, "{attempt:?}");
    }
    assert!(phones.attempt(IMSI, &emergency).is_free);
    assert!(phones.attempt(IMSI, &command).is_free);
    let only_in = NetworkProfile { voice_in: true, sms_in: true, ..Default::default() };
    with_number(&network, only_in);
    assert!(!phones.attempt(IMSI, &call).is_allowed);
    let incoming = Attempt::IncomingText { from: "95588".into(), text: "code".into() };
    assert!(phones.attempt(IMSI, &incoming).is_allowed);
    assert_eq!(network.messages(&Phone::Sim(IMSI.into())).len(), 1);
    with_number(&network, ALL);
    for attempt in [&call, &text, &Attempt::Data] {
        assert!(phones.attempt(IMSI, attempt).is_allowed, "{attempt:?}");
    }
    let kinds: Vec<_> = network
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Usage { kind, .. } => Some(kind),
            _ => None,
        })
        .collect();
    use UsageKind::{CallOut, Data, SmsIn, SmsOut};
    assert_eq!(kinds, [SmsIn, CallOut, SmsOut, Data]);
}

#[tokio::test]
async fn the_world_is_the_same_after_a_restart_even_with_a_torn_last_line() {
    let clock = Arc::new(MovableClock::frozen_at(At::from_millis(1_700_000_000_000)));
    let folder = std::env::temp_dir().join(format!("baohao-network-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("network.jsonl");
    let network = Arc::new(Network::open(clock.clone(), &path).unwrap());
    with_number(&network, ALL);
    let smsc = smsc::Simulator(network.clone());
    let text = sms("ntc_1", NUMBER, &network);
    let id = smsc.submit(&text).await.unwrap();
    let before = (network.records(), network.messages(&Phone::Sim(IMSI.into())), network.events());
    drop((smsc, network));
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend_from_slice(b"{\"remove\":{\"im");
    std::fs::write(&path, torn).unwrap();
    let network = Arc::new(Network::open(clock, &path).unwrap());
    let after = (network.records(), network.messages(&Phone::Sim(IMSI.into())), network.events());
    assert_eq!(before, after);
    assert_eq!(smsc::Simulator(network).submit(&text).await, Ok(id));
    std::fs::remove_dir_all(&folder).unwrap();
}

proptest! {
    #[test]
    fn chance_is_repeatable_and_what_was_answered_ok_is_so(seed: u64, percent in 0u8..100) {
        let run = || {
            let (clock, network) = world();
            network.preload(&[], vec![
                HlrRecord { imsi: IMSI.into(), msisdn: None, profile: NetworkProfile::default() },
            ]);
            network.set_chaos(Some(Chaos { seed, percent }));
            let mut answers = Vec::new();
            for _ in 0..40 {
                let change = Change::Profile { imsi: IMSI.into(), profile: ALL };
                answers.push(network.command(IMSI, change).is_ok());
                clock.advance_millis(2_000);
            }
            network.set_chaos(None);
            (answers, network.record(IMSI).expect("never removed").profile)
        };
        let (answers, profile) = run();
        prop_assert_eq!(&run().0, &answers);
        if answers.contains(&true) {
            prop_assert_eq!(profile, ALL);
        }
    }
}
