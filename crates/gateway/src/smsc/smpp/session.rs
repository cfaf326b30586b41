//! One connection to a message centre: kept up, kept within its window, and exact about what was
//! handed over.
//!
//! A submission ends in one of five ways, and none is guessed: taken, refused, not now, surely not
//! sent, or in doubt. Only what was written and not answered is in doubt.

use super::connect;
use super::pdu::{self, Message, Pdu};
use super::settings::Centre;
use crate::meter::{Event, Meter};
use crate::tls::Stream;
use bytes::BytesMut;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

/// A connection that does not come up in this time does not come up.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// A peer that takes nothing for so long is gone.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// Waits between two tries to connect: doubled from the first to the last.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));
/// Waits when the centre asks to slow down, likewise.
const SLOW_DOWN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How late a timer may be.
const TICK: Duration = Duration::from_millis(200);
/// Units read and not yet looked at.
const UNITS_MAX: usize = 512;
/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;
/// Why a connection ends that carries something else.
const NO_SMPP: &str = "it does not speak SMPP";
/// The last sequence number; then they begin again.
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

/// Why a submission was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It was surely not handed over.
    NotSent,
    /// The centre asks to slow down; not taken.
    Throttled,
    /// The centre said no, with this status.
    Refused(u32),
    /// It was written, and no answer came.
    InDoubt,
}

/// One message to hand over.
#[derive(Debug)]
pub(super) struct Submit {
    pub(super) message: Message,
    /// Not written after this instant.
    pub(super) until: Instant,
    pub(super) reply: oneshot::Sender<Result<String, NotTaken>>,
}

/// What the centre told us, to be answered once it is stored.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) centre: Arc<Centre>,
    pub(super) message: Message,
    sequence: u32,
    answers: mpsc::UnboundedSender<Pdu>,
}

impl Heard {
    /// Tells the centre that it may forget the message, or must tell it again.
    pub(super) fn answer(self, status: u32) {
        // The connection may be gone: then the centre tells it again by itself.
        let _ = self.answers.send(Pdu::delivered(self.sequence, status));
    }
}

/// What one connection shares with the adapter.
pub(super) struct Session {
    pub(super) centre: Arc<Centre>,
    pub(super) queue: mpsc::Receiver<Submit>,
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) is_up: Arc<AtomicBool>,
    pub(super) meter: Arc<Meter>,
}

impl Session {
    /// Keeps the connection up until the adapter is dropped.
    pub(super) async fn run(mut self) {
        let mut wait = BACK_OFF.0;
        loop {
            let bound = tokio::select! {
                bound = timeout(CONNECT_TIME, connect::bound(&self.centre)) => bound,
                () = refuse(&mut self.queue) => return,
            };
            match bound.unwrap_or_else(|late| Err(late.into())) {
                Ok((stream, buffer)) => {
                    wait = BACK_OFF.0;
                    tracing::info!(centre = self.centre.name, "bound to the message centre");
                    self.meter.connected();
                    self.is_up.store(true, Ordering::Release);
                    let end = Bound::new(&mut self, stream, buffer).serve().await;
                    self.is_up.store(false, Ordering::Release);
                    self.meter.count(Event::Disconnect, 1);
                    match end {
                        End::Dropped => return,
                        End::Lost(why) => {
                            tracing::warn!(centre = self.centre.name, why, "connection lost");
                        }
                    }
                }
                Err(error) => {
                    self.meter.count(Event::NotConnected, 1);
                    if error.kind() == ErrorKind::InvalidData {
                        self.meter.garbage();
                    }
                    tracing::warn!(centre = self.centre.name, %error, "no connection");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = refuse(&mut self.queue) => return,
            }
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }
}

/// Says "not sent" to all who ask; ready when the adapter was dropped.
async fn refuse(queue: &mut mpsc::Receiver<Submit>) {
    while let Some(submit) = queue.recv().await {
        let _ = submit.reply.send(Err(NotTaken::NotSent));
    }
}

enum End {
    /// The adapter is gone.
    Dropped,
    /// The connection is.
    Lost(&'static str),
}

struct InFlight {
    until: Instant,
    reply: oneshot::Sender<Result<String, NotTaken>>,
}

struct Bound<'a> {
    session: &'a mut Session,
    write: WriteHalf<Box<dyn Stream>>,
    units: mpsc::Receiver<Result<Pdu, &'static str>>,
    reader: tokio::task::JoinHandle<()>,
    answers: (mpsc::UnboundedSender<Pdu>, mpsc::UnboundedReceiver<Pdu>),
    out: BytesMut,
    in_flight: BTreeMap<u32, InFlight>,
    sequence: u32,
    /// Nothing is submitted before.
    paused_until: Instant,
    pause: Duration,
    last_heard: Instant,
    /// When the centre was asked whether it is there, until it answers.
    enquired_at: Option<Instant>,
}

impl Drop for Bound<'_> {
    fn drop(&mut self) {
        self.reader.abort();
        for (_, in_flight) in std::mem::take(&mut self.in_flight) {
            self.session.meter.count(Event::InDoubt, 1);
            let _ = in_flight.reply.send(Err(NotTaken::InDoubt));
        }
    }
}

impl<'a> Bound<'a> {
    fn new(session: &'a mut Session, stream: Box<dyn Stream>, buffer: BytesMut) -> Self {
        let (read, write) = tokio::io::split(stream);
        let (sender, units) = mpsc::channel(UNITS_MAX);
        let now = Instant::now();
        Self {
            session,
            write,
            units,
            reader: tokio::spawn(read_units(read, buffer, sender)),
            answers: mpsc::unbounded_channel(),
            out: BytesMut::new(),
            in_flight: BTreeMap::new(),
            sequence: 1,
            paused_until: now,
            pause: SLOW_DOWN.0,
            last_heard: now,
            enquired_at: None,
        }
    }

