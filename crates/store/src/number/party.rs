//! Which numbers a party holds: one slot each, so that a cap holds under concurrency.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::Holder;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &DELETE, &HELD, &HELD_ANYWHERE];

const INSERT: Statement = Statement::new(
    "party_number.insert",
    "insert into party_number (bucket, party_id, operator_id, slot, msisdn, episode_id, since_at) \
     values ($1, $2, $3, $4, $5, $6, $7)",
);
const DELETE: Statement = Statement::new(
    "party_number.delete",
    "delete from party_number \
     where bucket = $1 and party_id = $2 and operator_id = $3 and msisdn = $4",
);
const HELD: Statement = Statement::new(
    "party_number.held",
    "select slot, msisdn, episode_id, since_at from party_number \
     where bucket = $1 and party_id = $2 and operator_id = $3 order by slot",
);
const HELD_ANYWHERE: Statement = Statement::new(
    "party_number.held_anywhere",
    "select slot, msisdn, episode_id, since_at from party_number \
     where bucket = $1 and party_id = $2 order by operator_id, slot",
);

/// A number a party holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The slot, from 0.
    pub slot: i64,
    /// The number.
    pub msisdn: Msisdn,
    /// The holder episode.
    pub episode_id: EpisodeId,
    /// Since when.
    pub since: At,
}

/// The numbers a party holds at one operator, by slot.
pub async fn held(db: &Db, party_id: PartyId, operator_id: OperatorId) -> Result<Vec<Held>, Error> {
    let rows = db.query(&HELD, params![party_id.bucket(), party_id, operator_id]).await?;
    rows.iter().map(of_row).collect()
}

/// The numbers a party holds at any operator.
pub async fn held_anywhere(db: &Db, party_id: PartyId) -> Result<Vec<Held>, Error> {
    let rows = db.query(&HELD_ANYWHERE, params![party_id.bucket(), party_id]).await?;
    rows.iter().map(of_row).collect()
}

/// The lowest slot that none of `held` has.
pub fn free_slot(held: &[Held]) -> i64 {
    let mut taken: Vec<i64> = held.iter().map(|held| held.slot).collect();
    taken.sort_unstable();
    // Sorted and unique, so the first slot that differs from its place is free.
    let gap = (0..).zip(&taken).find(|(place, slot)| place != *slot);
    gap.map_or(i64::try_from(taken.len()).unwrap_or(i64::MAX), |(place, _)| place)
}

/// The party holds one number more, in `slot`; a duplicate if somebody took the slot meanwhile.
pub fn insert(
    batch: &mut Batch,
    operator_id: OperatorId,
    msisdn: Msisdn,
    holder: Holder,
    slot: i64,
) {
    let Holder { party_id, episode_id, since } = holder;
    let bucket = party_id.bucket();
    let values = params![bucket, party_id, operator_id, slot, msisdn, episode_id, since];
    batch.push(&INSERT, values, Expect::Rows(1));
}

/// The party holds the number no more.
pub fn delete(batch: &mut Batch, operator_id: OperatorId, msisdn: Msisdn, party_id: PartyId) {
    let values = params![party_id.bucket(), party_id, operator_id, msisdn];
    batch.push(&DELETE, values, Expect::Rows(1));
}

fn of_row(row: &Row) -> Result<Held, Error> {
    Ok(Held { slot: row.get(0)?, msisdn: row.get(1)?, episode_id: row.get(2)?, since: row.get(3)? })
}
