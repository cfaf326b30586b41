//! Who sweeps which numbers: sixteen shards of 64 buckets each, each held by one worker at a time.
//!
//! A lease only shares the work out: that no step is taken twice is the business of the version of
//! each number. So a worker that was taken for dead and goes on does no harm.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{CommitError, Error};
use crate::params;
use crate::statement::Statement;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&FREE, &CLAIM, &EXTEND, &RELEASE];

/// How many shards there are.
pub const COUNT: u8 = 16;
/// Buckets in one.
const BUCKETS: i64 = 64;
/// How long a worker may say nothing before another takes its shards over.
const LEASE_MILLIS: i64 = 30_000;

const FREE: Statement = Statement::new(
    "sweep_shard.free",
    "select bucket from sweep_shard where leased_until is null or leased_until <= $1",
);
const CLAIM: Statement = Statement::new(
    "sweep_shard.claim",
    "update sweep_shard set lease = $2, leased_until = $4 \
     where bucket = $1 and (leased_until is null or leased_until <= $3) returning bucket",
);
const EXTEND: Statement = Statement::new(
    "sweep_shard.extend",
    "update sweep_shard set leased_until = $3 where bucket = $1 and lease = $2 returning bucket",
);
const RELEASE: Statement = Statement::new(
    "sweep_shard.release",
    "update sweep_shard set lease = null, leased_until = null where bucket = $1 and lease = $2",
);

/// A set of shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shards(u16);

impl Shards {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);
    /// None.
    pub const NONE: Self = Self(0);

    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Those of ours that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the bucket lies in one of them.
    pub fn has_bucket(self, bucket: i64) -> bool {
        self.0 >> (bucket / BUCKETS).clamp(0, 15) & 1 == 1
    }

    /// The shards that begin with these buckets.
    fn of_rows(rows: &[crate::Row]) -> Result<Self, Error> {
        rows.iter().try_fold(Self::NONE, |all, row| {
            let bucket: i64 = row.get(0)?;
            Ok(Self(all.0 | 1 << (bucket / BUCKETS).clamp(0, 15)))
        })
    }

    /// The first bucket of each.
    fn buckets(self) -> impl Iterator<Item = i64> {
        (0..i64::from(COUNT)).filter(move |shard| self.0 >> shard & 1 == 1).map(|s| s * BUCKETS)
    }
}

/// The shards that one worker holds.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    name: [u8; 16],
    /// Which.
    pub shards: Shards,
}

impl Lease {
    /// Takes up to `count` free shards that are not in `done`; which of the free ones is left to
    /// chance, so that workers that begin together do not want the same.
    pub async fn claim(db: &Db, now: At, done: Shards, count: usize) -> Result<Self, CommitError> {
        let name: [u8; 16] = seal::entropy::bytes();
        let free = Shards::of_rows(&db.query(&FREE, params![now]).await?)?.without(done);
        let mut wanted: Vec<i64> = free.buckets().collect();
        let from = if wanted.is_empty() { 0 } else { seal::entropy::below(wanted.len() as u64) };
        wanted.rotate_left(usize::try_from(from).unwrap_or(0));
        wanted.truncate(count);
        wanted.sort_unstable();
        let mut batch = Batch::new(now);
        for bucket in wanted {
            let until = now.plus_millis(LEASE_MILLIS);
            batch.push(&CLAIM, params![bucket, name, now, until], Expect::Any);
        }
        let rows = db.commit_returning(batch).await?.concat();
        Ok(Self { name, shards: Shards::of_rows(&rows)? })
    }

    /// Says that we are still at it; shards that were taken from us are ours no more.
    pub async fn extend(&mut self, db: &Db, now: At) -> Result<(), CommitError> {
        let mut batch = Batch::new(now);
        for bucket in self.shards.buckets() {
            let until = now.plus_millis(LEASE_MILLIS);
            batch.push(&EXTEND, params![bucket, self.name, until], Expect::Any);
        }
        let rows = db.commit_returning(batch).await?.concat();
        self.shards = Shards::of_rows(&rows)?;
        Ok(())
    }

    /// Leaves the shards to others.
    pub async fn release(self, db: &Db, now: At) -> Result<(), CommitError> {
        let mut batch = Batch::new(now);
        for bucket in self.shards.buckets() {
            batch.push(&RELEASE, params![bucket, self.name], Expect::Any);
        }
        db.commit(batch).await
    }
}
