//! Which numbers of a block an operator has, one bit each.
//!
//! A bit that is set stays true, as a number is never taken away nor given to another operator. A
//! bit that is not set says nothing: whoever needs to know looks the number up and sets it
//! ([`learn`]). So a lost update costs a look-up, nothing else.

use super::block_key;
use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use domain::id::OperatorId;
use domain::msisdn::{Msisdn, bucket_of_block};
use std::collections::BTreeMap;

pub(super) const OF_BLOCK: Statement = Statement::new(
    "number_block.load",
    "select operator_id, members, version from number_block where bucket = $1 and block = $2",
);
pub(super) const WRITE: Statement = Statement::new(
    "number_block.write",
    "insert into number_block (bucket, block, operator_id, members, version) \
        values ($1, $2, $3, $4, $5) on conflict (bucket, block, operator_id) do update set \
        members = excluded.members, version = excluded.version \
        where number_block.version = excluded.version - 1",
);

/// One bit for each place of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members(Box<[u8]>);

impl Default for Members {
    fn default() -> Self {
        Self(vec![0; Self::BYTES].into_boxed_slice())
    }
}

impl Members {
    pub(super) const BYTES: usize = super::layers::PLACES / 8;

    /// From a row; of another length, it is taken for empty and written anew.
    pub(super) fn of(stored: Vec<u8>) -> Self {
        if stored.len() == Self::BYTES { Self(stored.into()) } else { Self::default() }
    }

    pub(super) fn has(&self, place: u16) -> bool {
        let byte = self.0.get(usize::from(place / 8)).copied().unwrap_or_default();
        byte >> (place % 8) & 1 == 1
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn add(&mut self, place: u16) {
        if let Some(byte) = self.0.get_mut(usize::from(place / 8)) {
            *byte |= 1 << (place % 8);
        }
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }
}

/// Notes in `batch` that `operator_id` has these numbers, which it has by the end of the batch.
/// Should somebody else write the same block at the same time, theirs may stay unnoted.
pub async fn learn(
    db: &Db,
    batch: &mut Batch,
    operator_id: OperatorId,
    numbers: &[Msisdn],
) -> Result<(), Error> {
    let mut by_block: BTreeMap<u64, Vec<u16>> = BTreeMap::new();
    for msisdn in numbers {
        by_block.entry(msisdn.block()).or_default().push(super::place_of(*msisdn));
    }
    let query = |&block: &u64| (&OF_BLOCK, params![bucket_of_block(block), block_key(block)]);
    let answers = db.query_many(by_block.keys().map(query).collect()).await?;
    for ((block, places), rows) in by_block.into_iter().zip(answers) {
        let (mut members, mut version) = (Members::default(), 0_i64);
        for row in rows {
            if row.get::<OperatorId>(0)? == operator_id {
                (members, version) = (Members::of(row.get(1)?), row.get(2)?);
            }
        }
        for place in places {
            members.add(place);
        }
        let values = params![
            bucket_of_block(block),
            block_key(block),
            operator_id,
            members.0.into_vec(),
            version + 1,
        ];
        batch.push(&WRITE, values, Expect::Any);
    }
    Ok(())
}
