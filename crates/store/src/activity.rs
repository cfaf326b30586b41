//! When a number was last used, and how: dense arrays, one row per block of 10,000 numbers.
//!
//! Almost every event changes nothing that matters, so usage never updates number rows. A block
//! keeps, for each kind of use that occurred in it, the newest second per number. Which kinds
//! count is policy and may change: the reader names them (decision 50).

mod feed;
mod known;
mod layers;
mod members;

pub use feed::{Cursor, load_cursor, write_cursor};
pub use known::{Known, NumberSet, SimSpan, load_sets, load_sims, look_up, served_at};
pub use layers::{Activity, KINDS_MAX, Second};
pub use members::learn;

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use domain::msisdn::{BLOCK_SIZE, Msisdn, bucket_of_block};
use domain::time::At;
use std::collections::BTreeMap;

pub(crate) const ALL: &[&Statement] = &[
    &LOAD,
    &WRITE,
    &feed::LOAD,
    &feed::WRITE,
    &known::REMINDED,
    &known::SOME,
    &known::SIMS,
    &members::OF_BLOCK,
    &members::WRITE,
];

const LOAD: Statement = Statement::new(
    "activity.load",
    "select layers, version from activity where bucket = $1 and block = $2",
);
const WRITE: Statement = Statement::new(
    "activity.write",
    "insert into activity (bucket, block, layers, version, written_at) \
        values ($1, $2, $3, $4, $5) on conflict (bucket, block) do update set \
        layers = excluded.layers, version = excluded.version, written_at = excluded.written_at \
        where activity.version = excluded.version - 1",
);

/// A block as stored; version 0 if nothing was stored yet.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The newest uses.
    pub activity: Activity,
    /// The version of the row.
    pub version: i64,
}

/// The newest use of some kinds, for each number of a block: all that most questions ask of it.
#[derive(Clone, Debug)]
pub struct Newest {
    /// The version of the block it was taken from.
    pub version: i64,
    uses: Box<[Option<(Second, u8)>]>,
}

impl Newest {
    /// Of a block as stored, for `kinds` (bit n is kind n).
    pub fn of(stored: &Stored, kinds: u16) -> Self {
        let places = 0..u16::try_from(BLOCK_SIZE).unwrap_or(u16::MAX);
        let newest = |place| {
            let (at, kind) = stored.activity.newest(place, kinds)?;
            Some((Second::of(at)?, kind))
        };
        Self { version: stored.version, uses: places.map(newest).collect() }
    }

    /// The newest use of a number of the block, and its kind.
    pub fn get(&self, msisdn: Msisdn) -> Option<(At, u8)> {
        let found = self.uses.get(usize::from(place_of(msisdn))).copied().flatten();
        found.map(|(second, kind)| (second.at(), kind))
    }
}

/// The newest use of `msisdn` of one of `kinds` (bit n is kind n), and its kind.
pub async fn last_event(db: &Db, msisdn: Msisdn, kinds: u16) -> Result<Option<(At, u8)>, Error> {
    let values = params![msisdn.bucket(), block_key(msisdn.block())];
    let Some(row) = db.query_opt(&LOAD, values).await? else { return Ok(None) };
    let layers: Vec<u8> = row.get(0)?;
    layers::newest_in(&layers, place_of(msisdn), kinds)
}

/// Blocks read at once by [`last_events`]: bounds the memory, as a block may take 200 kB per kind.
const BLOCKS_MAX: usize = 32;

/// [`last_event`] of many numbers, each with its own kinds, in the order asked for. Each block is
/// read once.
pub async fn last_events(
    db: &Db,
    wanted: &[(Msisdn, u16)],
) -> Result<Vec<Option<(At, u8)>>, Error> {
    let mut by_block: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, (msisdn, _)) in wanted.iter().enumerate() {
        by_block.entry(msisdn.block()).or_default().push(index);
    }
    let blocks: Vec<_> = by_block.into_iter().collect();
    let mut found = vec![None; wanted.len()];
    for some in blocks.chunks(BLOCKS_MAX) {
        let query = |&(block, _): &(u64, Vec<usize>)| {
            (&LOAD, params![bucket_of_block(block), block_key(block)])
        };
        let answers = db.query_many(some.iter().map(query).collect()).await?;
        for ((_, indexes), rows) in some.iter().zip(answers) {
            let Some(row) = rows.first() else { continue };
            let layers: Vec<u8> = row.get(0)?;
            for &index in indexes {
                if let Some((place, &(msisdn, kinds))) = found.get_mut(index).zip(wanted.get(index))
                {
                    *place = layers::newest_in(&layers, place_of(msisdn), kinds)?;
                }
            }
        }
    }
    Ok(found)
}

/// Several blocks, in the order asked for.
pub async fn load_many(db: &Db, blocks: &[u64]) -> Result<Vec<Stored>, Error> {
    let query = |&block: &u64| (&LOAD, params![bucket_of_block(block), block_key(block)]);
    let answers = db.query_many(blocks.iter().map(query).collect()).await?;
    let stored = |rows: Vec<crate::Row>| match rows.first() {
        None => Ok(Stored::default()),
        Some(row) => {
            let layers: Vec<u8> = row.get(0)?;
            Ok(Stored { activity: Activity::decode(&layers)?, version: row.get(1)? })
        }
    };
    answers.into_iter().map(stored).collect()
}

/// Writes a block over version `version`; a conflict if it has another by now.
pub fn write(batch: &mut Batch, block: u64, activity: &Activity, version: i64) {
    let at = batch.at();
    let values =
        params![bucket_of_block(block), block_key(block), activity.encode(), version + 1, at,];
    batch.push(&WRITE, values, Expect::Rows(1));
}

/// The place of a number in its block.
pub fn place_of(msisdn: Msisdn) -> u16 {
    u16::try_from(msisdn.offset()).expect("less than the size of a block")
}

/// The number at a place of a block, if it is a number at all.
pub fn number_at(block: u64, place: u16) -> Option<Msisdn> {
    Msisdn::from_e164(block.checked_mul(BLOCK_SIZE)?.checked_add(u64::from(place))?)
}

fn block_key(block: u64) -> i64 {
    i64::try_from(block).expect("a block is less than a number, which has 15 digits")
}

#[cfg(test)]
mod tests;