    async fn serve(mut self) -> End {
        loop {
            let now = Instant::now();
            let has_room = self.in_flight.len() < self.session.centre.window.max(1);
            let wake = if has_room && self.paused_until > now {
                self.paused_until.min(now + TICK)
            } else {
                now + TICK
            };
            let is_open = has_room && self.paused_until <= now;
            tokio::select! {
                unit = self.units.recv() => match unit {
                    Some(Ok(unit)) => {
                        if let Err(why) = self.take(unit) {
                            return self.say_goodbye(why).await;
                        }
                    }
                    Some(Err(why)) => {
                        self.session.meter.garbage();
                        return self.say_goodbye(why).await;
                    }
                    None => return End::Lost("closed by the centre"),
                },
                submit = self.session.queue.recv(), if is_open => match submit {
                    Some(submit) => self.write_submit(submit),
                    None => {
                        Pdu::new(pdu::UNBIND, self.next_sequence()).put(&mut self.out);
                        let _ = self.flush().await;
                        return End::Dropped;
                    }
                },
                Some(answer) = self.answers.1.recv() => answer.put(&mut self.out),
                () = sleep_until(wake) => {}
            }
            if let Err(why) = self.take_all() {
                return self.say_goodbye(why).await;
            }
            if let Err(why) = self.check_times() {
                return End::Lost(why);
            }
            if let Err(why) = self.flush().await {
                return End::Lost(why);
            }
        }
    }

    /// What else is ready, so that one write carries many units.
    fn take_all(&mut self) -> Result<(), &'static str> {
        while let Ok(unit) = self.units.try_recv() {
            let unit = unit.inspect_err(|_| self.session.meter.garbage())?;
            self.take(unit)?;
        }
        while let Ok(answer) = self.answers.1.try_recv() {
            answer.put(&mut self.out);
        }
        let window = self.session.centre.window.max(1);
        while self.in_flight.len() < window && self.paused_until <= Instant::now() {
            let Ok(submit) = self.session.queue.try_recv() else { break };
            self.write_submit(submit);
        }
        Ok(())
    }

    async fn say_goodbye(mut self, why: &'static str) -> End {
        let _ = self.flush().await;
        End::Lost(why)
    }

    async fn flush(&mut self) -> Result<(), &'static str> {
        if self.out.is_empty() {
            return Ok(());
        }
        let Self { write, out, .. } = self;
        let written = timeout(WRITE_TIME, async {
            write.write_all_buf(out).await?;
            write.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("it cannot be written to"),
            Err(_) => Err("it takes nothing"),
        }
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = if self.sequence >= SEQUENCE_MAX { 1 } else { self.sequence + 1 };
        self.sequence
    }

    fn write_submit(&mut self, submit: Submit) {
        let now = Instant::now();
        if submit.until <= now || submit.reply.is_closed() {
            let _ = submit.reply.send(Err(NotTaken::NotSent));
            return;
        }
        let sequence = self.next_sequence();
        submit.message.submit(sequence).put(&mut self.out);
        let until = now + self.session.centre.response_time();
        self.in_flight.insert(sequence, InFlight { until, reply: submit.reply });
        if let Some(gap) = Duration::from_secs(1).checked_div(self.session.centre.per_second) {
            // A tenth of a second may be made up for.
            let floor = now.checked_sub(Duration::from_millis(100)).unwrap_or(now);
            self.paused_until = self.paused_until.max(floor) + gap;
        }
    }

