//! The demo itself, killed while months pass: reminders, restrictions, quarantines, messages.

use crate::{Folder, baohao, kill_within, rounds, verify_audit};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

/// A demo that answers.
struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    fn start(data: &str) -> Self {
        let mut child = baohao(&["demo", "--json", "--listen", "127.0.0.1:0", "--data", data])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let welcome: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let address = welcome["address"].as_str().unwrap();
        Self { child, address: address.strip_prefix("http://").unwrap().to_owned() }
    }
}

/// One request; an error if the other side went away.
fn ask(address: &str, method: &str, path: &str, body: &str) -> io::Result<Value> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    Ok(serde_json::from_str(body)?)
}

fn ahead_seconds(answer: &Value) -> i64 {
    answer["ahead_seconds"].as_i64().unwrap()
}

#[test]
fn the_demo_goes_on_where_it_was_killed() {
    let folder = Folder::new();
    let data = folder.path("demo");
    let (mut reached, mut millis_max) = (0, 4_000);
    let mut left = rounds();
    // A busy machine may need longer for the first three days.
    while left > 0 || (reached == 0 && millis_max < 60_000) {
        left = left.saturating_sub(1);
        if left == 0 {
            millis_max *= 2;
        }
        let mut demo = Demo::start(data.to_str().unwrap());
        let now = ask(&demo.address, "GET", "/demo/api/clock", "").unwrap();
        assert!(ahead_seconds(&now) >= reached, "time runs backwards");
        let address = demo.address.clone();
        let flies = std::thread::spawn(move || {
            let mut reached = 0;
            // Until the kill cuts a request off.
            while let Ok(now) = ask(&address, "POST", "/demo/api/clock/advance", r#"{"days":3}"#) {
                reached = ahead_seconds(&now);
            }
            reached
        });
        assert!(kill_within(&mut demo.child, millis_max), "it ended by itself");
        reached = flies.join().unwrap().max(reached);
    }
    assert!(reached > 0, "time never passed");
    let said = verify_audit(&data);
    assert!(!said.contains("DOES NOT HOLD"), "{said}");
}
