//! The memory of the simulated world: a snapshot, then one line of JSON per change.
//!
//! Several processes may share one file. Whoever holds its lock ([`Journal::lock`]) is alone: it
//! reads what others appended since, makes its changes, and lets go. The system lets go for a
//! process that was killed.

use super::state::{Change, State};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// The file beside it whose lock is held; the file itself is replaced now and then.
    lock: File,
    file: File,
    /// How far we have read.
    read_bytes: u64,
}

impl Journal {
    /// Reads the file, writes it anew as one snapshot, and opens it for appending. A last line cut
    /// off by a crash is left out.
    pub(super) fn open(path: &Path) -> Result<(State, Self)> {
        let lock = beside(path, "lock")?;
        lock.lock()?;
        let state = match File::open(path) {
            Ok(file) => replay(BufReader::new(file))?.0,
            Err(error) if error.kind() == ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error),
        };
        let fresh = path.with_extension("new");
        let mut file = owners_alone().create(true).truncate(true).write(true).open(&fresh)?;
        serde_json::to_writer(&mut file, &state)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        let (file, read_bytes) = open_end(path)?;
        lock.unlock()?;
        Ok((state, Self { path: path.to_owned(), lock, file, read_bytes }))
    }

    /// Waits until no other process is at it, and brings `state` up to date.
    pub(super) fn lock(&mut self, state: &mut State) -> Result<()> {
        self.lock.lock()?;
        if self.is_replaced()? {
            // Another process began and wrote its snapshot.
            let (known, whole_bytes) = replay(BufReader::new(File::open(&self.path)?))?;
            (*state, self.read_bytes) = (known, whole_bytes);
            self.file = open_end(&self.path)?.0;
        } else if self.file.metadata()?.len() > self.read_bytes {
            self.file.seek(SeekFrom::Start(self.read_bytes))?;
            self.read_bytes += catch_up(&mut BufReader::new(&self.file), state)?;
        }
        // What a process that was killed wrote in half was never acknowledged.
        if self.file.metadata()?.len() > self.read_bytes {
            self.file.set_len(self.read_bytes)?;
        }
        Ok(())
    }

    /// Lets others at it.
    pub(super) fn unlock(&self) {
        // Closing the file would do it too; there is nothing else to try.
        if let Err(error) = self.lock.unlock() {
            tracing::error!(%error, "the simulated network cannot be let go");
        }
    }

    /// Appends changes; the lock is held.
    pub(super) fn append(&mut self, changes: &[Change]) -> Result<()> {
        let mut lines = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut lines, change)?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines)?;
        self.read_bytes += lines.len() as u64;
        Ok(())
    }

    /// The turn of carrying events to the program, if no other process has it; held until dropped.
    pub(super) fn carrier(path: &Path) -> Result<Option<File>> {
        let file = beside(path, "carrier")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path names another file than the one we have open.
    fn is_replaced(&self) -> Result<bool> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let (there, ours) = (std::fs::metadata(&self.path)?, self.file.metadata()?);
            Ok((there.dev(), there.ino()) != (ours.dev(), ours.ino()))
        }
        #[cfg(not(unix))]
        Ok(false)
    }
}

/// For a file that holds texts and numbers: its owner's alone, like the database beside it.
fn owners_alone() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn beside(path: &Path, extension: &str) -> Result<File> {
    owners_alone().create(true).append(true).open(path.with_extension(extension))
}

fn open_end(path: &Path) -> Result<(File, u64)> {
    let file = OpenOptions::new().read(true).append(true).open(path)?;
    let read_bytes = file.metadata()?.len();
    Ok((file, read_bytes))
}

/// The state that a whole file tells of, and how many of its bytes are whole lines.
fn replay(mut reader: impl BufRead) -> Result<(State, u64)> {
    let mut first = Vec::new();
    let snapshot_bytes = reader.read_until(b'\n', &mut first)?;
    if snapshot_bytes == 0 {
        return Ok((State::default(), 0));
    }
    let mut state = serde_json::from_slice(&first)?;
    let changes_bytes = catch_up(&mut reader, &mut state)?;
    Ok((state, snapshot_bytes as u64 + changes_bytes))
}

/// Makes the changes that the lines tell of; how many bytes that were. Only the last line can be
/// incomplete: what is cut off is removed before the next is written.
fn catch_up(reader: &mut impl BufRead, state: &mut State) -> Result<u64> {
    let (mut bytes, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line)?;
        if count == 0 || line.last() != Some(&b'\n') {
            return Ok(bytes);
        }
        let change: Change = serde_json::from_slice(&line)
            .map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        state.apply(change);
        bytes += count as u64;
    }
}
