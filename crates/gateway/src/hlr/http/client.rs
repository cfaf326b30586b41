//! One request, signed, tried again where that is safe and may help.

use super::calls::Call;
use super::settings::Server;
use super::sign;
use crate::http::Place;
use crate::meter::Meter;
use crate::tls::{self, Stream};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use service::clock::Clock;
use service::port::PortError;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The most of an answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A call ends within this, tries included: the caller waits no longer.
const CALL_TIME: Duration = Duration::from_millis(4_500);
const TRIES_MAX: u32 = 3;
/// Before the second try; twice as long before the third.
const WAIT: Duration = Duration::from_millis(100);
/// A server that asks for more is asked again by the reconciler.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(2);

pub(super) struct Client {
    pub(super) server: Server,
    pub(super) place: Place,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) meter: Arc<Meter>,
}

/// What the server said.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Why a try brought no answer that can be used.
enum Trouble {
    /// Nothing was written.
    NoConnection,
    /// It may have been done.
    Lost(&'static str),
    /// The server asks to come back, perhaps after so long.
    Later(Option<Duration>),
    /// It will not change.
    Refused(StatusCode),
    Garbage,
}

impl From<Trouble> for PortError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NoConnection => Self::NotSent("no connection to the register".to_owned()),
            Trouble::Lost(why) => Self::Unreachable(why.to_owned()),
            Trouble::Later(_) => Self::Throttled,
            Trouble::Refused(status) => Self::Rejected(format!("status {}", status.as_u16())),
            Trouble::Garbage => Self::Unreachable("an answer that makes no sense".to_owned()),
        }
    }
}

impl Client {
    /// Asks, up to three times with the same idempotency key. 2xx and 404 come back as they are.
    pub(super) async fn ask(
        &self,
        call: Call,
        imsi: &str,
        body: Vec<u8>,
    ) -> Result<Answer, PortError> {
        let until = Instant::now() + CALL_TIME;
        let key = format!("{:032x}", seal::entropy::uuid_v7(self.clock.now().millis()));
        let body = Bytes::from(body);
        let mut wait = WAIT;
        let mut tried = 0;
        loop {
            tried += 1;
            let patience = self.server.patience().min(until - Instant::now());
            let once = self.once(call, imsi, &key, body.clone());
            let ended = tokio::time::timeout(patience, once).await;
            let trouble = match ended.unwrap_or(Err(Trouble::Lost("no answer in time"))) {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let pause = match trouble {
                Trouble::Refused(_) => return Err(trouble.into()),
                Trouble::Garbage => {
                    self.meter.garbage();
                    return Err(trouble.into());
                }
                Trouble::Later(Some(asked)) if asked > RETRY_AFTER_MAX => {
                    return Err(trouble.into());
                }
                Trouble::Later(Some(asked)) => asked.max(wait),
                Trouble::Later(None) | Trouble::NoConnection | Trouble::Lost(_) => wait,
            };
            if tried == TRIES_MAX || Instant::now() + pause >= until {
                return Err(trouble.into());
            }
            tokio::time::sleep(pause).await;
            wait *= 2;
        }
    }

    async fn once(
        &self,
        call: Call,
        imsi: &str,
        key: &str,
        body: Bytes,
    ) -> Result<Answer, Trouble> {
        let stream = self.connect().await.map_err(|_| Trouble::NoConnection)?;
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = made.map_err(|_| Trouble::NoConnection)?;
        // Ends with the answer, or with this call.
        let carrier = tokio::spawn(connection);
        let answer = async {
            let request = self.signed(call, imsi, key, body).map_err(|_| Trouble::Garbage)?;
            let response = sender.send_request(request).await.map_err(|error| {
                if error.is_parse() { Trouble::Garbage } else { Trouble::Lost("connection lost") }
            })?;
            let status = response.status();
            let after = response.headers().get("retry-after").and_then(|v| v.to_str().ok());
            let after = after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            match status.as_u16() {
                200..=299 => {
                    let body = body.map_err(|_| Trouble::Garbage)?.to_bytes();
                    Ok(Answer { status, body })
                }
                404 => Ok(Answer { status, body: Bytes::new() }),
                429 | 503 => Err(Trouble::Later(after)),
                500..=599 => Err(Trouble::Lost("the register's side failed")),
                _ => Err(Trouble::Refused(status)),
            }
        };
        let answer = answer.await;
        carrier.abort();
        answer
    }

    async fn connect(&self) -> Result<Box<dyn Stream>, std::io::Error> {
        let Place { is_encrypted, host, port, .. } = &self.place;
        let tcp = TcpStream::connect((host.as_str(), *port)).await?;
        tcp.set_nodelay(true)?;
        if *is_encrypted {
            tls::encrypt(tcp, host, self.server.ca_file.as_deref()).await
        } else {
            Ok(Box::new(tcp))
        }
    }

    fn signed(
        &self,
        call: Call,
        imsi: &str,
        key: &str,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let path = format!("{}{}", self.place.prefix, call.path(imsi));
        let at = self.clock.now().millis().div_euclid(1000);
        let secret = self.server.password.as_bytes();
        Request::builder()
            .method(call.method())
            .uri(&path)
            .header("host", &self.place.host)
            .header("content-type", "application/json")
            .header("connection", "close")
            .header(sign::KEY, &self.server.key_id)
            .header(sign::TIMESTAMP, at)
            .header(sign::SIGNATURE, sign::signature(secret, call.method(), &path, at, &body))
            .header(sign::IDEMPOTENCY, key)
            .body(Full::new(body))
    }
}
