//! Number pools: ranges of numbers under a name, given out only while the pool is open.
//!
//! A number belongs to the pool whose range holds it, today and when it comes back after years; no
//! row of its own says so. A number that no pool holds is given out as before.

use crate::msisdn::{BLOCK_SIZE, Msisdn, PhoneRefusal};
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Pools of one operator.
pub const POOLS_MAX: usize = 200;
/// Ranges of one operator's pools together: a hundred million numbers are 10,000 blocks.
pub const RANGES_MAX: usize = 20_000;
/// Characters of a pool's name.
const NAME_CHARS_MAX: usize = 40;

/// Numbers from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64)", into = "(i64, i64)")]
pub struct NumberRange {
    /// The first.
    pub first: Msisdn,
    /// The last.
    pub last: Msisdn,
}

impl NumberRange {
    /// From the first to the last; the two must have as many digits.
    pub fn new(first: Msisdn, last: Msisdn) -> Result<Self, PoolRefusal> {
        let is_long = |msisdn: Msisdn| msisdn.national() >= 100_000_000_000;
        if first > last || is_long(first) != is_long(last) {
            return Err(PoolRefusal::RangeBackwards);
        }
        Ok(Self { first, last })
    }

    /// How many numbers it spans, allocated to anybody or not.
    pub const fn count(self) -> u64 {
        self.last.as_u64() - self.first.as_u64() + 1
    }

    /// Whether it holds the number.
    pub fn holds(self, msisdn: Msisdn) -> bool {
        (self.first..=self.last).contains(&msisdn)
    }

    fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The parts of it that come at or after `from`, block by block, in order; without the blocks
    /// that no operator has.
    pub fn blocks(self, from: u64) -> impl Iterator<Item = (u64, u64)> {
        let (first, last) = (self.first.as_u64().max(from), self.last.as_u64());
        let blocks = if first > last { 1..1 } else { first / BLOCK_SIZE..last / BLOCK_SIZE + 1 };
        let parts = blocks.map(move |block| {
            let begin = block * BLOCK_SIZE;
            (begin.max(first), (begin + BLOCK_SIZE - 1).min(last))
        });
        // Ranges are given to operators by whole blocks.
        parts.filter(|(first, _)| Msisdn::from_e164(*first).is_some())
    }
}

/// `13800000000-13800099999`, each end written as people write numbers.
impl FromStr for NumberRange {
    type Err = PoolRefusal;

    fn from_str(text: &str) -> Result<Self, PoolRefusal> {
        let (first, last) = text.split_once(['-', '–']).ok_or(PoolRefusal::RangeShape)?;
        let end = |text: &str| Msisdn::parse(text.trim()).map_err(PoolRefusal::RangeEnd);
        Self::new(end(first)?, end(last)?)
    }
}

impl From<NumberRange> for (i64, i64) {
    fn from(range: NumberRange) -> Self {
        (range.first.as_i64(), range.last.as_i64())
    }
}

impl TryFrom<(i64, i64)> for NumberRange {
    type Error = &'static str;

    fn try_from((first, last): (i64, i64)) -> Result<Self, Self::Error> {
        let end = |stored| Msisdn::from_i64(stored).ok_or("no number of ours");
        Self::new(end(first)?, end(last)?).map_err(|_| "the last is before the first")
    }
}

/// Ranges of numbers under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its name, unique with the operator.
    pub name: String,
    /// Whether its numbers are given out.
    pub is_open: bool,
    /// Where its numbers lie, in order, none touching another pool's.
    pub ranges: Vec<NumberRange>,
}

/// All pools of an operator, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pools(Vec<Pool>);

/// Why a rule about pools says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolRefusal {
    /// A range is two numbers with a dash between them.
    RangeShape,
    /// An end of a range is no number of ours.
    RangeEnd(PhoneRefusal),
    /// The last is before the first, or one has 11 digits and the other 13.
    RangeBackwards,
    /// A pool has at least one range.
    NoRange,
    /// The range lies in another pool, in part or whole.
    RangeTaken {
        /// Which pool.
        pool: String,
    },
    /// A name has 1 to 40 characters, without line breaks.
    BadName,
    /// No pool has that name.
    Unknown,
    /// There are too many pools or ranges.
    TooMany,
    /// The policy knows no such tier.
    UnknownTier,
    /// Last digits are one to eleven digits.
    TailShape,
    /// The number's pool is not open: nobody is given it.
    Closed {
        /// Which pool.
        pool: String,
    },
}

