//! Reading a usage file piece by piece, and its rows on all cores.

use super::fault::{FileRefusal, RowFault};
use super::row::{Columns, Form, Use};
use crate::error::{Error, Fault};
use flate2::bufread::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{BufRead, BufReader, ErrorKind, Read};

/// A longer line is no row.
const LINE_BYTES_MAX: usize = 64 << 10;

/// How much is read between two looks at the bytes already there.
const BUFFER_BYTES: usize = 256 << 10;

/// With so many rows that are not UTF-8 at the start, and more of them than of others, it is the
/// file that has another encoding.
const FOREIGN_ROWS_MIN: usize = 10;

/// Smaller pieces are not worth a second thread.
const SHARE_BYTES_MIN: usize = 64 << 10;

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

/// Some whole rows, read.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The rows as they stand, for those that turn out to be bad later.
    text: Vec<u8>,
    /// The good rows, in the order of the file.
    pub(super) uses: Vec<(Place, Use)>,
    /// The bad rows.
    faults: Vec<(Place, RowFault)>,
    /// Bytes of the file up to the end of this chunk, after decompression.
    pub(super) offset_bytes: u64,
    /// Lines of the file up to the end of this chunk.
    pub(super) line: u64,
}

/// Where a row stands: its line in the file and its bytes in the chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    line: u64,
    from: usize,
    to: usize,
}

impl Chunk {
    /// The row at `place`, rejected.
    pub(super) fn reject(&self, place: Place, fault: RowFault) -> Reject {
        let row = self.text.get(place.from..place.to).unwrap_or_default().to_vec();
        Reject { line: place.line, fault, row }
    }

    /// The rows that could not be read.
    pub(super) fn rejects(&self) -> impl Iterator<Item = Reject> {
        self.faults.iter().map(|&(place, fault)| self.reject(place, fault))
    }
}

/// A usage file, opened: past its header, or at the row to go on with.
pub(super) struct Chunks {
    input: Box<dyn BufRead + Send>,
    form: Form,
    /// Read but not yet given out: the beginning of a line.
    kept: Vec<u8>,
    offset_bytes: u64,
    line: u64,
    chunk_bytes: usize,
    is_first: bool,
    is_ended: bool,
}

impl Chunks {
    /// Looks at the first bytes (gzip? a byte order mark? JSON? a header?) and skips what has been
    /// taken in before: `offset_bytes` and `line`, or 0 for both.
    pub(super) fn open(
        input: Box<dyn Read + Send>,
        chunk_bytes: usize,
        offset_bytes: u64,
        line: u64,
    ) -> Result<Self, Error> {
        let mut raw = BufReader::with_capacity(BUFFER_BYTES, input);
        let is_gzip = raw.fill_buf().map_err(reading)?.starts_with(&[0x1f, 0x8b]);
        let mut input: Box<dyn BufRead + Send> = if is_gzip {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        let mut start = Start::default();
        let form = start.read_form(&mut *input)?;
        let mut chunks = Self {
            input,
            form,
            kept: start.kept,
            offset_bytes: start.offset_bytes,
            line: start.line,
            chunk_bytes,
            is_first: true,
            is_ended: false,
        };
        if offset_bytes > chunks.offset_bytes {
            chunks.skip_to(offset_bytes)?;
            chunks.line = line;
        }
        Ok(chunks)
    }

    fn skip_to(&mut self, offset_bytes: u64) -> Result<(), Error> {
        let mut left = offset_bytes - self.offset_bytes;
        let held = self.kept.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.kept.drain(..held);
        left -= held as u64;
        while left > 0 {
            let buffer = self.input.fill_buf().map_err(reading)?;
            let step = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if step == 0 {
                break;
            }
            self.input.consume(step);
            left -= step as u64;
        }
        self.offset_bytes = offset_bytes;
        Ok(())
    }

    /// The next rows; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, Error> {
        if self.is_ended {
            return Ok(None);
        }
        let mut text = std::mem::take(&mut self.kept);
        let mut searched = 0;
        let whole = loop {
            let wanted = (self.chunk_bytes.saturating_sub(text.len())).max(1) as u64;
            let read = (&mut *self.input).take(wanted).read_to_end(&mut text).map_err(reading)?;
            if read == 0 {
                self.is_ended = true;
                break text.len();
            }
            let fresh = text.get(searched..).unwrap_or_default();
            match memchr::memrchr(b'\n', fresh) {
                Some(at) => break searched + at + 1,
                None if text.len() > LINE_BYTES_MAX => self.drop_line(&mut text)?,
                None => {}
            }
            searched = text.len();
        };
        self.kept = text.split_off(whole);
        let is_first = std::mem::replace(&mut self.is_first, false);
        let chunk = self.read_rows(text);
        let foreign = chunk.faults.iter().filter(|(_, fault)| *fault == RowFault::Encoding).count();
        let others = chunk.uses.len() + chunk.faults.len() - foreign;
        if is_first && foreign >= FOREIGN_ROWS_MIN && foreign > others {
            return Err(refused(FileRefusal::NotUtf8));
        }
        Ok(Some(chunk))
    }

    /// Reads on to the end of a line that is too long to be a row, keeping its beginning only.
    fn drop_line(&mut self, text: &mut Vec<u8>) -> Result<(), Error> {
        self.offset_bytes += (text.len() - LINE_BYTES_MAX - 1) as u64;
        text.truncate(LINE_BYTES_MAX + 1);
        loop {
            let buffer = self.input.fill_buf().map_err(reading)?;
            match memchr::memchr(b'\n', buffer) {
                Some(at) => {
                    self.input.consume(at);
                    self.offset_bytes += at as u64;
                    return Ok(());
                }
                None if buffer.is_empty() => return Ok(()),
                None => {
                    let length = buffer.len();
                    self.input.consume(length);
                    self.offset_bytes += length as u64;
                }
            }
        }
    }

