//! Requests to whichever server answers.

use crate::fleet::Fleet;
use crate::wait_below;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long an answer is asked for, again and again.
const PATIENCE: Duration = Duration::from_secs(4);

/// A request that may be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// The same for every time it is sent.
    pub(crate) key: String,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Yes(Value),
    /// The status, and the problem.
    No(u16, Value),
    /// Nobody answered: it may have been done or not.
    Nothing,
}

impl Ask {
    pub(crate) fn get(path: String) -> Self {
        let key = String::new();
        Self { method: "GET", path, media_type: "application/json", body: Vec::new(), key }
    }

    pub(crate) fn json(method: &'static str, path: String, body: &Value) -> Self {
        let key = format!("{:032x}", u128::from_be_bytes(seal::entropy::bytes()));
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Self { method, path, media_type: "application/json", body, key }
    }

    /// Asks until somebody answers.
    pub(crate) fn ask(&self, fleet: &Fleet) -> Said {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match self.once(&fleet.some_server(), &fleet.token) {
                Ok((200..=299, body)) => return Said::Yes(body),
                // Somebody may be at it, was faster, or is too busy.
                Ok((409 | 429 | 500..=599, _)) | Err(_) => wait_below(200),
                Ok((status, problem)) => return Said::No(status, problem),
            }
        }
        Said::Nothing
    }

    fn once(&self, address: &str, token: &str) -> io::Result<(u16, Value)> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let Self { method, path, media_type, body, key } = self;
        let once = if key.is_empty() { "" } else { "Idempotency-Key: " };
        let end = if key.is_empty() { "" } else { "\r\n" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Type: {media_type}\r\n\
             {once}{key}{end}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(cut)?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        if length.is_some_and(|length: usize| length != body.len()) {
            return Err(cut());
        }
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }
}