    fn take(&mut self, unit: Pdu) -> Result<(), &'static str> {
        self.last_heard = Instant::now();
        match unit.id {
            pdu::DELIVER_SM => self.hear(&unit),
            pdu::ENQUIRE_LINK => {
                Pdu::new(pdu::ENQUIRE_LINK | pdu::RESPONSE, unit.sequence).put(&mut self.out);
            }
            pdu::UNBIND => {
                Pdu::new(pdu::UNBIND | pdu::RESPONSE, unit.sequence).put(&mut self.out);
                return Err("unbound by the centre");
            }
            id if id == pdu::ENQUIRE_LINK | pdu::RESPONSE => self.enquired_at = None,
            id if id == pdu::SUBMIT_SM | pdu::RESPONSE => self.answered(&unit),
            pdu::GENERIC_NACK => self.answered(&unit),
            id if id & pdu::RESPONSE != 0 => self.session.meter.garbage(),
            _ => {
                self.session.meter.garbage();
                let mut nack = Pdu::new(pdu::GENERIC_NACK, unit.sequence);
                nack.status = pdu::BAD_COMMAND;
                nack.put(&mut self.out);
            }
        }
        Ok(())
    }

    fn answered(&mut self, unit: &Pdu) {
        let Some(in_flight) = self.in_flight.remove(&unit.sequence) else {
            // It came after its time, or answers nothing.
            self.session.meter.garbage();
            return;
        };
        let meter = &self.session.meter;
        let id = unit.first_text().filter(|id| !id.is_empty());
        let answer = match (unit.status, id) {
            (pdu::OK, Some(id)) if unit.id != pdu::GENERIC_NACK => {
                meter.count(Event::Taken, 1);
                self.pause = SLOW_DOWN.0;
                Ok(id)
            }
            // Taken under no name: no receipt will ever be known as its own.
            (pdu::OK, _) => {
                meter.count(Event::InDoubt, 1);
                Err(NotTaken::InDoubt)
            }
            (pdu::THROTTLED | pdu::QUEUE_FULL, _) => {
                meter.count(Event::Throttled, 1);
                self.slow_down();
                Err(NotTaken::Throttled)
            }
            (status, _) => {
                meter.count(Event::Refused, 1);
                Err(NotTaken::Refused(status))
            }
        };
        let _ = in_flight.reply.send(answer);
    }

    /// A whole window of refusals counts once.
    fn slow_down(&mut self) {
        let now = Instant::now();
        if self.paused_until <= now {
            self.paused_until = now + self.pause;
            self.pause = (self.pause * 2).min(SLOW_DOWN.1);
        }
    }

    fn hear(&mut self, unit: &Pdu) {
        let status = match Message::parse(&unit.body) {
            Err(garbage) => {
                self.session.meter.garbage();
                tracing::warn!(centre = self.session.centre.name, what = garbage.0, "garbage");
                pdu::NEVER
            }
            Ok(message) => {
                let heard = Heard {
                    centre: Arc::clone(&self.session.centre),
                    message,
                    sequence: unit.sequence,
                    answers: self.answers.0.clone(),
                };
                match self.session.heard.try_send(heard) {
                    Ok(()) => return,
                    Err(_) => {
                        self.session.meter.count(Event::PutOff, 1);
                        pdu::TRY_AGAIN
                    }
                }
            }
        };
        Pdu::delivered(unit.sequence, status).put(&mut self.out);
    }

    fn check_times(&mut self) -> Result<(), &'static str> {
        let now = Instant::now();
        while let Some(first) = self.in_flight.first_entry() {
            if first.get().until > now {
                break;
            }
            self.session.meter.count(Event::InDoubt, 1);
            let _ = first.remove().reply.send(Err(NotTaken::InDoubt));
        }
        let enquire_time = self.session.centre.enquire_time();
        match self.enquired_at {
            Some(at) if now.duration_since(at) > self.session.centre.response_time() => {
                return Err("it does not answer");
            }
            None if now.duration_since(self.last_heard) > enquire_time => {
                self.enquired_at = Some(now);
                let sequence = self.next_sequence();
                Pdu::new(pdu::ENQUIRE_LINK, sequence).put(&mut self.out);
            }
            _ => {}
        }
        Ok(())
    }
}

async fn read_units(
    mut read: ReadHalf<Box<dyn Stream>>,
    mut buffer: BytesMut,
    units: mpsc::Sender<Result<Pdu, &'static str>>,
) {
    loop {
        loop {
            let unit = match Pdu::take(&mut buffer) {
                Ok(Some(unit)) => Ok(unit),
                Ok(None) => break,
                Err(_) => Err(NO_SMPP),
            };
            let is_end = unit.is_err();
            if units.send(unit).await.is_err() || is_end {
                return;
            }
        }
        buffer.reserve(READ_BYTES);
        match read.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
