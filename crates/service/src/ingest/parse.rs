//! Rows into events, on all cores and without allocation for each.

use super::blocks::{Blocks, Notes, USES_AT_ONCE, Use};
use super::chunk::LINE_BYTES_MAX;
use super::fault::RowFault;
use super::plain::Plain;
use super::row::{self, Form, Who};
use crate::lines::split;
use domain::msisdn::Msisdn;
use domain::number::UsageKind;
use domain::sim::Imsi;
use domain::time::At;
use store::activity::Second;

/// Smaller pieces are not worth a second thread.
const SHARE_BYTES_MIN: usize = 64 << 10;

/// One use of a number whose block, or whose place in it, has to be looked up first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) used: Use,
    /// Where its row begins in the text.
    pub(super) from: u32,
    /// Whether the row named a SIM.
    pub(super) is_by_sim: bool,
}

/// A use of a SIM, whose number has to be looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimUse {
    pub(super) imsi: Imsi,
    pub(super) kind: UsageKind,
    pub(super) used_at: At,
    second: Second,
    pub(super) from: u32,
}

impl SimUse {
    /// Its event, once it is known which number the SIM served.
    pub(super) fn event(&self, msisdn: Msisdn) -> Event {
        let (digits, kind) = (msisdn.as_u64(), self.kind.index());
        let used = Use { digits, second: self.second, kind, end: self.from };
        Event { used, from: self.from, is_by_sim: true }
    }
}

/// What one core made of its part of a text. Kept and used again, as memory that is new has to be
/// cleared.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Rows that were taken in.
    pub(super) done: u64,
    /// Rows that were read and not looked up yet.
    uses: Vec<Use>,
    /// What they said, until it is put to the blocks.
    pub(super) notes: Notes,
    /// The uses of numbers that nothing is known of yet.
    pub(super) waiting: Vec<Event>,
    /// The uses of SIMs.
    pub(super) of_sims: Vec<SimUse>,
    /// The bad rows, by where they begin.
    pub(super) faults: Vec<(u32, RowFault)>,
    /// How many lines there are, empty ones among them.
    pub(super) lines: u64,
}

impl Parsed {
    /// Forgets the text, but not what its rows said.
    fn clear(&mut self) {
        (self.done, self.lines) = (0, 0);
        self.waiting.clear();
        self.of_sims.clear();
        self.faults.clear();
    }
}

/// How rows are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// How they are written.
    pub(super) form: Form,
    /// The last instant a use can have: later ones are yet to come.
    pub(super) latest: At,
    /// Whether the last row of the text lacks its end.
    pub(super) is_open: bool,
}

/// Reads all rows of `text`, each core a part of it into its place in `parsed`, and takes in those
/// whose numbers `blocks` knows.
pub(super) fn parse(text: &[u8], reading: Reading, blocks: &Blocks, parsed: &mut [Parsed]) {
    parsed.iter_mut().for_each(Parsed::clear);
    let cores = if text.len() >= SHARE_BYTES_MIN { parsed.len() } else { 1 };
    let parts = split(text, cores);
    let mut jobs = Vec::with_capacity(parts.len());
    let (mut from, count) = (0, parts.len());
    for (at, (text, parsed)) in parts.into_iter().zip(parsed).enumerate() {
        let is_open = reading.is_open && at + 1 == count;
        let part = Part { text, from, reading: Reading { is_open, ..reading }, blocks };
        jobs.push((part, parsed));
        from += text.len();
    }
    let Some((last, parsed)) = jobs.pop() else { return };
    std::thread::scope(|scope| {
        for (part, parsed) in jobs {
            scope.spawn(move || part.read(parsed));
        }
        last.read(parsed);
    });
}

/// Rows that one thread reads.
struct Part<'a> {
    text: &'a [u8],
    /// Where it begins in the whole text.
    from: usize,
    reading: Reading,
    blocks: &'a Blocks,
}

