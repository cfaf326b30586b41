//! The two connections to the register: one task owns both sockets, and begins anew whenever one of
//! them ends, is late or makes no sense.
//!
//! On both several requests are on their way at once: the register should not wait for us. On the
//! control interface each answer names its request; the VTY answers in order. An answer that comes
//! too late ends both connections, so that it never meets the question after it.

use super::settings::Server;
use super::{Garbage, ctrl, vty};
use crate::meter::Meter;
use bytes::BytesMut;
use service::port::PortError;
use std::collections::{BTreeMap, VecDeque};
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

/// Between two tries to connect.
const RECONNECT_WAIT: Duration = Duration::from_millis(300);
/// Requests on their way on the control interface: more bring nothing, for the register is one
/// thread.
const IN_FLIGHT_MAX: usize = 16;
/// Commands on their way on the VTY, those that belong together counted once.
const COMMANDS_MAX: usize = 8;
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
    /// How often the connections came up.
    pub(super) connections: AtomicU64,
}

pub(super) struct Link {
    pub(super) server: Server,
    /// For the control interface.
    pub(super) asks: mpsc::Receiver<Ask>,
    /// For the VTY.
    pub(super) commands: mpsc::Receiver<Ask>,
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
                    self.state.connections.fetch_add(1, Ordering::AcqRel);
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
        let until = Instant::now() + wait;
        loop {
            let ask = async {
                tokio::select! {
                    ask = self.asks.recv() => ask,
                    ask = self.commands.recv() => ask,
                }
            };
            match tokio::time::timeout_at(until, ask).await {
                Err(_) => return false,
                Ok(None) => return true,
                Ok(Some(ask)) => drop(ask.reply.send(Err(not_connected()))),
            }
        }
    }

    /// Serves both interfaces beside one another until one of them ends. A command of the VTY that
    /// has begun is ended first: a record may be open that must be closed.
    async fn serve(&mut self, wires: Wires) -> Ended {
        let patience = self.server.patience();
        let (mut control, mut terminal) = wires.apart();
        let closing = Closing::default();
        let ended = {
            let serve = terminal.serve(&mut self.commands, patience, &closing);
            tokio::pin!(serve);
            tokio::select! {
                ended = control.serve(&mut self.asks, patience) => {
                    closing.close();
                    let _ = serve.await;
                    ended
                }
                ended = &mut serve => ended,
            }
        };
        if let Ended::Lost(error) = &ended {
            self.count_garbage(error);
        }
        // Whether it was done nobody knows.
        for (_, waiting) in control.in_flight {
            drop(waiting.reply.send(Err(PortError::Unreachable("connection lost".to_owned()))));
        }
        ended
    }
}

/// That the terminal is to end.
#[derive(Debug, Default)]
struct Closing {
    is_closing: AtomicBool,
    told: Notify,
}

impl Closing {
    fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.told.notify_one();
    }
}

/// Who waits for an answer, and how long.
struct Waiting {
    until: Instant,
    reply: oneshot::Sender<Result<Said, PortError>>,
}

/// The control interface: several requests at once, known by their ids.
struct Control {
    stream: TcpStream,
    buffer: BytesMut,
    last_id: u32,
    in_flight: BTreeMap<u32, Waiting>,
}

impl Control {
    async fn serve(&mut self, asks: &mut mpsc::Receiver<Ask>, patience: Duration) -> Ended {
        loop {
            let first = self.in_flight.values().map(|waiting| waiting.until).min();
            let has_room = self.in_flight.len() < IN_FLIGHT_MAX;
            tokio::select! {
                read = self.stream.read_buf(&mut self.buffer) => {
                    let taken = match read {
                        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
                        Ok(_) => self.take(),
                        Err(error) => Err(error),
                    };
                    if let Err(error) = taken {
                        return Ended::Lost(error);
                    }
                }
                ask = asks.recv(), if has_room => {
                    let Some(ask) = ask else { return Ended::Unused };
                    if let Err(error) = self.write(ask, patience).await {
                        return Ended::Lost(error);
                    }
                }
                () = sleep_until(first), if first.is_some() => return Ended::Lost(late()),
            }
        }
    }

    async fn write(&mut self, Ask { what, reply }: Ask, patience: Duration) -> Result<(), Error> {
        if reply.is_closed() {
            return Ok(());
        }
        let id = next(&mut self.last_id);
        let text = match &what {
            What::Get(variable) => format!("GET {id} {variable}"),
            What::Set(variable, value) => format!("SET {id} {variable} {value}"),
            What::Vty(_) => return Ok(()),
        };
        self.in_flight.insert(id, Waiting { until: Instant::now() + patience, reply });
        let frame = ctrl::frame(&text);
        let written = self.stream.write_all(&frame);
        tokio::time::timeout(patience, written).await.unwrap_or_else(|_| Err(late()))
    }

    /// Gives out the answers that are there. What nobody asked for is garbage, but a trap among
    /// answers is none.
    fn take(&mut self) -> Result<(), Error> {
        while let Some(text) = ctrl::take(&mut self.buffer)? {
            if self.in_flight.is_empty() {
                return Err(Garbage.into());
            }
            let Some(id) = ctrl::id(&text) else { continue };
            let Some(said) = ctrl::answer(&text, id) else { continue };
            if let Some(waiting) = self.in_flight.remove(&id) {
                drop(waiting.reply.send(Ok(said)));
            }
        }
        if self.in_flight.is_empty() && !self.buffer.is_empty() {
            return Err(Garbage.into());
        }
        Ok(())
    }
}

/// Ready at `until`, or never.
async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// From 1: the register answers 0 with an error.
fn next(last_id: &mut u32) -> u32 {
    *last_id = *last_id % 1_000_000 + 1;
    *last_id
}

