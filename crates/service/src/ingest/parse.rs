//! Rows into events, on all cores and without allocation for each.

use super::blocks::{Blocks, Notes};
use super::chunk::LINE_BYTES_MAX;
use super::fault::RowFault;
use super::plain::Plain;
use super::row::{Form, Use, Who};
use crate::lines::split;
use domain::msisdn::{BLOCK_SIZE, Msisdn};
use domain::number::UsageKind;
use domain::sim::Imsi;
use domain::time::At;
use store::activity::Second;

/// Smaller pieces are not worth a second thread.
const SHARE_BYTES_MIN: usize = 64 << 10;

/// One use of a number whose block, or whose place in it, has to be looked up first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// The E.164 digits.
    pub(super) digits: u64,
    pub(super) second: Second,
    /// Where its row begins in the text.
    pub(super) from: u32,
    pub(super) kind: u8,
    /// Whether the row named a SIM.
    pub(super) is_by_sim: bool,
}

impl Event {
    pub(super) const fn block(self) -> u64 {
        self.digits / BLOCK_SIZE
    }

    #[expect(clippy::cast_possible_truncation, reason = "a block has 10,000 places")]
    pub(super) const fn place(self) -> u16 {
        (self.digits % BLOCK_SIZE) as u16
    }
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
        Event {
            digits: msisdn.as_u64(),
            second: self.second,
            from: self.from,
            kind: self.kind.index(),
            is_by_sim: true,
        }
    }
}

/// What one core made of its part of a text. Kept and used again, as memory that is new has to be
/// cleared.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Rows that were taken in.
    pub(super) done: u64,
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
        let mut rest = self.text.get(from..).unwrap_or_default();
        let length = rest.len();
        let mut lines = 0;
        while let Some(used) = plain.read(rest) {
            let Some(second) = self.second(used.used_at).ok() else { break };
            if !self.blocks.take(used.digits, used.kind.index(), second, &mut parsed.notes) {
                break;
            }
            rest = rest.get(used.length..).unwrap_or_default();
            lines += 1;
        }
        parsed.done += lines;
        parsed.lines += lines;
        length - rest.len()
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

    fn take(&self, parsed: &mut Parsed, used: Use, from: u32) -> Result<(), RowFault> {
        let Use { who, kind, used_at } = used;
        let second = self.second(used_at)?;
        match who {
            Who::Sim(imsi) => parsed.of_sims.push(SimUse { imsi, kind, used_at, second, from }),
            Who::Number(msisdn) => {
                let (digits, kind) = (msisdn.as_u64(), kind.index());
                if self.blocks.take(digits, kind, second, &mut parsed.notes) {
                    parsed.done += 1;
                } else {
                    let is_by_sim = false;
                    parsed.waiting.push(Event { digits, second, from, kind, is_by_sim });
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
