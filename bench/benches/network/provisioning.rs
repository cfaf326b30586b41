//! A number with its SIM into the register: decided, recorded step by step and read back; beside
//! the same by a loop on the control interface.

use crate::app_of;
use crate::register::Register;
use bench::say;
use domain::access::Actor;
use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Event, SimRef};
use domain::sim::{Iccid, Imsi, SimKeys};
use gateway::hlr::Osmo;
use gateway::meter::Meter;
use service::inventory::{NewSim, bring_sims};
use service::number;
use service::port::{Hlr, NetworkProfile};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::number::provision::{self, ProvisionStep};
use testkit::{Engine, TestApp, fresh};

/// 3GPP TS 35.208, test set 1.
const K: &str = "465b5ce8b199b49faa5f0a2ee238a6bc";
const OPC: &str = "cd63cb71954a9f4e48a5994e37a02baf";

fn imsi(kind: u64, n: u64) -> String {
    format!("46000{kind}{n:09}")
}

fn msisdn(kind: u64, n: u64) -> Msisdn {
    Msisdn::parse(&format!("13{kind}{n:08}")).expect("a number")
}

pub(crate) async fn measure(numbers: u64) {
    let Some(register) = Register::start().await else {
        say("no osmo-hlr: provisioning is left out");
        return;
    };
    let bare = bare(&register, 1, numbers);
    say(&format!("control interface, bare (create, keys, number, read): {bare:.0} numbers/s"));
    let same = same_writes(&register, 5, numbers);
    say(&format!("both interfaces, bare, with the writes that ours makes: {same:.0} numbers/s"));
    let adapter = adapter(&register, numbers).await;
    say(&format!(
        "our adapter alone, by the three steps, everything read back: {adapter:.0} numbers/s"
    ));
    let ours = ours(&register, numbers).await;
    say(&format!("ours, durable: {ours:.0} numbers/s"));
    let again = self::bare(&register, 2, numbers);
    say(&format!("control interface, bare, once more: {again:.0} numbers/s"));
    let same_again = same_writes(&register, 6, numbers);
    say(&format!("both interfaces, bare, once more: {same_again:.0} numbers/s"));
    say(&format!("  ratio to control alone {:.2}", ours / f64::midpoint(bare, again)));
    say(&format!("  ratio to the same writes {:.2}", ours / f64::midpoint(same, same_again)));
}

/// A connection to the control interface, on which one request is made at a time.
fn control(register: &Register) -> impl FnMut(String) {
    let address = register.server().ctrl;
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    move |text: String| {
        let length = u16::try_from(text.len() + 1).expect("short").to_be_bytes();
        let frame = [&length[..], &[0xee, 0], text.as_bytes()].concat();
        stream.write_all(&frame).expect("it reads");
        let mut head = [0; 3];
        stream.read_exact(&mut head).expect("it answers");
        let [high, low, _] = head;
        let mut said = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        stream.read_exact(&mut said).expect("it answers");
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains("_REPLY"), "{said}");
    }
}

/// The same for the VTY.
fn terminal(register: &Register) -> impl FnMut(String) {
    let mut stream = TcpStream::connect(register.server().vty).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    let mut type_in = move |text: String| {
        stream.write_all(text.as_bytes()).expect("it reads");
        let mut said = Vec::new();
        while !said.ends_with(b"OsmoHLR# ") {
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).expect("it answers");
            assert!(count > 0, "the VTY closed");
            said.extend_from_slice(bytes.get(..count).unwrap_or_default());
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(!said.contains("% No") && !said.contains("% Un"), "{said}");
    };
    type_in("enable\n".to_owned());
    type_in
}

/// What our adapter writes for a record that allows everything, the number by the VTY, and one
/// reading.
fn same_writes(register: &Register, kind: u64, numbers: u64) -> f64 {
    let (mut ask, mut type_in) = (control(register), terminal(register));
    let begun = Instant::now();
    for n in 0..numbers {
        let imsi = imsi(kind, n);
        let of = format!("subscriber.by-imsi-{imsi}");
        ask(format!("SET 1 subscriber.create {imsi}"));
        type_in(format!("subscriber imsi {imsi} update msisdn {}\n", msisdn(kind, n)));
        ask(format!("SET 2 {of}.aud3g milenage,{K},opc,{OPC}"));
        ask(format!("GET 3 {of}.info"));
    }
    numbers as f64 / begun.elapsed().as_secs_f64()
}

