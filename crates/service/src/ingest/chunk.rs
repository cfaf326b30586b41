//! Reading a usage file piece by piece.

use super::fault::FileRefusal;
use super::row::{Columns, Form};
use crate::error::{Error, Fault};
use flate2::bufread::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{BufRead, BufReader, ErrorKind, Read};

/// A longer line is no row.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;

/// How much is read between two looks at the bytes already there.
const BUFFER_BYTES: usize = 256 << 10;

/// Some whole rows, as they stand in the file.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The rows.
    pub(super) bytes: Vec<u8>,
    /// Whether the last row lacks its end, as the file ends there.
    pub(super) is_open: bool,
    /// Bytes of the file up to the end of these rows, after decompression.
    pub(super) offset_bytes: u64,
}

/// A usage file, opened: past its header, or at the row to go on with.
pub(super) struct Chunks {
    input: Box<dyn BufRead + Send>,
    /// How the rows are written.
    pub(super) form: Form,
    /// Read but not yet given out: the beginning of a line.
    kept: Vec<u8>,
    offset_bytes: u64,
    /// Lines before the first row: 1 if there is a header.
    pub(super) header_lines: u64,
    chunk_bytes: usize,
    is_ended: bool,
}

impl Chunks {
    /// Looks at the first bytes (gzip? a byte order mark? JSON? a header?) and skips what has been
    /// taken in before.
    pub(super) fn open(
        input: Box<dyn Read + Send>,
        chunk_bytes: usize,
        offset_bytes: u64,
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
            header_lines: start.line,
            chunk_bytes,
            is_ended: false,
        };
        if offset_bytes > chunks.offset_bytes {
            chunks.skip_to(offset_bytes)?;
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

    /// The next rows, in the memory of `text`; `false` at the end.
    pub(super) fn next(&mut self, text: &mut Text) -> Result<bool, Error> {
        if self.is_ended {
            return Ok(false);
        }
        let bytes = &mut text.bytes;
        bytes.clear();
        bytes.append(&mut self.kept);
        let mut searched = 0;
        let whole = loop {
            let wanted = (self.chunk_bytes.saturating_sub(bytes.len())).max(1) as u64;
            let read = (&mut *self.input).take(wanted).read_to_end(bytes).map_err(reading)?;
            if read == 0 {
                self.is_ended = true;
                break bytes.len();
            }
            let fresh = bytes.get(searched..).unwrap_or_default();
            match memchr::memrchr(b'\n', fresh) {
                Some(at) => break searched + at + 1,
                None if bytes.len() > LINE_BYTES_MAX => self.drop_line(bytes)?,
                None => {}
            }
            searched = bytes.len();
        };
        self.kept.extend_from_slice(bytes.get(whole..).unwrap_or_default());
        bytes.truncate(whole);
        self.offset_bytes += whole as u64;
        text.offset_bytes = self.offset_bytes;
        text.is_open = self.is_ended && !bytes.ends_with(b"\n") && !bytes.is_empty();
        Ok(true)
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
            [b'P', b'A', b'R', b'1', ..] => return Err(refused(FileRefusal::Parquet)),
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
