//! Rows into events, on all cores and without allocation for each.

use super::chunk::LINE_BYTES_MAX;
use super::fault::RowFault;
use super::row::{Form, Use, Who};
use crate::lines::split;
use domain::msisdn::{BLOCK_SIZE, Msisdn};
use domain::number::UsageKind;
use domain::sim::Imsi;
use domain::time::At;
use store::activity::Second;

/// Smaller pieces are not worth a second thread.
const SHARE_BYTES_MIN: usize = 64 << 10;

/// One use of a number, in sixteen bytes: a file has many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// The number and, in the lowest byte, the kind of use.
    key: u64,
    pub(super) second: Second,
    /// Where its row begins in the text.
    pub(super) from: u32,
}

impl Event {
    fn new(msisdn: Msisdn, kind: UsageKind, second: Second, from: u32) -> Self {
        Self { key: msisdn.as_u64() << 8 | u64::from(kind.index()), second, from }
    }

    pub(super) fn block(self) -> u64 {
        (self.key >> 8) / BLOCK_SIZE
    }

    pub(super) fn place(self) -> u16 {
        ((self.key >> 8) % BLOCK_SIZE) as u16
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lowest byte is meant")]
    pub(super) fn kind(self) -> u8 {
        self.key as u8
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
        Event::new(msisdn, self.kind, self.second, self.from)
    }
}

/// What stands in a part of a text. Kept and used again, as memory that is new has to be cleared.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// The uses of numbers, by the shard of their block.
    pub(super) events: Vec<Vec<Event>>,
    /// The uses of SIMs.
    pub(super) of_sims: Vec<SimUse>,
    /// The bad rows, by where they begin.
    pub(super) faults: Vec<(u32, RowFault)>,
    /// How many lines there are, empty ones among them.
    pub(super) lines: u64,
}

/// How rows are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// How they are written.
    pub(super) form: Form,
    /// The last instant a use can have: later ones are yet to come.
    pub(super) latest: At,
    /// Into how many shards blocks are divided.
    pub(super) shards: usize,
    /// Whether the last row of the text lacks its end.
    pub(super) is_open: bool,
}

/// The shard of a block.
pub(super) fn shard_of(block: u64, shards: usize) -> usize {
    usize::try_from(block % shards.max(1) as u64).unwrap_or_default()
}

/// Reads all rows of `text` into `parsed`, one for each part of the text that a core takes.
pub(super) fn parse(text: &[u8], reading: Reading, parsed: &mut Vec<Parsed>) {
    let cores = if text.len() >= SHARE_BYTES_MIN { reading.shards } else { 1 };
    let parts = split(text, cores);
    parsed.resize_with(parts.len(), Parsed::default);
    let mut jobs = Vec::with_capacity(parts.len());
    let (mut from, count) = (0, parts.len());
    for (at, (part, parsed)) in parts.into_iter().zip(parsed).enumerate() {
        let is_open = reading.is_open && at + 1 == count;
        jobs.push((Part { text: part, from, reading: Reading { is_open, ..reading } }, parsed));
        from += part.len();
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
}

impl Part<'_> {
    fn read(&self, parsed: &mut Parsed) {
        parsed.events.resize_with(self.reading.shards, Vec::new);
        parsed.events.iter_mut().for_each(Vec::clear);
        parsed.of_sims.clear();
        parsed.faults.clear();
        parsed.lines = 0;
        // What costs a look at every byte is looked at once for all rows.
        let is_utf8 = std::str::from_utf8(self.text).is_ok();
        let has_quotes = memchr::memchr(b'"', self.text).is_some();
        let mut from = 0;
        while from < self.text.len() {
            let rest = self.text.get(from..).unwrap_or_default();
            let (length, has_end) =
                memchr::memchr(b'\n', rest).map_or((rest.len(), false), |at| (at, true));
            let row = rest.get(..length).unwrap_or_default().trim_ascii_end();
            let place = u32::try_from(self.from + from).unwrap_or(u32::MAX);
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
            from += length + 1;
            parsed.lines += 1;
        }
    }

    fn take(&self, parsed: &mut Parsed, used: Use, from: u32) -> Result<(), RowFault> {
        let Use { who, kind, used_at } = used;
        if used_at > self.reading.latest {
            return Err(RowFault::InstantFuture);
        }
        let second = Second::of(used_at).ok_or(RowFault::InstantTooOld)?;
        match who {
            Who::Sim(imsi) => parsed.of_sims.push(SimUse { imsi, kind, used_at, second, from }),
            Who::Number(msisdn) => {
                let event = Event::new(msisdn, kind, second, from);
                let shard = shard_of(event.block(), self.reading.shards);
                if let Some(events) = parsed.events.get_mut(shard) {
                    events.push(event);
                }
            }
        }
        Ok(())
    }
}
