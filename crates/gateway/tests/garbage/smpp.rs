//! A message centre.

use crate::chance::Chance;
use crate::log::{NAME, NUMBER, Pulse, listen, tells_of_nobody};
use gateway::meter::{Event, Meter};
use gateway::smsc::smpp::{Centre, Smpp, hear};
use service::App;
use service::port::{OutgoingSms, PortError, Sms as _};
use std::sync::Arc;
use std::time::Duration;
use testkit::{Engine, TestApp, fresh};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Connections of garbage before the centre comes to its senses.
const BAD: usize = 12;
/// Units in each.
const UNITS: usize = 80;

fn unit(id: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    [&[length, id, status, sequence].map(u32::to_be_bytes).concat(), body].concat()
}

/// `deliver_sm` from the phone of somebody, or a receipt.
fn told(is_receipt: bool) -> Vec<u8> {
    let text = if is_receipt {
        format!("id:7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:{NAME}").into_bytes()
    } else {
        NAME.encode_utf16().flat_map(u16::to_be_bytes).collect()
    };
    let mut body = b"\0\x01\x01".to_vec();
    body.extend(NUMBER.as_bytes());
    body.extend(b"\0\x00\x0110000\0");
    body.extend([if is_receipt { 4 } else { 0 }, 0, 0, 0, 0, 0, 0, if is_receipt { 0 } else { 8 }]);
    body.extend([0, u8::try_from(text.len()).unwrap()]);
    body.extend(text);
    // receipted_message_id, message_state, sar_*: what garbage likes to be in.
    body.extend(b"\x00\x1e\x00\x02\x37\x00\x04\x27\x00\x01\x02\x02\x0e\x00\x01\x03");
    body
}

async fn read_unit(stream: &mut TcpStream) -> Option<(u32, u32)> {
    let mut head = [0; 16];
    stream.read_exact(&mut head).await.ok()?;
    let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
    let mut body = vec![0; usize::try_from(word(0)).unwrap() - 16];
    stream.read_exact(&mut body).await.ok()?;
    Some((word(4), word(12)))
}

async fn bad(stream: &mut TcpStream, chance: &mut Chance) -> std::io::Result<()> {
    for _ in 0..UNITS {
        let body = told(chance.below(2) == 0);
        // Answers to what was asked, and to nothing; known commands and others.
        let ids = [5, 5, 5, 0x8000_0004, 0x8000_0015, 0x8000_0000, 0x15, 0x333, 4];
        let id = if chance.below(9) == 0 { 0x8000_0009 } else { ids[chance.below(ids.len())] };
        let sequence = u32::try_from(chance.below(40)).unwrap();
        let status = if chance.below(4) == 0 { 0x58 } else { 0 };
        let body = if chance.below(5) == 0 { body } else { chance.changed(&body) };
        stream.write_all(&unit(id, status, sequence, &body)).await?;
        if chance.below(20) == 0 {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
    // No length that SMPP knows.
    let whole = unit(5, 0, 1, &told(false));
    stream.write_all(&chance.changed(&whole)).await?;
    stream.write_all(&[0xff; 40]).await?;
    let mut rest = Vec::new();
    let patience = Duration::from_secs(5);
    drop(tokio::time::timeout(patience, stream.read_to_end(&mut rest)).await);
    Ok(())
}

async fn good(stream: &mut TcpStream) {
    while let Some((id, sequence)) = read_unit(stream).await {
        let body: &[u8] = if id == 4 { b"abc\0" } else { b"" };
        if id & 0x8000_0000 == 0 {
            stream.write_all(&unit(id | 0x8000_0000, 0, sequence, body)).await.unwrap();
        }
    }
}

async fn centre(listener: TcpListener) {
    let mut chance = Chance::new(1);
    for connection in 0.. {
        let (mut stream, _) = listener.accept().await.unwrap();
        if connection == 0 {
            // Not even the answer to the bind.
            let garbage: Vec<u8> = (0..200).map(|_| chance.byte() | 0x80).collect();
            stream.write_all(&garbage).await.unwrap();
            continue;
        }
        let Some((_, sequence)) = read_unit(&mut stream).await else { continue };
        stream.write_all(&unit(0x8000_0009, 0, sequence, b"centre\0")).await.unwrap();
        if connection < BAD {
            drop(bad(&mut stream, &mut chance).await);
        } else {
            good(&mut stream).await;
        }
    }
}

#[tokio::test]
async fn a_message_centre_that_talks_garbage_harms_nobody() {
    listen();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Centre {
        address: listener.local_addr().unwrap().to_string(),
        system_id: "baohao".into(),
        password: "secret".into(),
        source: "10000".into(),
        response_seconds: 2,
        ..Centre::default()
    };
    let centre = tokio::spawn(centre(listener));
    let test = TestApp::on(fresh(Engine::any()).await.unwrap()).await;
    test.operator(1).await;
    let meter = Arc::new(Meter::default());
    let (smpp, ears) = Smpp::start(test.app.clock.clone(), vec![settings], &meter);
    let app: Arc<App> = Arc::clone(&test.app);
    tokio::spawn(hear(ears, Arc::downgrade(&app)));
    let pulse = Pulse::start();
    let sms = OutgoingSms {
        notice_id: "ntc_1".into(),
        to: NUMBER.into(),
        text: NAME.into(),
        valid_until: test.app.now().plus_days(1),
    };
    // Meanwhile we submit: each ends, and none is said to be taken that was not.
    let begun = std::time::Instant::now();
    let mut taken = 0;
    while taken < 5 {
        match smpp.submit(&sms).await {
            Ok(ids) => taken += u32::from(ids == ["/abc"] || ids == ["main/abc"] || ids.len() == 1),
            Err(PortError::NotSent(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(_) => {}
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "it does not come to its senses");
    }
    pulse.was_never_late();
    assert!(!centre.is_finished());
    let unknown = meter.garbage_count();
    assert!(unknown >= 200, "{unknown}");
    assert!(meter.count_of(Event::Text) > 0, "no text got through at all");
    assert!(meter.connects_count() >= u64::try_from(BAD - 1).unwrap());
    tells_of_nobody();
}
