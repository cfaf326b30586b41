//! Where rejected rows go.

use super::fault::RowFault;
use crate::error::{Error, Fault};
use domain::refusal::Refusal;
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use words::Lang;

/// A row that is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The line, counted from 1; the header is a line.
    pub line: u64,
    /// Why.
    pub fault: RowFault,
    /// The row as it stands in the file.
    pub row: Vec<u8>,
}

/// The rejected rows of a text whose first row is after `line` lines, from where each begins, in
/// order, and why.
pub(super) fn rejects_of(text: &[u8], mut line: u64, faults: &[(u32, RowFault)]) -> Vec<Reject> {
    let mut counted = 0;
    let reject = |&(from, fault): &(u32, RowFault)| {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let before = text.get(counted..from).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', before).count() as u64;
        counted = from;
        let rest = text.get(from..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        Reject { line: line + 1, fault, row: rest.get(..end).unwrap_or_default().to_vec() }
    };
    faults.iter().map(reject).collect()
}

/// What to do with rejected rows.
#[derive(Debug)]
pub enum Rejects {
    /// Keep the first so many, for the answer to a push.
    Keep {
        /// How many at most.
        max: usize,
        /// Those kept.
        kept: Vec<Reject>,
    },
    /// Write them to a file, one line each: line number, code, reason, and the row.
    Write(RejectFile),
}

/// A file of rejected rows; made when the first is written.
#[derive(Debug)]
pub struct RejectFile {
    path: PathBuf,
    lang: Lang,
    file: Option<File>,
    bytes: u64,
}

impl Rejects {
    /// Keeps the first `max`.
    pub fn keep(max: usize) -> Self {
        Self::Keep { max, kept: Vec::new() }
    }

    /// Writes them to `path`, with reasons in `lang`.
    pub fn write(path: PathBuf, lang: Lang) -> Self {
        Self::Write(RejectFile { path, lang, file: None, bytes: 0 })
    }

    /// Those kept, if they were kept.
    pub fn into_kept(self) -> Vec<Reject> {
        match self {
            Self::Keep { kept, .. } => kept,
            Self::Write(_) => Vec::new(),
        }
    }

    /// Where they were written, if any were.
    pub fn written_to(&self) -> Option<&PathBuf> {
        match self {
            Self::Write(file) if file.bytes > 0 => Some(&file.path),
            _ => None,
        }
    }

    /// Adds rejected rows, in the order of their lines.
    pub(super) fn add(&mut self, rejects: Vec<Reject>) -> Result<(), Error> {
        match self {
            Self::Keep { max, kept } => {
                let free = max.saturating_sub(kept.len());
                kept.extend(rejects.into_iter().take(free));
                Ok(())
            }
            Self::Write(file) => file.add(&rejects).map_err(|error| file.fault(error)),
        }
    }

    /// How long the file is: what the cursor of the feed remembers.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Keep { .. } => 0,
            Self::Write(file) => file.bytes,
        }
    }

    /// Makes what was added durable, before the cursor says that it is there.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        match self {
            Self::Keep { .. } => Ok(()),
            Self::Write(file) => file.sync().map_err(|error| file.fault(error)),
        }
    }

    /// Goes on after an interruption: what was written after `bytes` will come again.
    pub(super) fn go_on(&mut self, bytes: u64) -> Result<(), Error> {
        match self {
            Self::Keep { .. } => Ok(()),
            Self::Write(file) => file.go_on(bytes).map_err(|error| file.fault(error)),
        }
    }
}

impl RejectFile {
    fn add(&mut self, rejects: &[Reject]) -> io::Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        if self.bytes == 0 {
            text.extend_from_slice(b"line,code,reason,row\n");
        }
        for reject in rejects {
            let code = reject.fault.code();
            let reason = self.lang.refusal(code, &[]).unwrap_or_else(|| code.to_owned());
            write!(text, "{},{code},", reject.line)?;
            push_quoted(&mut text, &reason);
            text.push(b',');
            push_quoted(&mut text, &String::from_utf8_lossy(&reject.row));
            text.push(b'\n');
        }
        if self.file.is_none() {
            // A new import writes a new file.
            self.file = Some(private().truncate(true).open(&self.path)?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(&text)?;
            self.bytes += text.len() as u64;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }

    fn go_on(&mut self, bytes: u64) -> io::Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let mut file = private().truncate(false).open(&self.path)?;
        // Moved away meanwhile: start the rest at the front rather than behind a hole.
        let bytes = bytes.min(file.metadata()?.len());
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        self.bytes = bytes;
        self.file = Some(file);
        Ok(())
    }

    fn fault(&self, error: io::Error) -> Error {
        Error::Fault(Fault {
            context: Cow::Owned(format!("writing rejected rows to {}", self.path.display())),
            is_retryable: true,
            source: Some(Box::new(error)),
        })
    }
}

/// For a file that is written and made if need be, its owner's alone: rejected rows have numbers in
/// them.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Quoted for CSV. A cell that a spreadsheet would take for a formula is not special here: it
/// stands behind the line number as it stood in the file.
fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}
