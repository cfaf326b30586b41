//! Which numbers exist in a block, and which number an IMSI served.

use crate::db::Db;
use crate::error::Error;
use crate::statement::Statement;
use crate::value::{Row, Value};
use crate::{bucket, params};
use domain::id::OperatorId;
use domain::msisdn::{BLOCK_SIZE, Msisdn, bucket_of_block};
use domain::sim::Imsi;
use domain::time::At;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const BLOCK: Statement = Statement::new(
    "activity.numbers_of_block",
    "select msisdn, operator_id, ladder_day from number \
        where bucket = $1 and msisdn >= $2 and msisdn < $3",
);
pub(super) const SOME: Statement = Statement::of_two(
    "activity.numbers",
    "select msisdn, operator_id, ladder_day from number \
        where bucket = $1 and msisdn in (select value from json_each($2))",
    "select msisdn, operator_id, ladder_day from number where bucket = $1 and msisdn = any($2)",
);
pub(super) const SIMS: Statement = Statement::of_two(
    "activity.sims",
    "select imsi, from_at, recorded_at, msisdn from imsi_number \
        where bucket = $1 and imsi in (select value from json_each($2)) \
        order by imsi, from_at, recorded_at, msisdn",
    "select imsi, from_at, recorded_at, msisdn from imsi_number \
        where bucket = $1 and imsi = any($2) order by imsi, from_at, recorded_at, msisdn",
);

/// With more numbers asked for than this, the whole block is read at once.
const SOME_MAX: usize = 1_000;

const PLACES: usize = 10_000;

/// What is known of the numbers of one block: two bits for each.
#[derive(Clone, Debug)]
pub struct NumberSet {
    bits: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Known {
    NotAsked = 0,
    Absent = 1,
    Present = 2,
    Reminded = 3,
}

impl Default for NumberSet {
    fn default() -> Self {
        Self { bits: vec![0; Self::BYTES].into_boxed_slice() }
    }
}

impl NumberSet {
    /// What one takes in memory.
    pub const BYTES: usize = PLACES / 4;

    fn get(&self, place: u16) -> Known {
        let (at, shift) = (usize::from(place / 4), place % 4 * 2);
        match self.bits.get(at).map(|bits| bits >> shift & 3) {
            Some(0) => Known::NotAsked,
            Some(2) => Known::Present,
            Some(3) => Known::Reminded,
            _ => Known::Absent,
        }
    }

    fn set(&mut self, place: u16, known: Known) {
        let (at, shift) = (usize::from(place / 4), place % 4 * 2);
        if let Some(bits) = self.bits.get_mut(at) {
            *bits = *bits & !(3 << shift) | (known as u8) << shift;
        }
    }

    /// Whether it was asked for before.
    pub fn is_asked(&self, place: u16) -> bool {
        self.get(place) != Known::NotAsked
    }

    /// Whether there is such a number.
    pub fn has(&self, place: u16) -> bool {
        matches!(self.get(place), Known::Present | Known::Reminded)
    }

    /// Whether its holder was reminded to use it.
    pub fn is_reminded(&self, place: u16) -> bool {
        self.get(place) == Known::Reminded
    }

    fn take_row(&mut self, row: &Row, owner: Option<OperatorId>) -> Result<(), Error> {
        let msisdn: Msisdn = row.get(0)?;
        let operator_id: OperatorId = row.get(1)?;
        let ladder_day: Option<i64> = row.get(2)?;
        if owner.is_none_or(|owner| owner == operator_id) {
            let known = if ladder_day.is_some() { Known::Reminded } else { Known::Present };
            self.set(super::place_of(msisdn), known);
        }
        Ok(())
    }
}

/// Looks the places up that are asked for, in each block, among the numbers of `owner` (or of
/// everybody). Places asked for before are not asked for again.
pub async fn load_numbers(
    db: &Db,
    asked: BTreeMap<u64, (&mut NumberSet, BTreeSet<u16>)>,
    owner: Option<OperatorId>,
) -> Result<(), Error> {
    let (mut queries, mut sets) = (Vec::new(), Vec::new());
    for (block, (set, places)) in asked {
        let first = block * BLOCK_SIZE;
        let number = |offset: u64| i64::try_from(first + offset).unwrap_or(i64::MAX);
        let bucket = bucket_of_block(block);
        let query: (&'static Statement, Vec<Value>) = if places.len() > SOME_MAX {
            for place in 0..=u16::try_from(PLACES - 1).unwrap_or(u16::MAX) {
                set.set(place, Known::Absent);
            }
            (&BLOCK, params![bucket, number(0), number(BLOCK_SIZE)])
        } else {
            for &place in &places {
                set.set(place, Known::Absent);
            }
            let numbers: Vec<i64> = places.iter().map(|&p| number(u64::from(p))).collect();
            (&SOME, params![bucket, numbers])
        };
        queries.push(query);
        sets.push(set);
    }
    let answers = db.query_many(queries).await?;
    for (set, rows) in sets.into_iter().zip(answers) {
        for row in &rows {
            set.take_row(row, owner)?;
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
