//! The arrays of one block, in memory and as stored.
//!
//! Stored form: a byte of form (1), then for each kind that occurred its number, the count of
//! entries (two bytes; 0xffff for all 10,000), and the entries: seconds of four bytes if dense,
//! else place (two bytes) and second. All little-endian, kinds ascending, places ascending.

use crate::error::{Error, ErrorKind};
use domain::time::At;

/// Kinds of use a block can keep apart.
pub const KINDS_MAX: u8 = 16;

const PLACES: usize = 10_000;
const FORM: u8 = 1;
const DENSE: u16 = u16::MAX;

/// A layer with more entries than this is smaller when dense.
const SPARSE_MAX: usize = PLACES * 4 / 6;

/// An instant as an activity keeps it: seconds since 2000-01-01T00:00:00Z. 0 means never; the last
/// is in 2136.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Second(u32);

impl Second {
    /// Milliseconds from 1970 to 2000.
    const EPOCH_MILLIS: i64 = 946_684_800_000;

    /// The second in which `at` lies; `None` outside 2000 to 2136.
    pub fn of(at: At) -> Option<Self> {
        let seconds = at.millis().checked_sub(Self::EPOCH_MILLIS)?.div_euclid(1000);
        u32::try_from(seconds).ok().filter(|&s| s > 0).map(Self)
    }

    /// Its first instant.
    pub fn at(self) -> At {
        At::from_millis(Self::EPOCH_MILLIS + i64::from(self.0) * 1000)
    }
}

/// The newest second of each kind of use, for each number of one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// By kind; each with [`PLACES`] seconds.
    layers: [Option<Box<[u32]>>; KINDS_MAX as usize],
}

impl Activity {
    /// Notes a use; `true` if it is newer than what was known.
    pub fn note(&mut self, place: u16, kind: u8, second: Second) -> bool {
        let Some(layer) = self.layers.get_mut(usize::from(kind)) else { return false };
        let layer = layer.get_or_insert_with(|| vec![0; PLACES].into_boxed_slice());
        match layer.get_mut(usize::from(place)) {
            Some(newest) if *newest < second.0 => {
                *newest = second.0;
                true
            }
            _ => false,
        }
    }

    /// Takes over whatever is newer in `other`.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.layers.iter_mut().zip(&other.layers) {
            match (mine, theirs) {
                (_, None) => {}
                (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
                (Some(mine), Some(theirs)) => {
                    for (a, &b) in mine.iter_mut().zip(theirs) {
                        *a = (*a).max(b);
                    }
                }
            }
        }
    }

    /// The newest use of one of `kinds` (bit n is kind n), and its kind.
    pub fn newest(&self, place: u16, kinds: u16) -> Option<(At, u8)> {
        let second = |kind: u8| {
            let layer = self.layers.get(usize::from(kind))?.as_ref()?;
            layer.get(usize::from(place)).copied().filter(|&s| s > 0)
        };
        let wanted = (0..KINDS_MAX).filter(|kind| kinds >> kind & 1 == 1);
        let found = wanted.filter_map(|kind| Some((second(kind)?, kind)));
        found.max_by_key(|found| found.0).map(|(second, kind)| (Second(second).at(), kind))
    }

    /// Whether the newest use of any kind at `place` is another one in `other`.
    pub fn differs(&self, other: &Self, place: u16) -> bool {
        (0..KINDS_MAX).any(|kind| self.newest(place, 1 << kind) != other.newest(place, 1 << kind))
    }

    /// How many kinds occurred: what the block costs in memory, in layers of 40 kB.
    pub fn layer_count(&self) -> usize {
        self.layers.iter().flatten().count()
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        for (kind, layer) in (0_u8..).zip(&self.layers) {
            let Some(layer) = layer else { continue };
            let used = layer.iter().filter(|&&second| second > 0).count();
            out.push(kind);
            if used > SPARSE_MAX {
                out.extend(DENSE.to_le_bytes());
                out.extend(layer.iter().flat_map(|second| second.to_le_bytes()));
            } else {
                out.extend(u16::try_from(used).unwrap_or(DENSE).to_le_bytes());
                let entries = (0_u16..).zip(layer).filter(|(_, second)| **second > 0);
                for (place, second) in entries {
                    out.extend(place.to_le_bytes());
                    out.extend(second.to_le_bytes());
                }
            }
        }
        out
    }

    /// From the stored form.
    pub fn decode(stored: &[u8]) -> Result<Self, Error> {
        let mut activity = Self::default();
        for layer in Layers::of(stored)? {
            let (kind, entries) = layer?;
            let mut whole = vec![0; PLACES].into_boxed_slice();
            match entries {
                Entries::Dense(bytes) => {
                    for (to, from) in whole.iter_mut().zip(bytes.as_chunks::<4>().0) {
                        *to = u32::from_le_bytes(*from);
                    }
                }
                Entries::Sparse(bytes) => {
                    for &[p0, p1, s0, s1, s2, s3] in bytes.as_chunks::<6>().0 {
                        let place = usize::from(u16::from_le_bytes([p0, p1]));
                        let to = whole.get_mut(place).ok_or_else(damaged)?;
                        *to = u32::from_le_bytes([s0, s1, s2, s3]);
                    }
                }
            }
            *activity.layers.get_mut(usize::from(kind)).ok_or_else(damaged)? = Some(whole);
        }
        Ok(activity)
    }
}

