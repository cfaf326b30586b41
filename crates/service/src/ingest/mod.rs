//! Taking in usage: who used a number, how and when, from files and pushes.
//!
//! A row changes a number's activity if it is newer than what is known, else nothing; so the same
//! file may come twice, and rows in any order. What was read is committed together with the cursor
//! of the feed: killed at any instant, the next run goes on where the last commit was and the
//! result is the same. Events of one IMSI belong to the number it served at that instant. Whether
//! a use came before the present holder, and whether its kind counts, is asked when it is read.

mod blocks;
mod chunk;
mod fault;
mod instant;
mod parquet;
mod parse;
mod piece;
mod plain;
mod rejects;
mod row;

pub use fault::{FileRefusal, RowFault};
pub use parquet::parquet_rows;
pub use piece::take_in_piece;
pub use rejects::{Reject, RejectFile, Rejects, private};

use crate::app::App;
use crate::error::{Error, Fault};
use blocks::{Applied, Blocks};
use chunk::{Chunks, Text};
use domain::access::Actor;
use domain::id::OperatorId;
use futures::{StreamExt, TryStreamExt, stream};
use parse::{Parsed, Reading, parse};
use rejects::rejects_of;
use row::Form;
use std::borrow::Cow;
use std::io::{Cursor as Bytes, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use store::activity::{self, Cursor};
use store::{AuditEntry, Batch};
use tokio::sync::mpsc;

/// How far ahead of our clock an event may be: other clocks differ.
const AHEAD_MINUTES: i64 = 10;

/// Bytes of rows that are read and applied at once.
const TEXT_BYTES: usize = 8 << 20;

/// Bytes of a file that one core hashes at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Texts that are read ahead.
const TEXTS_WAITING: usize = 2;

/// Blocks that one batch writes: about 15 MB of rows.
const BLOCKS_AT_ONCE_MAX: usize = 64;

/// Batches of blocks on their way: one is made while the one before is written.
const BATCHES_AT_ONCE: usize = 2;

/// Memory that changed blocks may take before a commit comes early, unless told otherwise.
pub const MEMORY_BYTES: usize = 256 << 20;

/// With so many rows that are not UTF-8 at the start, and more of them than of others, it is the
/// file that has another encoding.
const FOREIGN_ROWS_MIN: usize = 10;

/// Rejected rows told in the answer to a push.
const PUSH_REJECTS_MAX: usize = 1_000;

/// What to take in.
pub struct Source {
    /// The file, plain or gzip.
    pub input: Box<dyn Read + Send>,
    /// The name of the feed: a hash of the content, as [`feed_of`] gives it.
    pub feed: String,
    /// Rows between two commits.
    pub commit_rows: u64,
    /// Memory that changed blocks may take before a commit comes early.
    pub memory_bytes: usize,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.feed)
    }
}

/// How an import ended, or stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows taken in.
    pub done: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows that an earlier run of the same file had taken in or rejected.
    pub skipped: u64,
    /// Whether the end was reached.
    pub is_finished: bool,
}

/// Takes in a file until its end, or until `stop` is set; then what was read is committed, and the
/// next call with the same file goes on.
///
/// A file whose header cannot be used is refused as a whole. `progress` is called after each piece.
pub async fn import(
    app: &App,
    actor: &Actor,
    source: Source,
    rejects: &mut Rejects,
    stop: &AtomicBool,
    progress: &(dyn Fn(Report) + Sync),
) -> Result<Report, Error> {
    let operator_id = actor.operator_id();
    let mut cursor = match activity::load_cursor(&app.store.db, &source.feed).await? {
        Some(known) => known,
        None => Cursor::start(source.feed.clone(), operator_id.unwrap_or(OperatorId(1))),
    };
    let skipped = whole(cursor.done) + whole(cursor.rejected);
    let mut report = Report { skipped, is_finished: cursor.is_finished, ..Report::default() };
    if cursor.is_finished {
        return Ok(report);
    }
    rejects.go_on(whole(cursor.rejects_bytes))?;
    let (commit_rows, memory_bytes) = (source.commit_rows, source.memory_bytes);
    let (form, header_lines, mut texts) = open(source, &cursor).await?;
    cursor.line = cursor.line.max(stored(header_lines));
    let mut import = Import::new(app, operator_id, form);
    while import.take_next(&mut texts, &mut cursor, rejects, &mut report).await? {
        if import.uncommitted >= commit_rows || import.blocks.bytes() >= memory_bytes {
            import.commit(&mut cursor, rejects).await?;
        }
        progress(report);
        if stop.load(Ordering::Relaxed) {
            import.commit(&mut cursor, rejects).await?;
            return Ok(report);
        }
    }
    cursor.is_finished = true;
    import.commit(&mut cursor, rejects).await?;
    report.is_finished = true;
    Ok(report)
}