    fn read_rows(&mut self, text: Vec<u8>) -> Chunk {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let is_shared = text.len() >= SHARE_BYTES_MIN;
        let is_open = self.is_ended && !text.ends_with(b"\n");
        let parts = split(&text, if is_shared { cores } else { 1 });
        let mut jobs = Vec::with_capacity(parts.len());
        let (mut from, mut line, count) = (0, self.line, parts.len());
        for (at, part) in parts.into_iter().enumerate() {
            let is_open = is_open && at + 1 == count;
            jobs.push(Part { form: self.form, text: part, from, line, is_open });
            from += part.len();
            line += memchr::memchr_iter(b'\n', part).count() as u64;
        }
        self.offset_bytes += text.len() as u64;
        self.line = line + u64::from(is_open && !text.is_empty());
        let read: Vec<Rows> = match jobs.as_slice() {
            [job] => vec![job.read()],
            jobs => std::thread::scope(|scope| {
                let threads: Vec<_> =
                    jobs.iter().map(|job| scope.spawn(move || job.read())).collect();
                let join = |thread: std::thread::ScopedJoinHandle<'_, Rows>| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                threads.into_iter().map(join).collect()
            }),
        };
        let (mut uses, mut faults) = (Vec::new(), Vec::new());
        for rows in read {
            uses.extend(rows.uses);
            faults.extend(rows.faults);
        }
        Chunk { text, uses, faults, offset_bytes: self.offset_bytes, line: self.line }
    }
}

/// Rows that one thread reads.
struct Part<'a> {
    form: Form,
    text: &'a [u8],
    from: usize,
    line: u64,
    is_open: bool,
}

#[derive(Default)]
struct Rows {
    uses: Vec<(Place, Use)>,
    faults: Vec<(Place, RowFault)>,
}

impl Part<'_> {
    fn read(&self) -> Rows {
        // About forty bytes a row.
        let mut rows = Rows { uses: Vec::with_capacity(self.text.len() / 32), faults: Vec::new() };
        let is_utf8 = std::str::from_utf8(self.text).is_ok();
        let (mut from, mut line) = (0, self.line);
        while from < self.text.len() {
            let rest = self.text.get(from..).unwrap_or_default();
            let (length, has_end) =
                memchr::memchr(b'\n', rest).map_or((rest.len(), false), |at| (at, true));
            let row = rest.get(..length).unwrap_or_default();
            let is_last_and_open = self.is_open && !has_end;
            let place =
                Place { line: line + 1, from: self.from + from, to: self.from + from + length };
            match read_row(&self.form, row, is_utf8, is_last_and_open) {
                None => {}
                Some(Ok(used)) => rows.uses.push((place, used)),
                Some(Err(fault)) => rows.faults.push((place, fault)),
            }
            from += length + 1;
            line += 1;
        }
        rows
    }
}

/// A blank line is no row.
fn read_row(
    form: &Form,
    row: &[u8],
    is_utf8: bool,
    is_last_and_open: bool,
) -> Option<Result<Use, RowFault>> {
    let row = row.trim_ascii_end();
    if row.is_empty() {
        return None;
    }
    Some(if row.len() > LINE_BYTES_MAX {
        Err(RowFault::TooLong)
    } else if !is_utf8 && std::str::from_utf8(row).is_err() {
        Err(RowFault::Encoding)
    } else {
        form.read(row, is_last_and_open)
    })
}

/// Splits at line breaks into at most `parts` pieces of about the same size.
fn split(text: &[u8], parts: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::with_capacity(parts);
    let mut rest = text;
    for left in (2..=parts).rev() {
        let about = rest.len() / left;
        let tail = rest.get(about..).unwrap_or_default();
        let Some(at) = memchr::memchr(b'\n', tail) else { break };
        let (piece, more) = rest.split_at(about + at + 1);
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    pieces
}

/// The first bytes of a file.
#[derive(Default)]
struct Start {
    kept: Vec<u8>,
    offset_bytes: u64,
    line: u64,
}

impl Start {
    fn read_form(&mut self, input: &mut dyn BufRead) -> Result<Form, Error> {
        let limit = LINE_BYTES_MAX as u64;
        input.take(limit).read_until(b'\n', &mut self.kept).map_err(reading)?;
        match self.kept.as_slice() {
            [] => return Err(refused(FileRefusal::Empty)),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(refused(FileRefusal::Utf16)),
            [0xef, 0xbb, 0xbf, ..] => self.take(3),
            _ => {}
        }
        let line = self.kept.trim_ascii();
        if line.contains(&0) {
            return Err(refused(FileRefusal::Utf16));
        }
        if line.starts_with(b"{") {
            return Ok(Form::JsonLines);
        }
        if !self.kept.ends_with(b"\n") && self.kept.len() >= LINE_BYTES_MAX - 3 {
            return Err(refused(FileRefusal::NoHeader));
        }
        let columns = Columns::of_header(line).map_err(refused)?;
        self.take(self.kept.len());
        self.line = 1;
        Ok(Form::Csv(columns))
    }

    fn take(&mut self, length: usize) {
        self.kept.drain(..length);
        self.offset_bytes += length as u64;
    }
}

fn refused(refusal: FileRefusal) -> Error {
    refusal.into()
}

/// A damaged or cut gzip file is the sender's mistake; anything else is the disk's.
fn reading(error: std::io::Error) -> Error {
    let is_compression = matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    );
    if is_compression {
        return refused(FileRefusal::Compressed);
    }
    Error::Fault(Fault {
        context: Cow::Borrowed("reading the usage file"),
        is_retryable: true,
        source: Some(Box::new(error)),
    })
}

#[cfg(test)]
mod tests;