impl PoolRefusal {
    /// One of each, for the test that every code has its words.
    pub fn examples() -> Vec<Self> {
        vec![
            Self::RangeShape,
            Self::RangeEnd(PhoneRefusal::TooShort),
            Self::RangeBackwards,
            Self::NoRange,
            Self::RangeTaken { pool: "A".to_owned() },
            Self::BadName,
            Self::Unknown,
            Self::TooMany,
            Self::UnknownTier,
            Self::TailShape,
            Self::Closed { pool: "A".to_owned() },
        ]
    }
}

impl Refusal for PoolRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::RangeShape => "pool.range_shape",
            Self::RangeEnd(refusal) => refusal.code(),
            Self::RangeBackwards => "pool.range_backwards",
            Self::NoRange => "pool.no_range",
            Self::RangeTaken { .. } => "pool.range_taken",
            Self::BadName => "pool.bad_name",
            Self::Unknown => "pool.unknown",
            Self::TooMany => "pool.too_many",
            Self::UnknownTier => "pool.unknown_tier",
            Self::TailShape => "pool.tail_shape",
            Self::Closed { .. } => "pool.closed",
        }
    }

    fn values(&self) -> Vec<(&'static str, std::borrow::Cow<'static, str>)> {
        match self {
            Self::RangeTaken { pool } | Self::Closed { pool } => {
                vec![("pool", pool.clone().into())]
            }
            Self::RangeEnd(refusal) => refusal.values(),
            Self::RangeShape
            | Self::RangeBackwards
            | Self::NoRange
            | Self::BadName
            | Self::Unknown
            | Self::TooMany
            | Self::UnknownTier
            | Self::TailShape => Vec::new(),
        }
    }
}

impl Pools {
    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Pool> {
        self.0.iter()
    }

    /// The pool with this name.
    pub fn named(&self, name: &str) -> Result<&Pool, PoolRefusal> {
        self.0.iter().find(|pool| pool.name == name).ok_or(PoolRefusal::Unknown)
    }

    /// The pool that holds the number.
    pub fn of(&self, msisdn: Msisdn) -> Option<&Pool> {
        let holds = |pool: &&Pool| {
            // The last range that begins at or before the number.
            let after = pool.ranges.partition_point(|range| range.first <= msisdn);
            let before = after.checked_sub(1).and_then(|place| pool.ranges.get(place));
            before.is_some_and(|range| range.holds(msisdn))
        };
        self.0.iter().find(holds)
    }

    /// Whether the number may be reserved or joined with a card.
    pub fn may_give(&self, msisdn: Msisdn) -> Result<(), PoolRefusal> {
        match self.of(msisdn) {
            Some(pool) if !pool.is_open => Err(PoolRefusal::Closed { pool: pool.name.clone() }),
            _ => Ok(()),
        }
    }

    /// With this pool, in place of the one of the same name.
    pub fn with(mut self, mut pool: Pool) -> Result<Self, PoolRefusal> {
        pool.name = String::from(pool.name.trim());
        let is_name = (1..=NAME_CHARS_MAX).contains(&pool.name.chars().count())
            && !pool.name.chars().any(char::is_control);
        if !is_name {
            return Err(PoolRefusal::BadName);
        }
        pool.ranges = joined(pool.ranges);
        if pool.ranges.is_empty() {
            return Err(PoolRefusal::NoRange);
        }
        self.0.retain(|other| other.name != pool.name);
        let taken = self
            .0
            .iter()
            .find(|other| other.ranges.iter().any(|a| pool.ranges.iter().any(|b| a.overlaps(*b))));
        if let Some(other) = taken {
            return Err(PoolRefusal::RangeTaken { pool: other.name.clone() });
        }
        self.0.push(pool);
        let ranges: usize = self.0.iter().map(|pool| pool.ranges.len()).sum();
        if self.0.len() > POOLS_MAX || ranges > RANGES_MAX {
            return Err(PoolRefusal::TooMany);
        }
        self.0.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(self)
    }

    /// Without the pool of this name; its numbers are given out as those of no pool.
    pub fn without(mut self, name: &str) -> Result<Self, PoolRefusal> {
        self.named(name)?;
        self.0.retain(|pool| pool.name != name);
        Ok(self)
    }

    /// With the pool of this name opened or closed.
    pub fn opened(mut self, name: &str, is_open: bool) -> Result<Self, PoolRefusal> {
        let pool = self.0.iter_mut().find(|pool| pool.name == name);
        pool.ok_or(PoolRefusal::Unknown)?.is_open = is_open;
        Ok(self)
    }
}