/// Commands that belong together, on their way to the register.
struct Typed {
    /// Those that are not answered yet.
    commands: VecDeque<String>,
    /// The first refusal, else the last answer.
    said: Said,
    until: Instant,
    /// Nobody, where we ask ourselves.
    reply: Option<oneshot::Sender<Result<Said, PortError>>>,
}

/// The VTY: answers come in the order of the commands.
struct Terminal {
    stream: TcpStream,
    buffer: BytesMut,
    host: String,
    in_flight: VecDeque<Typed>,
}

impl Terminal {
    async fn serve(
        &mut self,
        commands: &mut mpsc::Receiver<Ask>,
        patience: Duration,
        closing: &Closing,
    ) -> Ended {
        let ended = self.serve_until(commands, patience, closing).await;
        // Whether it was done nobody knows.
        for reply in self.in_flight.drain(..).filter_map(|typed| typed.reply) {
            drop(reply.send(Err(PortError::Unreachable("connection lost".to_owned()))));
        }
        ended
    }

    async fn serve_until(
        &mut self,
        commands: &mut mpsc::Receiver<Ask>,
        patience: Duration,
        closing: &Closing,
    ) -> Ended {
        loop {
            let is_closing = closing.is_closing.load(Ordering::Acquire);
            if is_closing && self.in_flight.is_empty() {
                return Ended::Lost(ErrorKind::ConnectionAborted.into());
            }
            let has_room = !is_closing && self.in_flight.len() < COMMANDS_MAX;
            let first = self.in_flight.front().map(|typed| typed.until);
            tokio::select! {
                read = self.stream.read_buf(&mut self.buffer) => {
                    let taken = match read {
                        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
                        Ok(_) => self.take(),
                        Err(error) => Err(error),
                    };
                    if let Err(error) = taken {
                        return Ended::Lost(error);
                    }
                }
                ask = commands.recv(), if has_room => {
                    let Some(Ask { what, reply }) = ask else { return Ended::Unused };
                    let What::Vty(lines) = what else { continue };
                    if reply.is_closed() {
                        continue;
                    }
                    if let Err(error) = self.write(lines, Some(reply), patience).await {
                        return Ended::Lost(error);
                    }
                }
                () = closing.told.notified() => {}
                () = sleep_until(first), if first.is_some() => return Ended::Lost(late()),
            }
        }
    }

    /// Gives commands that belong together, in one piece.
    async fn write(
        &mut self,
        lines: Vec<String>,
        reply: Option<oneshot::Sender<Result<Said, PortError>>>,
        patience: Duration,
    ) -> Result<(), Error> {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let until = Instant::now() + patience;
        let commands = VecDeque::from(lines);
        self.in_flight.push_back(Typed { commands, said: Ok(String::new()), until, reply });
        let written = self.stream.write_all(text.as_bytes());
        tokio::time::timeout(patience, written).await.unwrap_or_else(|_| Err(late()))
    }

    /// Gives out the answers that are there. What nobody asked for is garbage.
    fn take(&mut self) -> Result<(), Error> {
        while let Some(typed) = self.in_flight.front_mut() {
            if let Some(command) = typed.commands.front() {
                let Some(said) = vty::take(&mut self.buffer, &self.host, command) else { break };
                typed.commands.pop_front();
                if typed.said.is_ok() {
                    typed.said = match vty::refusal(&said) {
                        Some(refusal) => Err(refusal.to_owned()),
                        None => Ok(said),
                    };
                }
                continue;
            }
            let done = self.in_flight.pop_front();
            let done = done.and_then(|typed| Some((typed.reply?, typed.said)));
            if let Some((reply, said)) = done {
                drop(reply.send(Ok(said)));
            }
        }
        let is_unasked = self.in_flight.is_empty() && !self.buffer.is_empty();
        if is_unasked || self.buffer.len() > vty::ANSWER_BYTES_MAX {
            return Err(Garbage.into());
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Error> {
        if self.buffer.len() > vty::ANSWER_BYTES_MAX {
            return Err(Garbage.into());
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
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

/// Both connections.
struct Wires {
    control: Control,
    terminal: Terminal,
}

impl Wires {
    /// Connects, and asks both whether they answer.
    async fn open(server: &Server) -> Result<Self, Error> {
        let ctrl = TcpStream::connect(&server.ctrl).await?;
        let vty = TcpStream::connect(&server.vty).await?;
        ctrl.set_nodelay(true)?;
        vty.set_nodelay(true)?;
        let mut terminal = Terminal {
            stream: vty,
            buffer: BytesMut::new(),
            host: String::new(),
            in_flight: VecDeque::new(),
        };
        terminal.host = loop {
            terminal.read().await?;
            if let Some(host) = vty::host(&terminal.buffer) {
                break host;
            }
        };
        terminal.buffer.clear();
        terminal.write(vec!["enable".to_owned()], None, server.patience()).await?;
        while !terminal.in_flight.is_empty() {
            terminal.read().await?;
            terminal.take()?;
        }
        let mut control = Control {
            stream: ctrl,
            buffer: BytesMut::new(),
            last_id: 0,
            in_flight: BTreeMap::new(),
        };
        let (reply, mut said) = oneshot::channel();
        let ask = Ask { what: What::Get(NOBODY.to_owned()), reply };
        control.write(ask, server.patience()).await?;
        while said.try_recv().is_err() {
            if control.stream.read_buf(&mut control.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            control.take()?;
        }
        Ok(Self { control, terminal })
    }

    fn apart(self) -> (Control, Terminal) {
        (self.control, self.terminal)
    }
}
