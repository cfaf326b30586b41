//! The two connections to the register: one task owns both sockets, answers one request after
//! another, and begins anew whenever one of them ends, is late or makes no sense.
//!
//! One after another, because the register itself is one thread; and because an answer on the VTY
//! names no question, so that a late one must never meet the next.

use super::settings::Server;
use super::{Garbage, ctrl, vty};
use crate::meter::Meter;
use bytes::BytesMut;
use service::port::PortError;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// Between two tries to connect.
const RECONNECT_WAIT: Duration = Duration::from_millis(300);
/// A subscriber of the test network 001 01, for asking whether somebody answers at all.
const NOBODY: &str = "subscriber.by-imsi-001010000000000.info";

/// What is asked, and what the register said: an answer or its refusal.
pub(super) struct Ask {
    pub(super) what: What,
    pub(super) reply: oneshot::Sender<Result<Said, PortError>>,
}

pub(super) type Said = Result<String, String>;

pub(super) enum What {
    Get(String),
    Set(String, String),
    /// Commands that belong together: once begun they are all given, also if whoever asked has gone
    /// away, until one is refused.
    Vty(Vec<String>),
}

/// Whether the connections are up, and whether they came up since somebody last asked.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) is_up: AtomicBool,
    pub(super) came_up: AtomicBool,
}

pub(super) struct Link {
    pub(super) server: Server,
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) state: Arc<State>,
    pub(super) meter: Arc<Meter>,
}

/// Why the connections ended.
enum Ended {
    /// Nobody asks any more.
    Unused,
    Lost(Error),
}

impl Link {
    /// Keeps the connections until nobody holds the sender of `asks`.
    pub(super) async fn run(mut self) {
        let mut is_told = false;
        loop {
            let patience = self.server.patience();
            let opened = tokio::time::timeout(patience, Wires::open(&self.server)).await;
            match opened.unwrap_or_else(|_| Err(late())) {
                Ok(wires) => {
                    self.meter.connected();
                    self.state.came_up.store(true, Ordering::Release);
                    self.state.is_up.store(true, Ordering::Release);
                    tracing::info!("connected to the register");
                    is_told = false;
                    let ended = self.serve(wires).await;
                    self.state.is_up.store(false, Ordering::Release);
                    match ended {
                        Ended::Unused => return,
                        Ended::Lost(error) => tracing::warn!(%error, "the register was lost"),
                    }
                }
                Err(error) if !is_told => {
                    is_told = true;
                    self.count_garbage(&error);
                    tracing::warn!(%error, "no connection to the register");
                }
                Err(error) => self.count_garbage(&error),
            }
            if self.refuse_for(RECONNECT_WAIT).await {
                return;
            }
        }
    }

    fn count_garbage(&self, error: &Error) {
        if error.kind() == ErrorKind::InvalidData {
            self.meter.garbage();
        }
    }

    /// Says "not sent" to whoever asks in the meantime; `true` if nobody asks any more.
    async fn refuse_for(&mut self, wait: Duration) -> bool {
        let until = tokio::time::Instant::now() + wait;
        loop {
            match tokio::time::timeout_at(until, self.asks.recv()).await {
                Err(_) => return false,
                Ok(None) => return true,
                Ok(Some(ask)) => drop(ask.reply.send(Err(not_connected()))),
            }
        }
    }

    async fn serve(&mut self, mut wires: Wires) -> Ended {
        loop {
            let ask = tokio::select! {
                ask = self.asks.recv() => ask,
                error = wires.ended() => {
                    self.count_garbage(&error);
                    return Ended::Lost(error);
                }
            };
            let Some(Ask { what, reply }) = ask else { return Ended::Unused };
            if reply.is_closed() {
                continue;
            }
            let patience = self.server.patience();
            let said = tokio::time::timeout(patience, wires.ask(&what)).await;
            match said.unwrap_or_else(|_| Err(late())) {
                Ok(said) => drop(reply.send(Ok(said))),
                Err(error) => {
                    self.count_garbage(&error);
                    // Whether it was done nobody knows.
                    drop(reply.send(Err(PortError::Unreachable(error.to_string()))));
                    return Ended::Lost(error);
                }
            }
        }
    }
}