/// Takes in the rows of one request of a partner or the operator's own systems: the same path as a
/// file. The same bytes again change nothing.
pub async fn push(
    app: &App,
    actor: &Actor,
    bytes: Vec<u8>,
) -> Result<(Report, Vec<Reject>), Error> {
    let owner = actor.operator_id().map_or(0, |id| id.0);
    let feed = format!("{}-{owner}", seal::hex(&seal::sha256(&bytes)));
    // Somebody may push the same bytes at the same time: the slower finds them taken in.
    crate::retry(|| async {
        let source = Source {
            feed: feed.clone(),
            input: Box::new(Bytes::new(bytes.clone())),
            commit_rows: u64::MAX,
            memory_bytes: MEMORY_BYTES,
        };
        let mut rejects = Rejects::keep(PUSH_REJECTS_MAX);
        let stop = AtomicBool::new(false);
        let report = import(app, actor, source, &mut rejects, &stop, &|_| {}).await?;
        Ok((report, rejects.into_kept()))
    })
    .await
}

/// The name of the feed that a file is, by its content: the SHA-256 of the SHA-256 of each
/// mebibyte, so that all cores take part. Reads it to the end.
pub fn feed_of(input: &mut (dyn Read + Send)) -> std::io::Result<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pieces = Mutex::new((input, 0_usize));
    let hash_some = || {
        let mut hashes = Vec::new();
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        loop {
            let turn = {
                let mut pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner);
                piece.clear();
                (&mut *pieces.0).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
                pieces.1 += 1;
                pieces.1
            };
            if piece.is_empty() {
                return Ok(hashes);
            }
            hashes.push((turn, seal::sha256(&piece)));
        }
    };
    let mut hashes: Vec<(usize, _)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(hash_some)).collect();
        let mut hashes: std::io::Result<Vec<_>> = hash_some();
        for other in others {
            let found = other.join().map_err(|_| std::io::Error::other("a thread panicked"))?;
            hashes = hashes.and_then(|mut all| found.map(|some| all.extend(some)).map(|()| all));
        }
        hashes
    })?;
    hashes.sort_unstable_by_key(|(turn, _)| *turn);
    let mut hash = seal::Sha256::default();
    for (_, piece) in &hashes {
        hash.update(piece);
    }
    Ok(seal::hex(&hash.finish()))
}

struct Import<'a> {
    app: &'a App,
    operator_id: Option<OperatorId>,
    form: Form,
    blocks: Blocks,
    parsed: Vec<Parsed>,
    is_first: bool,
    uncommitted: u64,
}

impl<'a> Import<'a> {
    fn new(app: &'a App, operator_id: Option<OperatorId>, form: Form) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut parsed = Vec::new();
        parsed.resize_with(cores, Parsed::default);
        let blocks = Blocks::new(operator_id);
        Self { app, operator_id, form, blocks, parsed, is_first: true, uncommitted: 0 }
    }

    /// Takes in the next text, in memory only, and notes it in cursor, rejects and report; `false`
    /// at the end.
    async fn take_next(
        &mut self,
        texts: &mut Texts,
        cursor: &mut Cursor,
        rejects: &mut Rejects,
        report: &mut Report,
    ) -> Result<bool, Error> {
        let Some(text) = texts.next().await else { return Ok(false) };
        let text = text?;
        cursor.offset_bytes = stored(text.offset_bytes);
        let (text, applied, lines) = self.take(text).await?;
        let rejected = applied.faults.len() as u64;
        rejects.add(rejects_of(&text.bytes, whole(cursor.line), &applied.faults))?;
        texts.give_back(text);
        report.done += applied.done;
        report.rejected += rejected;
        self.uncommitted += applied.done + rejected;
        cursor.done += stored(applied.done);
        cursor.rejected += stored(rejected);
        cursor.line += stored(lines);
        Ok(true)
    }

    /// Takes in the rows of a text, in memory only: what became of them, and how many lines they
    /// are.
    async fn take(&mut self, text: Text) -> Result<(Text, Applied, u64), Error> {
        let latest = self.app.now().plus_minutes(AHEAD_MINUTES);
        let reading = Reading { form: self.form, latest, is_open: text.is_open };
        let mut parsed = std::mem::take(&mut self.parsed);
        let blocks = std::mem::take(&mut self.blocks);
        let (text, mut parsed, blocks) = on_a_thread(move || {
            parse(&text.bytes, reading, &blocks, &mut parsed);
            (text, parsed, blocks)
        })
        .await?;
        self.blocks = blocks;
        if std::mem::take(&mut self.is_first) && is_foreign(&parsed) {
            return Err(FileRefusal::NotUtf8.into());
        }
        self.blocks.resolve_sims(self.app, &mut parsed).await?;
        self.blocks.settle(self.app, &mut parsed).await?;
        let mut applied = Applied::default();
        let mut lines = 0;
        for part in &mut parsed {
            applied.done += part.done;
            applied.faults.append(&mut part.faults);
            lines += part.lines;
        }
        applied.faults.sort_unstable_by_key(|(from, _)| *from);
        self.parsed = parsed;
        Ok((text, applied, lines))
    }

