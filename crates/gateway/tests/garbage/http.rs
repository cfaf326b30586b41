//! The operator's interface in front of its register.

use crate::chance::Chance;
use crate::log::{IMSI, NAME, NUMBER, Pulse, listen, tells_of_nobody};
use gateway::hlr::Http;
use gateway::hlr::http::Server;
use gateway::meter::Meter;
use serde_json::json;
use service::clock::SystemClock;
use service::port::{Hlr as _, NetworkProfile};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ASKED: usize = 80;

fn right() -> Vec<u8> {
    let services = json!(NetworkProfile::default());
    let body = json!({ "imsi": IMSI, "msisdn": NUMBER, "services": services }).to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-name: Zhang San\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a_provisioning_interface_that_answers_garbage_harms_nobody() {
    listen();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        base_url: format!("http://{}", listener.local_addr().unwrap()),
        key_id: "baohao".into(),
        password: "only the two of us know".into(),
        response_seconds: 1,
        ..Server::default()
    };
    let is_bad = Arc::new(AtomicBool::new(true));
    let bad = Arc::clone(&is_bad);
    tokio::spawn(async move {
        let mut chance = Chance::new(5);
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 8192];
            let _ = stream.read(&mut heard).await;
            let answer = match chance.below(6) {
                _ if !bad.load(Ordering::Relaxed) => right(),
                // As a proxy's page, or a body that is another's.
                0 => format!("HTTP/1.1 200 OK\r\n\r\n<html>{NAME} {NUMBER}").into_bytes(),
                1 => String::from_utf8(right()).unwrap().replace(IMSI, "460009").into_bytes(),
                _ => chance.changed(&right()),
            };
            let _ = stream.write_all(&answer).await;
        }
    });
    let meter = Arc::new(Meter::default());
    let http = Http::new(server, Arc::new(SystemClock), Arc::clone(&meter)).unwrap();
    let pulse = Pulse::start();
    let mut failed = 0;
    for asked in 0..ASKED {
        let what = async {
            match asked % 4 {
                0 => http.set_profile(IMSI, NetworkProfile::default()).await,
                1 => http.health().await.map(drop),
                _ => http.read(IMSI).await.map(drop),
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(6), what).await.expect("it hangs");
        if let Err(error) = ended {
            failed += 1;
            tracing::warn!(%error, "as a job would log it");
        }
    }
    pulse.was_never_late();
    assert!(failed > ASKED / 3, "{failed}");
    assert!(meter.garbage_count() > 10, "{}", meter.garbage_count());
    is_bad.store(false, Ordering::Relaxed);
    let record = http.read(IMSI).await.unwrap().unwrap();
    assert_eq!(record.msisdn.as_deref(), Some(NUMBER));
    tells_of_nobody();
}
