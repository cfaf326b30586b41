//! osmo-hlr.

use crate::chance::Chance;
use crate::log::{IMSI, NAME, NUMBER, Pulse, listen, tells_of_nobody};
use gateway::hlr::Osmo;
use gateway::hlr::osmo::Server;
use gateway::meter::Meter;
use service::port::{Hlr as _, NetworkProfile};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Questions asked of a register that answers garbage.
const ASKED: usize = 60;

fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len() + 1).unwrap();
    [&length.to_be_bytes()[..], &[0xee, 0], text.as_bytes()].concat()
}

/// The right answer to everything.
fn said(text: &str) -> Vec<u8> {
    let mut parts = text.split(' ');
    let (kind, id, what) = (parts.next(), parts.next(), parts.next());
    let (id, what) = (id.unwrap_or_default(), what.unwrap_or_default());
    if !text.contains(IMSI) {
        return frame(&format!("ERROR {id} No such subscriber."));
    }
    if kind == Some("SET") {
        return frame(&format!("SET_REPLY {id} {what} OK"));
    }
    let record = format!("imsi\t{IMSI}\nmsisdn\t{NUMBER}\nnam_cs\t0\nnam_ps\t0\nx\t{NAME}");
    frame(&format!("GET_REPLY {id} {what} \n{record}"))
}

async fn control(mut stream: TcpStream, is_bad: Arc<AtomicBool>, seed: u64) {
    let mut chance = Chance::new(seed);
    loop {
        let mut head = [0; 4];
        if stream.read_exact(&mut head).await.is_err() {
            return;
        }
        let mut text = vec![0; usize::from(u16::from_be_bytes([head[0], head[1]])) - 1];
        if stream.read_exact(&mut text).await.is_err() {
            return;
        }
        let text = String::from_utf8(text).unwrap();
        let mut answer = said(&text);
        // The first question, whether it is there at all, is let through.
        if text.contains(IMSI) && is_bad.load(Ordering::Relaxed) {
            answer = match chance.below(3) {
                0 => frame(&String::from_utf8_lossy(&chance.changed(&answer[4..]))),
                1 => frame(&format!("ERROR {} {NAME} {NUMBER}", text.split(' ').nth(1).unwrap())),
                _ => chance.changed(&answer),
            };
        }
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn terminal(mut stream: TcpStream, is_bad: Arc<AtomicBool>, seed: u64) {
    let mut chance = Chance::new(seed);
    let mut answer = b"hello\r\nOsmoHLR> ".to_vec();
    while stream.write_all(&answer).await.is_ok() {
        let mut line = [0; 300];
        let Ok(count @ 1..) = stream.read(&mut line).await else { return };
        answer = [&line[..count], b"\r\n% no ", NAME.as_bytes(), b"\r\nOsmoHLR# "].concat();
        if line.starts_with(b"enable") || !is_bad.load(Ordering::Relaxed) {
            answer = [&line[..count], b"\r\nOsmoHLR# "].concat();
        } else if chance.below(3) > 0 {
            answer = chance.changed(&answer);
        }
    }
}

async fn start(is_bad: &Arc<AtomicBool>) -> Server {
    let ctrl = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vty = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        ctrl: ctrl.local_addr().unwrap().to_string(),
        vty: vty.local_addr().unwrap().to_string(),
        response_seconds: 1,
    };
    let (bad, worse) = (Arc::clone(is_bad), Arc::clone(is_bad));
    tokio::spawn(async move {
        for seed in 1.. {
            let (stream, _) = ctrl.accept().await.unwrap();
            tokio::spawn(control(stream, Arc::clone(&bad), seed));
        }
    });
    tokio::spawn(async move {
        for seed in 1.. {
            let (stream, _) = vty.accept().await.unwrap();
            tokio::spawn(terminal(stream, Arc::clone(&worse), seed * 31));
        }
    });
    server
}

#[tokio::test]
async fn a_register_that_answers_garbage_harms_nobody() {
    listen();
    let is_bad = Arc::new(AtomicBool::new(true));
    let meter = Arc::new(Meter::default());
    let osmo = Osmo::start(start(&is_bad).await, Arc::clone(&meter));
    let pulse = Pulse::start();
    let mut failed = 0;
    for asked in 0..ASKED {
        let begun = Instant::now();
        let what = async {
            match asked % 3 {
                0 => osmo.read(IMSI).await.map(drop),
                1 => osmo.set_profile(IMSI, NetworkProfile::default()).await,
                _ => osmo.set_number(IMSI, Some(NUMBER)).await,
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(15), what).await.expect("it hangs");
        if let Err(error) = ended {
            failed += 1;
            tracing::warn!(%error, "as a job would log it");
        }
        assert!(begun.elapsed() < Duration::from_secs(15));
        while !osmo.is_up() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert!(failed > ASKED / 2, "{failed}");
    pulse.was_never_late();
    assert!(meter.garbage_count() > 5, "{}", meter.garbage_count());
    is_bad.store(false, Ordering::Relaxed);
    let begun = Instant::now();
    loop {
        if let Ok(Some(record)) = osmo.read(IMSI).await {
            assert_eq!(record.msisdn.as_deref(), Some(NUMBER));
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tells_of_nobody();
}