/// Whether both interfaces answer.
pub(super) async fn check(server: &Server) -> Result<(), PortError> {
    let opened = tokio::time::timeout(server.patience(), Wires::open(server)).await;
    let opened = opened.unwrap_or_else(|_| Err(late()));
    opened.map(drop).map_err(|error| PortError::NotSent(error.to_string()))
}

fn late() -> Error {
    Error::new(ErrorKind::TimedOut, "no answer in time")
}

/// What is answered while there is no connection: surely nothing was done.
pub(super) fn not_connected() -> PortError {
    PortError::NotSent("no connection to the register".to_owned())
}

impl From<Garbage> for Error {
    fn from(_: Garbage) -> Self {
        Self::new(ErrorKind::InvalidData, "an answer that makes no sense")
    }
}

/// Both sockets, with what came in and was not used yet.
struct Wires {
    ctrl: TcpStream,
    ctrl_buffer: BytesMut,
    vty: TcpStream,
    vty_buffer: BytesMut,
    host: String,
    last_id: u32,
}

impl Wires {
    /// Connects, and asks both whether they answer.
    async fn open(server: &Server) -> Result<Self, Error> {
        let ctrl = TcpStream::connect(&server.ctrl).await?;
        let vty = TcpStream::connect(&server.vty).await?;
        ctrl.set_nodelay(true)?;
        vty.set_nodelay(true)?;
        let mut wires = Self {
            ctrl,
            ctrl_buffer: BytesMut::new(),
            vty,
            vty_buffer: BytesMut::new(),
            host: String::new(),
            last_id: 0,
        };
        wires.host = loop {
            wires.read_vty().await?;
            if let Some(host) = vty::host(&wires.vty_buffer) {
                break host;
            }
        };
        wires.vty_buffer.clear();
        let _ = wires.ask(&What::Vty(vec!["enable".to_owned()])).await?;
        let _ = wires.ask(&What::Get(NOBODY.to_owned())).await?;
        Ok(wires)
    }

    async fn read_vty(&mut self) -> Result<(), Error> {
        if self.vty_buffer.len() > vty::ANSWER_BYTES_MAX {
            return Err(Garbage.into());
        }
        match self.vty.read_buf(&mut self.vty_buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn ask(&mut self, what: &What) -> Result<Said, Error> {
        match what {
            What::Get(variable) => self.control(&format!("GET {{id}} {variable}")).await,
            What::Set(variable, value) => {
                self.control(&format!("SET {{id}} {variable} {value}")).await
            }
            What::Vty(commands) => {
                let mut said = Ok(String::new());
                for command in commands {
                    said = self.command(command).await?;
                    if said.is_err() {
                        break;
                    }
                }
                Ok(said)
            }
        }
    }

    async fn control(&mut self, text: &str) -> Result<Said, Error> {
        // From 1: the register answers 0 with an error.
        self.last_id = self.last_id % 1_000_000 + 1;
        let id = self.last_id;
        let text = text.replacen("{id}", &id.to_string(), 1);
        self.ctrl.write_all(&ctrl::frame(&text)).await?;
        loop {
            match ctrl::take(&mut self.ctrl_buffer)? {
                Some(text) => {
                    if let Some(said) = ctrl::answer(&text, id) {
                        return Ok(said);
                    }
                }
                None if self.ctrl.read_buf(&mut self.ctrl_buffer).await? == 0 => {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                None => {}
            }
        }
    }

    async fn command(&mut self, command: &str) -> Result<Said, Error> {
        self.vty_buffer.clear();
        self.vty.write_all(format!("{command}\n").as_bytes()).await?;
        loop {
            self.read_vty().await?;
            if let Some(said) = vty::answer(&self.vty_buffer, &self.host, command) {
                return Ok(match vty::refusal(&said) {
                    Some(refusal) => Err(refusal.to_owned()),
                    None => Ok(said),
                });
            }
        }
    }

    /// Ends when one of the connections does, or says something that nobody asked.
    async fn ended(&mut self) -> Error {
        let (mut ctrl, mut vty) = ([0; 512], [0; 512]);
        let read = tokio::select! {
            read = self.ctrl.read(&mut ctrl) => read,
            read = self.vty.read(&mut vty) => read,
        };
        match read {
            Ok(0) => ErrorKind::UnexpectedEof.into(),
            Ok(_) => Garbage.into(),
            Err(error) => error,
        }
    }
}