/// The newest use in the stored form, without decoding all of it.
pub(super) fn newest_in(stored: &[u8], place: u16, kinds: u16) -> Result<Option<(At, u8)>, Error> {
    let mut newest = None;
    for layer in Layers::of(stored)? {
        let (kind, entries) = layer?;
        let second = entries.second(place).filter(|&s| s > 0);
        if kinds >> kind & 1 == 1 && second > newest.map(|(second, _)| second) {
            newest = second.map(|second| (second, kind));
        }
    }
    Ok(newest.map(|(second, kind)| (Second(second).at(), kind)))
}

enum Entries<'a> {
    Dense(&'a [u8]),
    Sparse(&'a [u8]),
}

impl Entries<'_> {
    fn second(&self, place: u16) -> Option<u32> {
        match self {
            Self::Dense(bytes) => {
                bytes.as_chunks::<4>().0.get(usize::from(place)).map(|s| u32::from_le_bytes(*s))
            }
            Self::Sparse(bytes) => {
                let entries = bytes.as_chunks::<6>().0;
                let key = |&[p0, p1, ..]: &[u8; 6]| u16::from_le_bytes([p0, p1]);
                let at = entries.binary_search_by_key(&place, key).ok()?;
                let &[_, _, s0, s1, s2, s3] = entries.get(at)?;
                Some(u32::from_le_bytes([s0, s1, s2, s3]))
            }
        }
    }
}

/// Walks over the layers of the stored form; ends after the first that is damaged.
struct Layers<'a> {
    rest: &'a [u8],
}

impl<'a> Layers<'a> {
    fn of(stored: &'a [u8]) -> Result<Self, Error> {
        match stored.split_first() {
            Some((&FORM, rest)) => Ok(Self { rest }),
            _ => Err(damaged()),
        }
    }

    fn layer(&mut self) -> Option<(u8, Entries<'a>)> {
        let (&[kind, low, high], rest) = self.rest.split_first_chunk()?;
        let count = u16::from_le_bytes([low, high]);
        let is_dense = count == DENSE;
        let size = if is_dense { PLACES * 4 } else { usize::from(count) * 6 };
        let (bytes, rest) = rest.split_at_checked(size)?;
        self.rest = rest;
        let entries = if is_dense { Entries::Dense(bytes) } else { Entries::Sparse(bytes) };
        (kind < KINDS_MAX).then_some((kind, entries))
    }
}

impl<'a> Iterator for Layers<'a> {
    type Item = Result<(u8, Entries<'a>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let layer = self.layer();
        if layer.is_none() {
            self.rest = &[];
        }
        Some(layer.ok_or_else(damaged))
    }
}

fn damaged() -> Error {
    Error::new(ErrorKind::Corrupt, "an activity block is not what was written")
}
