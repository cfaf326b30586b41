//! The thread that makes durable what the writer wrote.

use super::writer::Group;
use crate::error::{Error, ErrorKind};
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// Flushes the write-ahead log, one group at a time, and answers those whose group it was.
#[derive(Debug)]
pub(super) struct Flusher {
    groups: Sender<Group>,
    flushed: mpsc::UnboundedReceiver<Result<(), Error>>,
    thread: JoinHandle<()>,
    is_busy: bool,
}

impl Flusher {
    /// For the log of this connection, which from now on flushes nothing by itself at a commit.
    pub(super) fn start(connection: &Connection) -> Result<Self, Error> {
        let fail = |e| Error::sqlite("look at the log", e);
        let mode: String =
            connection.query_row("pragma journal_mode", [], |row| row.get(0)).map_err(fail)?;
        let path = connection.path().filter(|path| mode == "wal" && !path.is_empty());
        let Some(path) = path.map(|path| PathBuf::from(format!("{path}-wal"))) else {
            let text = format!("the database has no write-ahead log here (journal mode {mode})");
            return Err(Error::new(ErrorKind::Config, text));
        };
        connection.execute_batch("pragma synchronous = normal").map_err(fail)?;
        let (groups, waiting) = channel();
        let (done, flushed) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new().name("sqlite-flusher".to_owned());
        let thread = thread.spawn(move || run(&path, &waiting, &done)).map_err(|e| {
            Error::caused(ErrorKind::Unavailable, "cannot start the thread that flushes", e)
        })?;
        Ok(Self { groups, flushed, thread, is_busy: false })
    }

    /// Begins to flush a group that was committed; the one before must have ended.
    pub(super) fn flush(&mut self, group: Group) {
        debug_assert!(!self.is_busy, "one group after the other");
        // If the thread is gone, whoever waits for an answer finds that nobody is left to give it.
        self.is_busy = self.groups.send(group).is_ok();
    }

    /// Whether a group is still on its way. An error: it will never be known whether it arrived.
    pub(super) fn is_busy(&mut self) -> Result<bool, Error> {
        if self.is_busy {
            match self.flushed.try_recv() {
                Ok(ended) => self.ended(ended)?,
                Err(mpsc::error::TryRecvError::Empty) => {}
                Err(mpsc::error::TryRecvError::Disconnected) => return Err(super::gone()),
            }
        }
        Ok(self.is_busy)
    }

    /// Waits for the end of the group that is on its way.
    pub(super) async fn wait(&mut self) -> Result<(), Error> {
        if self.is_busy {
            let ended = self.flushed.recv().await.unwrap_or_else(|| Err(super::gone()));
            self.ended(ended)?;
        }
        Ok(())
    }

    fn ended(&mut self, ended: Result<(), Error>) -> Result<(), Error> {
        self.is_busy = false;
        ended
    }

    /// Ends what was begun.
    pub(super) fn stop(self) {
        drop(self.groups);
        // If it panicked, those who waited have been told already.
        let _ = self.thread.join();
    }
}

fn run(path: &Path, waiting: &Receiver<Group>, done: &mpsc::UnboundedSender<Result<(), Error>>) {
    let mut log = None;
    while let Ok(group) = waiting.recv() {
        let flushed = flush(path, &mut log).map_err(|e| {
            Error::caused(ErrorKind::Unavailable, "the log does not reach the disk", e)
        });
        // The writer first: it may commit the next group.
        let _ = done.send(flushed.as_ref().copied().map_err(Error::again));
        match flushed {
            Ok(()) => group.answer(),
            Err(error) => group.fail(&error),
        }
    }
}

fn flush(path: &Path, log: &mut Option<File>) -> std::io::Result<()> {
    let file = match log.take() {
        Some(file) => file,
        None => File::open(path)?,
    };
    file.sync_data()?;
    *log = Some(file);
    Ok(())
}
