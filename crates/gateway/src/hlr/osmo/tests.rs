//! A register that talks noise: calls end in time, noise is counted, and the connection begins
//! anew.

use super::*;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const IMSI: &str = "460001234567890";
/// A call ends within this whatever comes: three seconds of patience and room for a slow machine.
const IN_TIME: Duration = Duration::from_secs(10);

/// Answers as osmo-hlr on both ports, but to the question about [`IMSI`] with `noise`.
async fn register(noise: &'static [u8]) -> Server {
    let ctrl = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vty = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        ctrl: ctrl.local_addr().unwrap().to_string(),
        vty: vty.local_addr().unwrap().to_string(),
        response_seconds: 1,
    };
    tokio::spawn(async move {
        loop {
            let (stream, _) = ctrl.accept().await.unwrap();
            tokio::spawn(control(stream, noise));
        }
    });
    tokio::spawn(async move {
        loop {
            let (stream, _) = vty.accept().await.unwrap();
            tokio::spawn(terminal(stream));
        }
    });
    server
}

async fn control(mut stream: TcpStream, noise: &[u8]) {
    loop {
        let mut head = [0; 4];
        if stream.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = usize::from(u16::from_be_bytes([head[0], head[1]])) - 1;
        let mut text = vec![0; length];
        stream.read_exact(&mut text).await.unwrap();
        let text = String::from_utf8(text).unwrap();
        let id = text.split(' ').nth(1).unwrap();
        let answer = if text.contains(IMSI) {
            noise.to_vec()
        } else {
            ctrl::frame(&format!("ERROR {id} No such subscriber."))
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn terminal(mut stream: TcpStream) {
    let mut answer = b"hello\r\nOsmoHLR> ".to_vec();
    while stream.write_all(&answer).await.is_ok() {
        let mut line = [0; 200];
        let Ok(count @ 1..) = stream.read(&mut line).await else { return };
        answer = [&line[..count], b"\r\nOsmoHLR# "].concat();
    }
}

async fn until(is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < IN_TIME, "it does not come up");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn noise_ends_the_call_and_not_the_adapter() {
    let noises: [&'static [u8]; 6] = [
        b"\xff\xff\xff\xff\xff",
        b"\x00\x00\xee\x00",
        b"\x00\x05\xee\x01abcd",
        b"\x00\x20\xee\x00ERROR 7",
        b"\x00\x23\xee\x00GET_REPLY 2 subscriber.by-imsi-1.info",
        b"",
    ];
    for noise in noises {
        let meter = Arc::new(Meter::default());
        let osmo = Osmo::start(register(noise).await, Arc::clone(&meter));
        until(|| osmo.is_up()).await;
        assert!(osmo.has_come_back() && !osmo.has_come_back());
        let begun = Instant::now();
        let said = osmo.read(IMSI).await;
        assert!(matches!(said, Err(PortError::Unreachable(_))), "{noise:?}: {said:?}");
        assert!(begun.elapsed() < IN_TIME);
        // It begins anew, and other questions are answered.
        while osmo.read("460001234567891").await != Ok(None) {
            assert!(begun.elapsed() < IN_TIME, "{noise:?}: it does not begin anew");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A record that is barred, and served somewhere as far as the register knows.
async fn barred_but_served(mut stream: TcpStream) {
    loop {
        let mut head = [0; 4];
        if stream.read_exact(&mut head).await.is_err() {
            return;
        }
        let mut text = vec![0; usize::from(u16::from_be_bytes([head[0], head[1]])) - 1];
        stream.read_exact(&mut text).await.unwrap();
        let text = String::from_utf8(text).unwrap();
        let id = text.split(' ').nth(1).unwrap();
        let answer = if text.contains(IMSI) {
            format!("GET_REPLY {id} x \nimsi\t{IMSI}\nnam_cs\t0\nnam_ps\t0\nvlr_number\tVLR")
        } else {
            format!("ERROR {id} No such subscriber.")
        };
        stream.write_all(&ctrl::frame(&answer)).await.unwrap();
    }
}

/// Answers each command after a while and tells which it was.
async fn slow_terminal(stream: TcpStream, commands: mpsc::UnboundedSender<String>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut answer = "hello\r\nOsmoHLR> ".to_owned();
    while write.write_all(answer.as_bytes()).await.is_ok() {
        let Ok(Some(command)) = lines.next_line().await else { return };
        answer = format!("{command}\r\nOsmoHLR# ");
        let is_change = command != "enable";
        commands.send(command).unwrap();
        if is_change {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test]
async fn a_record_that_was_opened_to_be_told_again_is_closed_though_nobody_waits_any_more() {
    let ctrl = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vty = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        ctrl: ctrl.local_addr().unwrap().to_string(),
        vty: vty.local_addr().unwrap().to_string(),
        response_seconds: 5,
    };
    let (sender, mut commands) = mpsc::unbounded_channel();
    tokio::spawn(async move { barred_but_served(ctrl.accept().await.unwrap().0).await });
    tokio::spawn(async move { slow_terminal(vty.accept().await.unwrap().0, sender).await });
    let osmo = Osmo::start(server, Arc::default());
    until(|| osmo.is_up()).await;
    assert_eq!(commands.recv().await.unwrap(), "enable");
    let nothing = ServiceProfile::NOTHING.into();
    {
        let bar = osmo.set_profile(IMSI, nothing);
        tokio::pin!(bar);
        // Whoever waits goes away as soon as the record is open.
        tokio::select! {
            _ = &mut bar => panic!("it cannot be done yet"),
            opened = commands.recv() => assert!(opened.unwrap().ends_with("mode cs")),
        }
    }
    let closed = tokio::time::timeout(IN_TIME, commands.recv()).await.unwrap().unwrap();
    assert!(closed.ends_with("mode none"), "{closed}");
}

#[tokio::test]
async fn garbage_is_counted_and_who_does_not_answer_is_not_waited_for() {
    let meter = Arc::new(Meter::default());
    let osmo = Osmo::start(register(b"\x00\x05\xaa\x00abcd").await, Arc::clone(&meter));
    until(|| osmo.is_up()).await;
    assert!(osmo.read(IMSI).await.is_err());
    assert_eq!(meter.garbage_count(), 1);
    let nobody = Server { ctrl: "127.0.0.1:9".into(), ..Server::default() };
    let osmo = Osmo::start(nobody, meter);
    let begun = Instant::now();
    let said = osmo.read(IMSI).await;
    assert!(matches!(said, Err(PortError::NotSent(_))), "{said:?}");
    assert!(begun.elapsed() < Duration::from_secs(1));
    // A command is one line: nothing but digits comes into it.
    for wrong in ["", "1 delete", "1\nexit", "x"] {
        assert!(matches!(osmo.read(wrong).await, Err(PortError::Rejected(_))));
    }
}

#[test]
fn refusals_carry_no_number() {
    let said = refused("% No subscriber for imsi = '460990000000009'").to_string();
    assert_eq!(said, "refused: No subscriber for");
    let said = refused("% Zhang San has 8613800138000").to_string();
    assert_eq!(said, "refused: for a reason of the register's own");
}
