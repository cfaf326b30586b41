//! A mail server.

use crate::chance::Chance;
use crate::log::{NAME, Pulse, listen, tells_of_nobody};
use gateway::mail::Smtp;
use gateway::mail::smtp::{Security, Server};
use gateway::meter::Meter;
use service::port::{Mail as _, OutgoingMail};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const TRIES: usize = 120;

/// Answers each command in turn, `good` or with some of it changed; who says nothing more is left.
async fn serve(mut stream: TcpStream, good: bool, seed: u64) {
    let mut chance = Chance::new(seed);
    let welcome = format!("220 {NAME} 13800138000\r\n");
    let answers = [
        welcome.as_str(),
        "250-hello\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n",
        "250 2.1.0 13800138000@example.org\r\n",
        "250 2.1.5 to Zhang San\r\n",
        "354 go on\r\n",
        "250 2.0.0 taken\r\n",
        "221 2.0.0 bye\r\n",
    ];
    // One of them is bad, or all after it.
    let bad = if good { answers.len() } else { chance.below(6) };
    for (at, answer) in answers.iter().enumerate() {
        let mut answer = answer.as_bytes().to_vec();
        if at == bad || (at > bad && seed.is_multiple_of(2)) {
            answer = chance.changed(&answer);
        }
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        let mut bytes = vec![0; 65_536];
        let mut text = Vec::new();
        loop {
            let heard = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut bytes));
            match heard.await {
                Ok(Ok(count @ 1..)) => text.extend_from_slice(&bytes[..count]),
                _ => return,
            }
            // The mail itself ends with a dot.
            if answers[at] != "354 go on\r\n" || text.ends_with(b"\r\n.\r\n") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_mail_server_that_answers_garbage_harms_nobody() {
    listen();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        address: listener.local_addr().unwrap().to_string(),
        security: Security::None,
        from: "保号通 <bao@example.com>".into(),
        ..Server::default()
    };
    tokio::spawn(async move {
        for seed in 1_u64.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, seed > TRIES as u64, seed));
        }
    });
    let meter = Arc::new(Meter::default());
    let smtp = Smtp::new(server, Arc::clone(&meter)).unwrap();
    let mail = OutgoingMail {
        notice_id: "ntc_1.email".into(),
        to: "zhang@example.org".into(),
        subject: NAME.into(),
        text: NAME.into(),
        lang: "zh".into(),
        calendar: None,
    };
    let pulse = Pulse::start();
    let mut failed = 0;
    for _ in 0..TRIES {
        let ended = tokio::time::timeout(Duration::from_secs(5), smtp.submit(&mail)).await;
        if let Err(error) = ended.expect("it hangs") {
            failed += 1;
            let text = error.to_string();
            assert!(!text.contains("Zhang") && !text.contains("zhang"), "{text}");
            tracing::warn!(%error, "as a job would log it");
        }
    }
    pulse.was_never_late();
    assert!(failed > TRIES / 2, "{failed}");
    assert!(meter.garbage_count() > 10, "{}", meter.garbage_count());
    assert_eq!(smtp.submit(&mail).await.as_deref(), Ok("ntc_1.email"));
    tells_of_nobody();
}
