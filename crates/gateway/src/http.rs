//! A client of HTTP/1.1 for one server: a few connections that are kept, bounded answers.

use crate::meter::Meter;
use crate::tls::Stream;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;

/// The most of an answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Requests on their way at the same time; others wait for their turn.
const CONNECTIONS_MAX: usize = 8;

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) is_encrypted: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Before every path; without a slash at the end.
    pub(crate) prefix: String,
}

impl Place {
    /// Reads `http://host:port/prefix` or `https://…`; the error names the setting `key`.
    pub(crate) fn parse(key: &str, base_url: &str) -> Result<Self, String> {
        let wrong = || format!("{key}: must be like https://host:8443/prefix");
        let (scheme, rest) = base_url.split_once("://").ok_or_else(wrong)?;
        let is_encrypted = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (authority, if is_encrypted { 443 } else { 80 }),
        };
        let is_path = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        if host.is_empty() || !path.chars().all(is_path) {
            return Err(wrong());
        }
        let prefix = match path.trim_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        Ok(Self { is_encrypted, host: host.to_owned(), port, prefix })
    }
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing was written.
    NoConnection,
    /// It may have been done.
    Lost(&'static str),
    /// It may have been done, and the answer makes no sense.
    Garbage,
}

/// The client.
pub(crate) struct Client {
    place: Place,
    tls: Option<TlsConnector>,
    patience: Duration,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    turns: Semaphore,
    meter: Arc<Meter>,
}

impl Client {
    /// Of the server at `place`; an answer that takes longer than `patience` is none.
    pub(crate) fn new(
        place: Place,
        tls: Option<ClientConfig>,
        patience: Duration,
        meter: Arc<Meter>,
    ) -> Self {
        let tls = tls.map(|config| TlsConnector::from(Arc::new(config)));
        let turns = Semaphore::new(CONNECTIONS_MAX);
        Self { place, tls, patience, idle: Mutex::default(), turns, meter }
    }

    /// Asks once. What `body` holds is JSON, if anything.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, Trouble> {
        let asked = self.ask(method, path, headers, Bytes::from(body));
        let late = Err(Trouble::Lost("no answer in time"));
        let answer = tokio::time::timeout(self.patience, asked).await.unwrap_or(late);
        if answer.as_ref().is_err_and(|trouble| *trouble == Trouble::Garbage) {
            self.meter.garbage();
        }
        answer
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, Trouble> {
        let _turn = self.turns.acquire().await.map_err(|_| Trouble::NoConnection)?;
        loop {
            let (mut sender, is_kept) = match self.kept().await {
                Some(sender) => (sender, true),
                None => (self.connect().await.map_err(|_| Trouble::NoConnection)?, false),
            };
            let path = format!("{}{path}", self.place.prefix);
            let mut request = Request::builder()
                .method(method)
                .uri(&path)
                .header("host", &self.place.host)
                .header("content-type", "application/json")
                .header("accept", "application/json");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Full::new(body.clone()));
            let request = request.map_err(|_| Trouble::NoConnection)?;
            let response = match sender.send_request(request).await {
                Ok(response) => response,
                // The server had closed the connection before anything was written.
                Err(error) if is_kept && error.is_canceled() => continue,
                Err(error) if error.is_parse() => return Err(Trouble::Garbage),
                Err(_) => return Err(Trouble::Lost("connection lost")),
            };
            let (head, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|_| Trouble::Garbage)?.to_bytes();
            self.keep(sender);
            return Ok(Answer { status: head.status, body });
        }
    }

    /// A connection that is still open, if one was kept.
    async fn kept(&self) -> Option<SendRequest<Full<Bytes>>> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut sender = kept?;
            if !sender.is_closed() && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    fn keep(&self, sender: SendRequest<Full<Bytes>>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !sender.is_closed() && idle.len() < CONNECTIONS_MAX {
            idle.push(sender);
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, std::io::Error> {
        let Place { host, port, .. } = &self.place;
        let tcp = TcpStream::connect((host.as_str(), *port)).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some(tls) => {
                let name = ServerName::try_from(host.clone()).map_err(std::io::Error::other)?;
                Box::new(tls.connect(name, tcp).await?)
            }
            None => Box::new(tcp),
        };
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(std::io::Error::other)?;
        // Ends when the sender is dropped or the server hangs up.
        tokio::spawn(connection);
        self.meter.connected();
        Ok(sender)
    }
}
