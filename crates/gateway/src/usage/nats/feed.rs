//! Fetch, take in, acknowledge.

use super::connect::{connect, consumer, pause};
use super::pieces::{Piece, pieces};
use super::rejects::Lines;
use super::settings::Server;
use crate::meter::{Event, Meter};
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use domain::access::Actor;
use futures::StreamExt as _;
use service::ingest::take_in_piece;
use service::port::PortError;
use service::{App, Error};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use words::Lang;

/// How long the server gathers messages when few come: a use is known so much later.
const GATHER: Duration = Duration::from_secs(1);
/// What the server may be late in ending a batch.
const LATE: Duration = Duration::from_secs(2);
/// Bytes of payloads that are held at once, about.
const BATCH_BYTES: usize = 16 << 20;
/// Bytes that one request may bring, whatever came before: the most that a server can be told to
/// take as one message.
const REQUEST_BYTES_MAX: usize = 64 << 20;
/// Tries for a batch that fails for a reason that does not pass by itself.
const TRIES_MAX: usize = 5;
/// Messages fetched first, before their size is known.
const FIRST_MESSAGES: usize = 64;
/// Committed messages that are known again; older ones are taken in twice, which changes nothing.
const KNOWN_MAX: usize = 200_000;
/// Batches in a row without an answer after which we look whether the consumer is still there.
const SILENT_MAX: u32 = 3;

/// Which message of a stream: its place, and when the server took it. A stream made anew counts
/// from one again, at another time.
type Id = (u64, i128);

/// What goes on in one process.
#[derive(Debug)]
pub(super) struct Feed {
    server: Server,
    meter: Arc<Meter>,
    lang: Lang,
    app: Arc<App>,
    /// The name of our cursor: one for each start, so that processes do not get in each other's
    /// way.
    name: String,
    known: Known,
    failed: usize,
}

/// A message with what its envelope says.
struct Got {
    message: Message,
    id: Id,
    is_repeat: bool,
}

impl Feed {
    pub(super) fn new(server: Server, meter: Arc<Meter>, lang: Lang, app: Arc<App>) -> Self {
        let start = seal::hex(&seal::entropy::bytes::<8>());
        let name = format!("nats:{}:{}:{start}", server.stream, server.durable);
        Self { server, meter, lang, app, name, known: Known::default(), failed: 0 }
    }

    /// Never ends: whatever fails begins anew after a pause.
    pub(super) async fn run_forever(&mut self) {
        loop {
            let Err(error) = self.follow().await else { continue };
            self.meter.failed(&error);
            tracing::warn!(%error, "the usage feed pauses");
            tokio::time::sleep(pause(self.failed)).await;
            self.failed += 1;
        }
    }

    /// Connects, and takes in batch after batch; the next one is fetched meanwhile.
    async fn follow(&mut self) -> Result<(), PortError> {
        let client = connect(&self.server, &self.meter).await?;
        let found = consumer(&client, &self.server, true).await?;
        let consumer = found.ok_or_else(|| PortError::Unreachable("consumer".into()))?;
        let mut messages_max = FIRST_MESSAGES.min(self.server.batch_messages);
        let mut next = fetch(&consumer, messages_max).await?;
        let mut silent = 0;
        loop {
            let largest = next.iter().map(|message| message.payload.len()).max();
            if let Some(largest) = largest {
                let fitting = BATCH_BYTES / largest.max(1);
                messages_max = fitting.clamp(1, self.server.batch_messages);
                self.failed = 0;
                silent = 0;
            } else {
                silent += 1;
            }
            if silent >= SILENT_MAX {
                // Somebody may have removed it, or the server that knew it may be gone.
                silent = 0;
                consumer_is_there(&consumer).await?;
            }
            let batch = std::mem::take(&mut next);
            let (fetched, ()) = futures::join!(fetch(&consumer, messages_max), self.batch(batch));
            next = fetched?;
        }
    }