/// In order, those that overlap or touch made one.
fn joined(mut ranges: Vec<NumberRange>) -> Vec<NumberRange> {
    ranges.sort();
    let mut joined: Vec<NumberRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.first.as_u64() <= last.last.as_u64() + 1 => {
                last.last = last.last.max(range.last);
            }
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u64) -> Msisdn {
        Msisdn::from_e164(8_613_800_000_000 + n).unwrap()
    }

    fn pool(name: &str, is_open: bool, ranges: &[(u64, u64)]) -> Pool {
        let range = |(a, b): &(u64, u64)| NumberRange::new(number(*a), number(*b)).unwrap();
        Pool { name: name.to_owned(), is_open, ranges: ranges.iter().map(range).collect() }
    }

    #[test]
    fn a_number_is_given_only_from_an_open_pool_or_from_none() {
        let pools = Pools::default().with(pool("shop", true, &[(0, 99)])).unwrap();
        let pools = pools.with(pool("later", false, &[(100, 199), (300, 399)])).unwrap();
        let name = |n| pools.of(number(n)).map(|pool| pool.name.as_str());
        assert_eq!(
            [0, 99, 100, 199, 200, 300, 400].map(name),
            [Some("shop"), Some("shop"), Some("later"), Some("later"), None, Some("later"), None]
        );
        let closed = PoolRefusal::Closed { pool: "later".to_owned() };
        assert_eq!(pools.may_give(number(350)), Err(closed));
        assert_eq!(pools.may_give(number(50)), Ok(()));
        assert_eq!(pools.may_give(number(250)), Ok(()));
        let pools = pools.opened("later", true).unwrap();
        assert_eq!(pools.may_give(number(350)), Ok(()));
        assert_eq!(pools.opened("never", true), Err(PoolRefusal::Unknown));
    }

    #[test]
    fn pools_never_share_a_number() {
        let pools = Pools::default().with(pool("a", true, &[(0, 99)])).unwrap();
        let taken = PoolRefusal::RangeTaken { pool: "a".to_owned() };
        for overlap in [(99, 120), (0, 0), (50, 60), (0, 500)] {
            assert_eq!(pools.clone().with(pool("b", true, &[overlap])), Err(taken.clone()));
        }
        // The same name takes the old one's place.
        let pools = pools.with(pool("a", false, &[(50, 150)])).unwrap();
        assert_eq!(pools.iter().count(), 1);
        assert!(pools.clone().with(pool("b", true, &[(0, 49)])).is_ok());
        assert_eq!(pools.without("b"), Err(PoolRefusal::Unknown));
    }

    #[test]
    fn ranges_that_touch_are_one_and_blocks_cover_each_number_once() {
        let pools = Pools::default();
        let pools = pools.with(pool("a", true, &[(20_000, 29_999), (5, 19_999), (3, 9)])).unwrap();
        let ranges = &pools.named("a").unwrap().ranges;
        assert_eq!(*ranges, [NumberRange::new(number(3), number(29_999)).unwrap()]);
        let parts: Vec<_> = ranges[0].blocks(0).collect();
        let at = |n: u64| number(n).as_u64();
        assert_eq!(parts, [(at(3), at(9_999)), (at(10_000), at(19_999)), (at(20_000), at(29_999))]);
        assert_eq!(ranges[0].blocks(at(15_000)).count(), 2);
        assert_eq!(ranges[0].blocks(at(30_000)).count(), 0);
        assert_eq!(ranges[0].count(), 29_997);
        // 140 to 144 are no telephones: 50,000 blocks that nobody has.
        let wide: NumberRange = "13999990000-14500009999".parse().unwrap();
        assert_eq!(wide.blocks(0).count(), 2);
    }

    #[test]
    fn ranges_are_read_as_people_write_them() {
        let range: NumberRange = "138 0000 0000 - 13800009999".parse().unwrap();
        assert_eq!(range.count(), 10_000);
        assert_eq!("13800000000".parse::<NumberRange>(), Err(PoolRefusal::RangeShape));
        let backwards = "13800009999-13800000000".parse::<NumberRange>();
        assert_eq!(backwards, Err(PoolRefusal::RangeBackwards));
        let end = "1380000-1380001".parse::<NumberRange>();
        assert_eq!(end, Err(PoolRefusal::RangeEnd(PhoneRefusal::TooShort)));
        for name in ["", "  ", "a\nb", &"x".repeat(41)] {
            let named = Pools::default().with(pool(name, true, &[(0, 1)]));
            assert_eq!(named, Err(PoolRefusal::BadName));
        }
        let stored: (i64, i64) = range.into();
        assert_eq!(NumberRange::try_from(stored), Ok(range));
        assert!(NumberRange::try_from((stored.1, stored.0)).is_err());
    }
}