/// The least that makes a working number, by the control interface.
fn bare(register: &Register, kind: u64, numbers: u64) -> f64 {
    let mut ask = control(register);
    let begun = Instant::now();
    for n in 0..numbers {
        let imsi = imsi(kind, n);
        let of = format!("subscriber.by-imsi-{imsi}");
        ask(format!("SET 1 subscriber.create {imsi}"));
        ask(format!("SET 2 {of}.aud3g milenage,{K},opc,{OPC}"));
        ask(format!("SET 3 {of}.msisdn {}", msisdn(kind, n)));
        ask(format!("GET 4 {of}.info"));
    }
    numbers as f64 / begun.elapsed().as_secs_f64()
}

/// The steps of a ladder, recorded nowhere.
async fn adapter(register: &Register, numbers: u64) -> f64 {
    let osmo = Osmo::start(register.server(), Arc::new(Meter::default()));
    while !osmo.is_up() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let keys = SimKeys::parse(K, OPC).expect("keys");
    let profile = NetworkProfile {
        voice_out: true,
        voice_in: true,
        sms_out: true,
        sms_in: true,
        data: true,
        roaming: true,
    };
    let begun = Instant::now();
    for n in 0..numbers {
        let (imsi, msisdn) = (imsi(3, n), msisdn(3, n).to_string());
        osmo.create(&imsi, Some(&keys)).await.expect("it makes");
        osmo.set_number(&imsi, Some(&msisdn)).await.expect("it numbers");
        osmo.set_profile(&imsi, profile).await.expect("it switches");
        let found = osmo.read(&imsi).await.expect("it reads");
        assert!(found.is_some_and(|found| found.msisdn == Some(msisdn)));
    }
    numbers as f64 / begun.elapsed().as_secs_f64()
}

/// From the decision that somebody holds them to the last that is confirmed.
async fn ours(register: &Register, numbers: u64) -> f64 {
    let test = TestApp::on(fresh(Engine::Sqlite).await.expect("SQLite")).await;
    test.operator(1).await;
    let osmo = Osmo::start(register.server(), Arc::new(Meter::default()));
    let osmo: Arc<dyn Hlr> = Arc::new(osmo);
    let app = app_of(&test, Some(Arc::clone(&osmo)), None);
    // Decided by a program that has no network, so that all of it waits.
    let system = Actor::System;
    let deaf: Arc<dyn Hlr> = Arc::new(gateway::Unconnected);
    let deciding = app_of(&test, Some(deaf), None);
    for n in 0..numbers {
        let number = msisdn(4, n);
        let iccid = Iccid::parse(&format!("89860000{n:011}")).expect("a card");
        let sim = SimRef { iccid, imsi: Imsi::parse(&imsi(4, n)).expect("an IMSI") };
        let keys = Some(SimKeys::parse(K, OPC).expect("keys"));
        number::bring(&deciding, &system, OperatorId(1), number).await.expect("new");
        let new = NewSim { sim, eid: None, profile_type: None, keys };
        bring_sims(&deciding, &system, OperatorId(1), [new]).await.expect("new");
        number::allocate(&deciding, &system, number, sim).await.expect("in stock");
        let id = u128::from(number.as_u64());
        let (party_id, episode_id) = (PartyId::from_u128(id), EpisodeId::from_u128(id));
        let event = Event::HolderVerified { party_id, episode_id };
        number::apply_as_system(&deciding, number, &event).await.expect("allocated");
    }
    let begun = Instant::now();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = service::work::run_forever(Arc::clone(&app), async { drop(stopped.await) });
    let work = tokio::spawn(run);
    for n in 0..numbers {
        loop {
            let rows = provision::of_number(&app.store.db, msisdn(4, n)).await.expect("it reads");
            if rows.iter().all(|row| row.step == ProvisionStep::Confirmed) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_mins(10), "number {n} is not confirmed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let rate = numbers as f64 / begun.elapsed().as_secs_f64();
    drop(stop);
    work.await.expect("it ends");
    rate
}