    /// Takes in one batch, however often it takes, and acknowledges it.
    async fn batch(&mut self, messages: Vec<Message>) {
        let got: Vec<Got> = messages.into_iter().filter_map(|message| self.open(message)).collect();
        let (repeats, fresh): (Vec<_>, Vec<_>) =
            got.into_iter().partition(|got| got.is_repeat && self.known.has(got.id));
        self.meter.count(Event::UsageRepeats, repeats.len());
        acknowledge(&repeats, &BTreeSet::new()).await;
        if fresh.is_empty() {
            return;
        }
        let begun = Instant::now();
        let mut tried = 0;
        let refused = loop {
            match self.take_in(&fresh).await {
                Ok(refused) => break refused,
                Err(Error::Fault(fault)) if !fault.is_retryable && tried >= TRIES_MAX => {
                    return self.each_alone(&fresh).await;
                }
                Err(error) => {
                    tracing::error!(error = %error.with_causes(), "usage was not taken in");
                    self.meter.failed(&PortError::NotSent(String::new()));
                    tokio::time::sleep(pause(tried)).await;
                    tried += 1;
                    for got in &fresh {
                        // Or it would come again meanwhile.
                        let _ = got.message.ack_with(AckKind::Progress).await;
                    }
                }
            }
        };
        self.meter.took(begun.elapsed());
        self.committed(&fresh, &refused).await;
    }

    async fn committed(&mut self, messages: &[Got], refused: &BTreeSet<usize>) {
        self.meter.count(Event::UsageMessages, messages.len());
        for got in messages {
            self.known.add(got.id);
        }
        acknowledge(messages, refused).await;
    }

    /// A fault that does not pass: whatever can be taken in by itself is, the rest comes again
    /// later. Nothing is given up, as the fault may be ours; and nothing holds up the others for
    /// good, as it may be a message's.
    async fn each_alone(&mut self, messages: &[Got]) {
        let later = Duration::from_secs(self.server.ack_seconds);
        let mut left = 0;
        for got in messages.chunks(1) {
            match self.take_in(got).await {
                Ok(refused) => self.committed(got, &refused).await,
                Err(_) => {
                    left += got.len();
                    for got in got {
                        let _ = got.message.ack_with(AckKind::Nak(Some(later))).await;
                    }
                }
            }
        }
        if left > 0 {
            tracing::error!(messages = left, "usage that cannot be taken in comes again later");
        }
    }

    /// A message that is not from a stream is none of ours.
    fn open(&self, message: Message) -> Option<Got> {
        let Ok(info) = message.info() else {
            self.meter.garbage();
            return None;
        };
        self.meter.waiting(info.pending);
        let id = (info.stream_sequence, info.published.unix_timestamp_nanos());
        let is_repeat = info.delivered > 1;
        Some(Got { message, id, is_repeat })
    }

    /// Commits the rows of the messages and records those rejected: the places of messages nothing
    /// of which could be read.
    async fn take_in(&self, fresh: &[Got]) -> Result<BTreeSet<usize>, Error> {
        let payloads: Vec<(usize, &[u8])> =
            fresh.iter().enumerate().map(|(at, got)| (at, &got.message.payload[..])).collect();
        let mut lines = Lines::new(self.lang);
        let mut refused = BTreeSet::new();
        let mut done = 0;
        for piece in pieces(&payloads) {
            match self.take_in_piece(&piece, fresh, &mut lines).await? {
                Ok(rows) => done += rows,
                Err(code) if piece.messages.len() == 1 => {
                    Self::refuse(&piece, code, fresh, &mut lines, &mut refused);
                }
                Err(_) => {
                    // One of them spoils it for the others: each for itself.
                    for &(at, _) in &piece.messages {
                        let alone = payloads.get(at).copied().into_iter().collect::<Vec<_>>();
                        for piece in pieces(&alone) {
                            match self.take_in_piece(&piece, fresh, &mut lines).await? {
                                Ok(rows) => done += rows,
                                Err(code) => {
                                    Self::refuse(&piece, code, fresh, &mut lines, &mut refused);
                                }
                            }
                        }
                    }
                }
            }
        }
        lines.write(&self.server.rejects_file).map_err(|error| {
            let path = self.server.rejects_file.display();
            tracing::error!(%error, %path, "nats.rejects_file cannot be written");
            Error::fault("writing rejected usage")
        })?;
        self.meter.count(Event::UsageRows, done);
        self.meter.count(Event::UsageRejects, usize::try_from(lines.count).unwrap_or(usize::MAX));
        for _ in &refused {
            self.meter.garbage();
        }
        if lines.count > 0 {
            let messages = refused.len();
            tracing::warn!(rows = lines.count, messages, "usage was rejected");
        }
        Ok(refused)
    }

