//! Which numbers exist in a block, and which number an IMSI served.

use super::members::{self, Members};
use super::{block_key, place_of};
use crate::db::Db;
use crate::error::Error;
use crate::statement::Statement;
use crate::value::Value;
use crate::{bucket, params};
use domain::id::OperatorId;
use domain::msisdn::{BLOCK_SIZE, Msisdn, bucket_of_block};
use domain::sim::Imsi;
use domain::time::At;
use std::collections::BTreeMap;

pub(super) const REMINDED: Statement = Statement::new(
    "number.reminded_of_block",
    "select msisdn from number \
        where bucket = $1 and msisdn >= $2 and msisdn < $3 and ladder_day is not null",
);
pub(super) const SOME: Statement = Statement::of_two(
    "activity.numbers",
    "select msisdn, operator_id from number \
        where bucket = $1 and msisdn in (select value from json_each($2))",
    "select msisdn, operator_id from number where bucket = $1 and msisdn = any($2)",
);
pub(super) const SIMS: Statement = Statement::of_two(
    "activity.sims",
    "select imsi, from_at, recorded_at, msisdn from imsi_number \
        where bucket = $1 and imsi in (select value from json_each($2)) \
        order by imsi, from_at, recorded_at, msisdn",
    "select imsi, from_at, recorded_at, msisdn from imsi_number \
        where bucket = $1 and imsi = any($2) order by imsi, from_at, recorded_at, msisdn",
);

/// What is known of the numbers of one block.
#[derive(Clone, Debug, Default)]
pub struct NumberSet {
    present: Members,
    /// Asked for, and not there.
    absent: Option<Members>,
    /// Places whose holders were reminded, in order.
    reminded: Vec<u16>,
    /// Numbers that were there although no bit said so.
    learned: Vec<(OperatorId, Msisdn)>,
}

/// Whether there is such a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It has to be looked up: [`look_up`].
    NotAsked,
    /// There is none.
    Absent,
    /// There is.
    Present,
}

impl NumberSet {
    /// Bytes of [`NumberSet::present`].
    pub const PRESENT_BYTES: usize = Members::BYTES;

    /// What one takes in memory, at least.
    pub const BYTES: usize = Members::BYTES + size_of::<Self>();

    /// Whether there is a number at `place`.
    pub fn get(&self, place: u16) -> Known {
        if self.present.has(place) {
            Known::Present
        } else if self.absent.as_ref().is_some_and(|absent| absent.has(place)) {
            Known::Absent
        } else {
            Known::NotAsked
        }
    }

    /// One bit for each place with a number, the lowest of a byte first.
    pub fn present(&self) -> &[u8] {
        self.present.bytes()
    }

    /// Whether its holder was reminded to use it.
    pub fn is_reminded(&self, place: u16) -> bool {
        self.reminded.binary_search(&place).is_ok()
    }

    /// The numbers that nothing but a look-up told of, for [`super::learn`].
    pub fn learned(&self) -> &[(OperatorId, Msisdn)] {
        &self.learned
    }
}

/// What is known of the numbers of these blocks, in the order asked for: those of `owner`, or of
/// everybody.
pub async fn load_sets(
    db: &Db,
    blocks: &[u64],
    owner: Option<OperatorId>,
) -> Result<Vec<NumberSet>, Error> {
    let queries = blocks.iter().flat_map(|&block| {
        let bucket = bucket_of_block(block);
        let first = block_key(block * BLOCK_SIZE);
        let end = block_key((block + 1) * BLOCK_SIZE);
        [
            (&members::OF_BLOCK, params![bucket, block_key(block)]),
            (&REMINDED, params![bucket, first, end]),
        ]
    });
    let answers = db.query_many(queries.collect()).await?;
    let mut sets = Vec::with_capacity(blocks.len());
    for of_block in answers.chunks(2) {
        let [bits, reminded] = of_block else { continue };
        let mut set = NumberSet::default();
        for row in bits {
            if owner.is_none_or(|owner| row.get(0).is_ok_and(|id: OperatorId| id == owner)) {
                set.present.add_all(&Members::of(row.get(1)?));
            }
        }
        for row in reminded {
            set.reminded.push(place_of(row.get(0)?));
        }
        set.reminded.sort_unstable();
        sets.push(set);
    }
    Ok(sets)
}

/// Looks up the places that nothing is known of, in each block, among the numbers of `owner` (or
/// of everybody).
pub async fn look_up(
    db: &Db,
    asked: Vec<(u64, &mut NumberSet, Vec<u16>)>,
    owner: Option<OperatorId>,
) -> Result<(), Error> {
    let query = |(block, _, places): &(u64, &mut NumberSet, Vec<u16>)| {
        let number = |&place: &u16| block_key(block * BLOCK_SIZE + u64::from(place));
        let numbers: Vec<i64> = places.iter().map(number).collect();
        (&SOME, params![bucket_of_block(*block), numbers])
    };
    let queries: Vec<(&'static Statement, Vec<Value>)> = asked.iter().map(query).collect();
    let answers = db.query_many(queries).await?;
    for ((_, set, places), rows) in asked.into_iter().zip(answers) {
        for row in &rows {
            let (msisdn, operator_id): (Msisdn, OperatorId) = (row.get(0)?, row.get(1)?);
            if owner.is_none_or(|owner| owner == operator_id) {
                set.present.add(place_of(msisdn));
                set.learned.push((operator_id, msisdn));
            }
        }
        let absent = set.absent.get_or_insert_default();
        for place in places {
            if !set.present.has(place) {
                absent.add(place);
            }
        }
    }
    Ok(())
}

/// From an instant on, an IMSI served this number (or none), as known since `recorded_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimSpan {
    from_at: At,
    recorded_at: At,
    msisdn: Option<Msisdn>,
}

/// The number an IMSI served at `at`: the last span that had begun, the latest recorded of those.
pub fn served_at(spans: &[SimSpan], at: At) -> Option<Msisdn> {
    let begun = spans.iter().filter(|span| span.from_at <= at);
    begun.max_by_key(|span| (span.from_at, span.recorded_at)).and_then(|span| span.msisdn)
}

/// The histories of several IMSIs; an empty one for those we do not know.
pub async fn load_sims(db: &Db, sims: &[Imsi]) -> Result<Vec<(Imsi, Vec<SimSpan>)>, Error> {
    let mut by_bucket: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    let mut found: BTreeMap<Imsi, Vec<SimSpan>> = BTreeMap::new();
    for imsi in sims {
        by_bucket.entry(bucket::of(imsi.as_str())).or_default().push(imsi.as_str().to_owned());
        found.insert(*imsi, Vec::new());
    }
    let query = |(bucket, sims)| (&SIMS, params![bucket, sims]);
    for row in db.query_many(by_bucket.into_iter().map(query).collect()).await?.iter().flatten() {
        let imsi = row.parse(0, |text| Imsi::parse(text).ok())?;
        let span = SimSpan {
            from_at: row.get(1)?,
            recorded_at: row.get(2)?,
            msisdn: Msisdn::from_i64(row.get(3)?),
        };
        found.entry(imsi).or_default().push(span);
    }
    Ok(found.into_iter().collect())
}
