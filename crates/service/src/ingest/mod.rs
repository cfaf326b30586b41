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
mod rejects;
mod row;

pub use chunk::Reject;
pub use fault::{FileRefusal, RowFault};
pub use rejects::{RejectFile, Rejects};

use crate::app::App;
use crate::error::Error;
use blocks::Blocks;
use chunk::{Chunk, Chunks};
use domain::access::Actor;
use domain::id::OperatorId;
use std::io::{Cursor as Bytes, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use store::activity::{self, Cursor};
use store::{AuditEntry, Batch};
use tokio::sync::mpsc;

/// Bytes of rows that are read and applied at once.
const CHUNK_BYTES: usize = 4 << 20;

/// Chunks that wait to be applied.
const CHUNKS_WAITING: usize = 2;

/// Blocks that one batch writes.
const BLOCKS_AT_ONCE_MAX: usize = 256;

/// Memory that changed blocks may take before a commit comes early.
const BLOCKS_BYTES_MAX: usize = 128 << 20;

/// Rejected rows told in the answer to a push.
const PUSH_REJECTS_MAX: usize = 1_000;

/// What to take in.
pub struct Source {
    /// The file, plain or gzip.
    pub input: Box<dyn Read + Send>,
    /// The name of the feed: the SHA-256 of the content, in hexadecimal.
    pub feed: String,
    /// Rows between two commits.
    pub commit_rows: u64,
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
    let mut import = Import { app, operator_id, blocks: Blocks::new(operator_id), uncommitted: 0 };
    let mut chunks = read_ahead(source.input, source.commit_rows, &cursor);
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk?;
        let applied = import.blocks.apply(app, &chunk).await?;
        let rejected = applied.rejects.len() as u64;
        rejects.add(applied.rejects)?;
        report.done += applied.done;
        report.rejected += rejected;
        import.uncommitted += applied.done + rejected;
        cursor.done += stored(applied.done);
        cursor.rejected += stored(rejected);
        cursor.offset_bytes = stored(chunk.offset_bytes);
        cursor.line = stored(chunk.line);
        if import.uncommitted >= source.commit_rows || import.blocks.bytes() >= BLOCKS_BYTES_MAX {
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
        };
        let mut rejects = Rejects::keep(PUSH_REJECTS_MAX);
        let stop = AtomicBool::new(false);
        let report = import(app, actor, source, &mut rejects, &stop, &|_| {}).await?;
        Ok((report, rejects.into_kept()))
    })
    .await
}

/// The name of the feed that a file is, by its content. Reads it to the end.
pub fn feed_of(input: &mut dyn Read) -> std::io::Result<String> {
    let mut hash = seal::Sha256::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(seal::hex(&hash.finish())),
            Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

struct Import<'a> {
    app: &'a App,
    operator_id: Option<OperatorId>,
    blocks: Blocks,
    uncommitted: u64,
}

impl Import<'_> {
    /// Commits the changed blocks and the cursor, or neither. Very many blocks go ahead in groups:
    /// if the cursor does not follow, their rows are taken in again, which changes nothing.
    async fn commit(&mut self, cursor: &mut Cursor, rejects: &mut Rejects) -> Result<(), Error> {
        rejects.sync()?;
        cursor.rejects_bytes = stored(rejects.bytes());
        let dirty = self.blocks.dirty();
        let (ahead, last) = dirty.split_at(dirty.len().saturating_sub(BLOCKS_AT_ONCE_MAX));
        for group in ahead.chunks(BLOCKS_AT_ONCE_MAX) {
            self.write(group, None).await?;
        }
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

/// Reads rows on a thread of its own while earlier ones are applied.
fn read_ahead(
    input: Box<dyn Read + Send>,
    commit_rows: u64,
    cursor: &Cursor,
) -> mpsc::Receiver<Result<Chunk, Error>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    let (offset_bytes, line) = (whole(cursor.offset_bytes), whole(cursor.line));
    // A row has about forty bytes; commits fall between chunks.
    let about = usize::try_from(commit_rows.saturating_mul(32)).unwrap_or(usize::MAX);
    let chunk_bytes = about.clamp(1 << 10, CHUNK_BYTES);
    tokio::task::spawn_blocking(move || {
        let read = || -> Result<(), Error> {
            let mut chunks = Chunks::open(input, chunk_bytes, offset_bytes, line)?;
            while let Some(chunk) = chunks.next()? {
                if sender.blocking_send(Ok(chunk)).is_err() {
                    return Ok(());
                }
            }
            Ok(())
        };
        if let Err(error) = read() {
            drop(sender.blocking_send(Err(error)));
        }
    });
    receiver
}

/// A count as stored.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A stored count.
fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
