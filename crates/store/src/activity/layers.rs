//! The arrays of one block, in memory and as stored.
//!
//! Stored form: a byte of form (1), then for each kind that occurred its number, the count of
//! entries (two bytes; 0xffff for all 10,000), and the entries: seconds of four bytes if dense,
//! else place (two bytes) and second. All little-endian, kinds ascending, places ascending.

use crate::error::{Error, ErrorKind};
use domain::time::At;

/// Kinds of use a block can keep apart.
pub const KINDS_MAX: u8 = 16;

pub(super) const PLACES: usize = 10_000;
const FORM: u8 = 1;
const DENSE: u16 = u16::MAX;

/// In memory, a layer with more entries than this is an array.
const LIST_MAX: usize = 256;

/// As stored, a layer with more entries than this is smaller when dense.
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
    /// By kind.
    layers: [Layer; KINDS_MAX as usize],
}

/// The newest seconds of one kind. Entries are never taken away, so how many there are decides the
/// form: few as a sorted list, more as an array over all places.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Layer {
    List(Vec<(u16, u32)>),
    Array(Box<[u32]>),
}

impl Default for Layer {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Layer {
    fn get(&self, place: u16) -> u32 {
        match self {
            Self::List(list) => {
                let found = list.binary_search_by_key(&place, |entry| entry.0).ok();
                found.and_then(|at| list.get(at)).map_or(0, |entry| entry.1)
            }
            Self::Array(array) => array.get(usize::from(place)).copied().unwrap_or_default(),
        }
    }

    /// Notes a second; `true` if it is newer than what was known.
    fn note(&mut self, place: u16, second: u32) -> bool {
        if usize::from(place) >= PLACES || second == 0 {
            return false;
        }
        if let Self::List(list) = self {
            match list.binary_search_by_key(&place, |entry| entry.0) {
                Ok(at) => return list.get_mut(at).is_some_and(|entry| raise(&mut entry.1, second)),
                Err(at) if list.len() < LIST_MAX => {
                    list.insert(at, (place, second));
                    return true;
                }
                Err(_) => *self = Self::Array(array_of(list)),
            }
        }
        let Self::Array(array) = self else { return false };
        array.get_mut(usize::from(place)).is_some_and(|newest| raise(newest, second))
    }

    /// The places that were used, ascending, with their seconds.
    fn entries(&self) -> Box<dyn Iterator<Item = (u16, u32)> + '_> {
        match self {
            Self::List(list) => Box::new(list.iter().copied()),
            Self::Array(array) => {
                let all = (0_u16..).zip(array.iter().copied());
                Box::new(all.filter(|(_, second)| *second > 0))
            }
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Array(array) => array.iter().filter(|second| **second > 0).count(),
        }
    }

    fn merge(&mut self, other: &Self) {
        if let (Self::List(list), Self::Array(_)) = (&*self, other) {
            *self = Self::Array(array_of(list));
        }
        match (self, other) {
            (Self::Array(mine), Self::Array(theirs)) => {
                for (newest, &second) in mine.iter_mut().zip(theirs) {
                    *newest = second.max(*newest);
                }
            }
            (mine, theirs) => {
                for (place, second) in theirs.entries() {
                    mine.note(place, second);
                }
            }
        }
    }
}

fn raise(newest: &mut u32, second: u32) -> bool {
    let is_newer = *newest < second;
    *newest = second.max(*newest);
    is_newer
}

fn array_of(list: &[(u16, u32)]) -> Box<[u32]> {
    let mut array = vec![0; PLACES].into_boxed_slice();
    for &(place, second) in list {
        if let Some(newest) = array.get_mut(usize::from(place)) {
            *newest = second;
        }
    }
    array
}

impl Activity {
    /// Notes a use; `true` if it is newer than what was known.
    pub fn note(&mut self, place: u16, kind: u8, second: Second) -> bool {
        self.layers.get_mut(usize::from(kind)).is_some_and(|layer| layer.note(place, second.0))
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        let is_empty = |layer: &Layer| matches!(layer, Layer::List(list) if list.is_empty());
        self.layers.iter().all(is_empty)
    }

    /// Takes over whatever is newer in `other`.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.layers.iter_mut().zip(&other.layers) {
            mine.merge(theirs);
        }
    }

    /// The newest use of one of `kinds` (bit n is kind n), and its kind.
    pub fn newest(&self, place: u16, kinds: u16) -> Option<(At, u8)> {
        let wanted = (0..KINDS_MAX).zip(&self.layers).filter(|(kind, _)| kinds >> kind & 1 == 1);
        let found = wanted.map(|(kind, layer)| (layer.get(place), kind));
        let newest = found.filter(|(second, _)| *second > 0).max_by_key(|found| found.0);
        newest.map(|(second, kind)| (Second(second).at(), kind))
    }

    /// Whether the newest use of any kind at `place` is another one in `other`.
    pub fn differs(&self, other: &Self, place: u16) -> bool {
        self.layers.iter().zip(&other.layers).any(|(a, b)| a.get(place) != b.get(place))
    }

    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        let bytes = |layer: &Layer| match layer {
            Layer::List(list) => list.capacity() * size_of::<(u16, u32)>(),
            Layer::Array(_) => PLACES * 4,
        };
        self.layers.iter().map(bytes).sum()
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        for (kind, layer) in (0_u8..).zip(&self.layers) {
            let used = layer.count();
            match layer {
                _ if used == 0 => {}
                Layer::Array(array) if used > SPARSE_MAX => {
                    out.push(kind);
                    out.extend(DENSE.to_le_bytes());
                    out.reserve(PLACES * 4);
                    for second in array {
                        out.extend_from_slice(&second.to_le_bytes());
                    }
                }
                _ => {
                    out.push(kind);
                    out.extend(u16::try_from(used).unwrap_or(DENSE).to_le_bytes());
                    for (place, second) in layer.entries() {
                        out.extend(place.to_le_bytes());
                        out.extend(second.to_le_bytes());
                    }
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
            *activity.layers.get_mut(usize::from(kind)).ok_or_else(damaged)? = match entries {
                Entries::Dense(bytes) => {
                    let seconds = bytes.as_chunks::<4>().0.iter().map(|s| u32::from_le_bytes(*s));
                    Layer::Array(seconds.collect())
                }
                Entries::Sparse(bytes) => {
                    let entry = |&[p0, p1, s0, s1, s2, s3]: &[u8; 6]| {
                        (u16::from_le_bytes([p0, p1]), u32::from_le_bytes([s0, s1, s2, s3]))
                    };
                    let list: Vec<_> = bytes.as_chunks::<6>().0.iter().map(entry).collect();
                    let is_sound = list.is_sorted_by_key(|entry| entry.0)
                        && list.iter().all(|entry| usize::from(entry.0) < PLACES);
                    if !is_sound {
                        return Err(damaged());
                    }
                    if list.len() > LIST_MAX {
                        Layer::Array(array_of(&list))
                    } else {
                        Layer::List(list)
                    }
                }
            };
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