    /// How many rows were taken in, or why the text is refused.
    async fn take_in_piece(
        &self,
        piece: &Piece,
        fresh: &[Got],
        lines: &mut Lines,
    ) -> Result<Result<usize, &'static str>, Error> {
        match take_in_piece(&self.app, &Actor::System, &self.name, &piece.text).await {
            Ok((report, rejects)) => {
                for reject in &rejects {
                    let (message, line) = piece.find(reject.line);
                    let sequence = fresh.get(message).map_or(0, |got| got.id.0);
                    lines.row(sequence, line, reject);
                }
                Ok(Ok(usize::try_from(report.done).unwrap_or(usize::MAX)))
            }
            Err(Error::Refused(refused)) => Ok(Err(refused.code)),
            Err(error) => Err(error),
        }
    }

    fn refuse(
        piece: &Piece,
        code: &'static str,
        fresh: &[Got],
        lines: &mut Lines,
        refused: &mut BTreeSet<usize>,
    ) {
        for &(at, _) in &piece.messages {
            let Some(got) = fresh.get(at) else { continue };
            lines.payload(got.id.0, code, &got.message.payload);
            refused.insert(at);
        }
    }
}

/// The messages of one request, however many come. A server that goes away ends it.
async fn fetch(consumer: &PullConsumer, messages_max: usize) -> Result<Vec<Message>, PortError> {
    let batch = consumer.batch().max_messages(messages_max).max_bytes(REQUEST_BYTES_MAX);
    let asked = batch.expires(GATHER).messages().await;
    let mut batch = asked.map_err(|error| PortError::Unreachable(error.to_string()))?;
    let end = Instant::now() + GATHER + LATE;
    let mut messages = Vec::new();
    // An error in it tells that the server is going, or another leads: what came is as good.
    while let Ok(Some(Ok(message))) = timeout_at(end, batch.next()).await {
        messages.push(message);
    }
    Ok(messages)
}

async fn consumer_is_there(consumer: &PullConsumer) -> Result<(), PortError> {
    let asked = consumer.get_info().await;
    asked.map(drop).map_err(|error| PortError::Unreachable(format!("consumer: {error}")))
}

/// Tells the server that messages are dealt with; those in `refused` must never come again. An
/// acknowledgement that is lost means that the message comes again.
async fn acknowledge(all: &[Got], refused: &BTreeSet<usize>) {
    for (at, got) in all.iter().enumerate() {
        let kind = if refused.contains(&at) { AckKind::Term } else { AckKind::Ack };
        let _ = got.message.ack_with(kind).await;
    }
}

/// The messages that were committed last.
#[derive(Debug, Default)]
struct Known {
    ids: HashSet<Id>,
    order: VecDeque<Id>,
}

impl Known {
    fn has(&self, id: Id) -> bool {
        self.ids.contains(&id)
    }

    fn add(&mut self, id: Id) {
        if self.ids.insert(id) {
            self.order.push_back(id);
        }
        while self.order.len() > KNOWN_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }
}