impl Part<'_> {
    fn read(&self, parsed: &mut Parsed) {
        // What costs a look at every byte is looked at once for all rows.
        let is_utf8 = std::str::from_utf8(self.text).is_ok();
        let has_quotes = memchr::memchr(b'"', self.text).is_some();
        let plain = match &self.reading.form {
            Form::Csv(columns) if is_utf8 && !has_quotes => Plain::of(columns),
            _ => None,
        };
        let mut from = 0;
        while from < self.text.len() {
            if let Some(plain) = &plain {
                from += self.read_plain(plain, from, parsed);
            }
            from += self.read_row(from, is_utf8, has_quotes, parsed);
        }
    }

    /// Reads rows of known numbers until one is not as usual, and says how many bytes they are.
    fn read_plain(&self, plain: &Plain, from: usize, parsed: &mut Parsed) -> usize {
        let text = self.text.get(from..).unwrap_or_default();
        let Parsed { uses, notes, .. } = parsed;
        let (mut length, mut lines) = (0, 0);
        loop {
            uses.clear();
            let mut end = length;
            while uses.len() < USES_AT_ONCE
                && let Some(row) = plain.read(text.get(end..).unwrap_or_default())
                && let Ok(second) = self.second(row.used_at)
            {
                end += row.length;
                let end = u32::try_from(end).unwrap_or(u32::MAX);
                uses.push(Use { digits: row.digits, second, kind: row.kind.index(), end });
            }
            let taken = self.blocks.take(uses, notes);
            lines += taken as u64;
            if let Some(last) = uses.get(..taken).and_then(<[Use]>::last) {
                length = last.end as usize;
            }
            if taken < USES_AT_ONCE {
                break;
            }
        }
        parsed.done += lines;
        parsed.lines += lines;
        length
    }

    /// Reads one row, whatever it is, and says how many bytes it has.
    fn read_row(&self, from: usize, is_utf8: bool, has_quotes: bool, parsed: &mut Parsed) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        if rest.is_empty() {
            return 0;
        }
        let (length, has_end) =
            memchr::memchr(b'\n', rest).map_or((rest.len(), false), |at| (at, true));
        let row = rest.get(..length).unwrap_or_default().trim_ascii_end();
        let place = u32::try_from(self.from + from).unwrap_or(u32::MAX);
        parsed.lines += 1;
        // A blank line is no row.
        if !row.is_empty() {
            let is_open = self.reading.is_open && !has_end;
            let read = if row.len() > LINE_BYTES_MAX {
                Err(RowFault::TooLong)
            } else if !is_utf8 && std::str::from_utf8(row).is_err() {
                Err(RowFault::Encoding)
            } else {
                self.reading.form.read(row, has_quotes, is_open)
            };
            if let Err(fault) = read.and_then(|used| self.take(parsed, used, place)) {
                parsed.faults.push((place, fault));
            }
        }
        length + usize::from(has_end)
    }

    fn take(&self, parsed: &mut Parsed, used: row::Use, from: u32) -> Result<(), RowFault> {
        let row::Use { who, kind, used_at } = used;
        let second = self.second(used_at)?;
        match who {
            Who::Sim(imsi) => parsed.of_sims.push(SimUse { imsi, kind, used_at, second, from }),
            Who::Number(msisdn) => {
                let (digits, kind) = (msisdn.as_u64(), kind.index());
                let used = Use { digits, second, kind, end: from };
                if self.blocks.take(&[used], &mut parsed.notes) > 0 {
                    parsed.done += 1;
                } else {
                    parsed.waiting.push(Event { used, from, is_by_sim: false });
                }
            }
        }
        Ok(())
    }

    fn second(&self, used_at: At) -> Result<Second, RowFault> {
        if used_at > self.reading.latest {
            return Err(RowFault::InstantFuture);
        }
        Second::of(used_at).ok_or(RowFault::InstantTooOld)
    }
}