    /// Commits the changed blocks and the cursor, or neither. Very many blocks go ahead in groups:
    /// if the cursor does not follow, their rows are taken in again, which changes nothing.
    async fn commit(&mut self, cursor: &mut Cursor, rejects: &mut Rejects) -> Result<(), Error> {
        rejects.sync()?;
        self.blocks.take_notes(&mut self.parsed);
        cursor.rejects_bytes = stored(rejects.bytes());
        let dirty = self.blocks.dirty();
        let (ahead, last) = dirty.split_at(dirty.len().saturating_sub(BLOCKS_AT_ONCE_MAX));
        let groups = ahead.chunks(BLOCKS_AT_ONCE_MAX).map(|group| self.write(group, None));
        let groups: Vec<_> = groups.collect();
        stream::iter(groups).buffered(BATCHES_AT_ONCE).try_collect::<()>().await?;
        self.write(last, Some(cursor)).await?;
        cursor.version += 1;
        self.blocks.forget();
        self.uncommitted = 0;
        Ok(())
    }

    /// Another import may have changed a block: merging again is all it takes.
    async fn write(&self, blocks: &[u64], cursor: Option<&Cursor>) -> Result<(), Error> {
        crate::retry(|| async {
            let mut batch = Batch::new(self.app.now());
            self.blocks.stage(self.app, &mut batch, blocks).await?;
            if let Some(cursor) = cursor {
                activity::write_cursor(&mut batch, cursor);
                batch.audit(self.entry(cursor, batch.at()));
            }
            Ok(self.app.store.db.commit(batch).await?)
        })
        .await
    }

    fn entry(&self, cursor: &Cursor, at: domain::time::At) -> AuditEntry {
        let detail = serde_json::json!({
            "line": cursor.line, "done": cursor.done, "rejected": cursor.rejected,
            "finished": cursor.is_finished,
        });
        AuditEntry {
            operator_id: self.operator_id.unwrap_or(cursor.operator_id),
            subject: format!("feed:{}", cursor.feed),
            subject_version: cursor.version + 1,
            actor: "system".to_owned(),
            action: "usage.import".to_owned(),
            detail_json: detail.to_string(),
            at,
        }
    }
}

/// Whether the file seems to have another encoding.
fn is_foreign(parsed: &[Parsed]) -> bool {
    let (mut foreign, mut others) = (0, 0);
    for part in parsed {
        let count = part.faults.iter().filter(|(_, fault)| *fault == RowFault::Encoding).count();
        foreign += count;
        others += part.faults.len() - count + part.of_sims.len() + part.waiting.len();
    }
    foreign >= FOREIGN_ROWS_MIN && foreign > others
}

/// Texts that are read on a thread of their own while earlier ones are taken in.
struct Texts {
    read: mpsc::Receiver<Result<Text, Error>>,
    /// Back to the reader: its memory is used again.
    free: std::sync::mpsc::Sender<Text>,
}

impl Texts {
    async fn next(&mut self) -> Option<Result<Text, Error>> {
        self.read.recv().await
    }

    fn give_back(&self, text: Text) {
        // Nobody wants it once all is read.
        let _ = self.free.send(text);
    }
}

/// Opens the file: how its rows are written, how many lines stand before the first, and the rows
/// from the cursor on.
async fn open(source: Source, cursor: &Cursor) -> Result<(Form, u64, Texts), Error> {
    // A row has about forty bytes; commits fall between texts.
    let about = usize::try_from(source.commit_rows.saturating_mul(32)).unwrap_or(usize::MAX);
    let text_bytes = about.clamp(1 << 10, TEXT_BYTES);
    let offset_bytes = whole(cursor.offset_bytes);
    let chunks = move || Chunks::open(source.input, text_bytes, offset_bytes);
    let mut chunks = on_a_thread(chunks).await??;
    let (form, header_lines) = (chunks.form, chunks.header_lines);
    let (sender, read) = mpsc::channel(TEXTS_WAITING);
    let (free, freed) = std::sync::mpsc::channel::<Text>();
    tokio::task::spawn_blocking(move || {
        loop {
            let mut text = freed.try_recv().unwrap_or_default();
            let next = chunks.next(&mut text);
            let is_last = !matches!(next, Ok(true));
            let sent = match next {
                Ok(true) => sender.blocking_send(Ok(text)),
                Ok(false) => return,
                Err(error) => sender.blocking_send(Err(error)),
            };
            if is_last || sent.is_err() {
                return;
            }
        }
    });
    Ok((form, header_lines, Texts { read, free }))
}

/// Work for whole cores, away from the threads that answer others.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| {
        Error::Fault(Fault {
            context: Cow::Borrowed("a thread that takes in usage panicked"),
            is_retryable: false,
            source: Some(Box::new(panic)),
        })
    })
}

/// A count as stored.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A stored count.
fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
