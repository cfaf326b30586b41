//! SIM cards: which there are, and which number each serves.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::{Row, Value};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::{Iccid, Imsi};
use std::collections::{BTreeMap, HashSet};

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &CLAIM_IMSI,
    &LOAD,
    &OF_IMSI,
    &TAKE,
    &PUT_BACK,
    &LIST,
    &KNOWN,
    &KNOWN_IMSI,
    &FREE,
    &RESERVE,
    &GIVE_UP,
];

const INSERT: Statement = Statement::new(
    "sim.insert",
    "insert into sim (bucket, iccid, operator_id, imsi, eid, state, version, created_at, \
        profile_type) values ($1, $2, $3, $4, $5, 'stock', 1, $6, $7)",
);
const CLAIM_IMSI: Statement = Statement::new(
    "imsi_claim.insert",
    "insert into imsi_claim (bucket, imsi, iccid) values ($1, $2, $3)",
);
const LOAD: Statement = Statement::new(
    "sim.load",
    "select iccid, imsi, operator_id, state, msisdn, eid, profile_type from sim \
     where bucket = $1 and iccid = $2",
);
const OF_IMSI: Statement = Statement::new(
    "imsi_claim.load",
    "select iccid from imsi_claim where bucket = $1 and imsi = $2",
);
/// A card in stock, the dead card of the same number, which may be revived, or the profile that was
/// ordered for it.
const TAKE: Statement = Statement::new(
    "sim.take",
    "update sim set state = 'serving', msisdn = $5, version = version + 1 \
     where bucket = $1 and iccid = $2 and imsi = $3 and operator_id = $4 \
        and (state = 'stock' or (state in ('dead', 'reserved') and msisdn = $5))",
);
const PUT_BACK: Statement = Statement::new(
    "sim.put_back",
    "update sim set state = $4, version = version + 1 \
     where bucket = $1 and iccid = $2 and msisdn = $3 and state = 'serving'",
);
const LIST: Statement = Statement::new(
    "sim.list",
    "select iccid, imsi, operator_id, state, msisdn, eid, profile_type from sim \
     where operator_id = $1 and iccid > $2 order by iccid limit $3",
);
const FREE: Statement = Statement::new(
    "sim.free_profiles",
    "select iccid, imsi, operator_id, state, msisdn, eid, profile_type from sim \
     where operator_id = $1 and state = 'stock' and profile_type is not null \
     order by iccid limit $2",
);
const RESERVE: Statement = Statement::new(
    "sim.reserve",
    "update sim set state = 'reserved', msisdn = $4, version = version + 1 \
     where bucket = $1 and iccid = $2 and operator_id = $3 and state = 'stock' \
        and profile_type is not null",
);
/// Back into stock without its number, or dead with it.
const GIVE_UP: Statement = Statement::new(
    "sim.give_up",
    "update sim set state = $4, version = version + 1, \
        msisdn = case when $4 = 'stock' then null else msisdn end \
     where bucket = $1 and iccid = $2 and msisdn = $3 and state = 'reserved'",
);
const KNOWN: Statement = Statement::of_two(
    "sim.known",
    "select iccid from sim where bucket = $1 and iccid in (select value from json_each($2))",
    "select iccid from sim where bucket = $1 and iccid = any($2)",
);
const KNOWN_IMSI: Statement = Statement::of_two(
    "imsi_claim.known",
    "select imsi from imsi_claim where bucket = $1 and imsi in (select value from json_each($2))",
    "select imsi from imsi_claim where bucket = $1 and imsi = any($2)",
);

/// What a card is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimState {
    /// Never used.
    Stock,
    /// An eSIM profile that was ordered for a number and does not serve it yet.
    Reserved,
    /// Serves a number.
    Serving,
    /// Served a number and was replaced or closed.
    Dead,
}

impl SimState {
    /// The word in rows and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Reserved => "reserved",
            Self::Serving => "serving",
            Self::Dead => "dead",
        }
    }

    /// From [`SimState::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Stock, Self::Reserved, Self::Serving, Self::Dead];
        all.into_iter().find(|state| state.code() == code)
    }
}

/// A card as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimRow {
    /// The card and the subscription on it.
    pub sim: SimRef,
    /// The tenant.
    pub operator_id: OperatorId,
    /// What it is doing.
    pub state: SimState,
    /// The number it serves or served.
    pub msisdn: Option<Msisdn>,
    /// The chip, where the card is a profile on one.
    pub eid: Option<String>,
    /// The type at the SM-DP+, where it is an eSIM profile and no card.
    pub profile_type: Option<String>,
}

/// Brings a card into stock; a duplicate if ICCID or IMSI is known.
pub fn insert(batch: &mut Batch, operator_id: OperatorId, sim: SimRef, eid: Option<&str>) {
    insert_as(batch, operator_id, sim, eid, None);
}

/// The same for what may be an eSIM profile of this type at the SM-DP+.
pub fn insert_as(
    batch: &mut Batch,
    operator_id: OperatorId,
    sim: SimRef,
    eid: Option<&str>,
    profile_type: Option<&str>,
) {
    let at = batch.at();
    let (iccid, imsi) = (sim.iccid.as_str(), sim.imsi.as_str());
    let text = |value: Option<&str>| value.map(str::to_owned);
    let (eid, profile_type) = (text(eid), text(profile_type));
    let values = params![bucket::of(iccid), iccid, operator_id, imsi, eid, at, profile_type];
    batch.push(&INSERT, values, Expect::Rows(1));
    batch.push(&CLAIM_IMSI, params![bucket::of(imsi), imsi, iccid], Expect::Rows(1));
}

/// The card, if we know it.
pub async fn load(db: &Db, iccid: Iccid) -> Result<Option<SimRow>, Error> {
    let values = params![bucket::of(iccid.as_str()), iccid.as_str()];
    db.query_opt(&LOAD, values).await?.as_ref().map(of_row).transpose()
}

/// The card with this IMSI on it.
pub async fn by_imsi(db: &Db, imsi: Imsi) -> Result<Option<SimRow>, Error> {
    let values = params![bucket::of(imsi.as_str()), imsi.as_str()];
    let Some(row) = db.query_opt(&OF_IMSI, values).await? else { return Ok(None) };
    load(db, row.parse(0, |text| Iccid::parse(text).ok())?).await
}

/// Those of the ICCIDs and IMSIs that are on cards we have, whoever's they are.
pub async fn known(db: &Db, sims: &[SimRef]) -> Result<(HashSet<Iccid>, HashSet<Imsi>), Error> {
    let iccids = by_bucket(&KNOWN, sims.iter().map(|sim| sim.iccid.as_str()));
    let imsis = by_bucket(&KNOWN_IMSI, sims.iter().map(|sim| sim.imsi.as_str()));
    let count = iccids.len();
    let answers = db.query_many(iccids.into_iter().chain(imsis).collect()).await?;
    let (iccids, imsis) = answers.split_at(count.min(answers.len()));
    let iccids = iccids.iter().flatten().map(|row| row.parse(0, |text| Iccid::parse(text).ok()));
    let imsis = imsis.iter().flatten().map(|row| row.parse(0, |text| Imsi::parse(text).ok()));
    Ok((iccids.collect::<Result<_, _>>()?, imsis.collect::<Result<_, _>>()?))
}

/// One query for each bucket in which some of the keys lie.
fn by_bucket<'a>(
    statement: &'static Statement,
    keys: impl Iterator<Item = &'a str>,
) -> Vec<(&'static Statement, Vec<Value>)> {
    let mut by_bucket: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for key in keys {
        by_bucket.entry(bucket::of(key)).or_default().push(key.to_owned());
    }
    by_bucket.into_iter().map(|(bucket, keys)| (statement, params![bucket, keys])).collect()
}

/// Up to `count` cards of an operator after this ICCID (empty to begin), in order.
pub async fn list(
    db: &Db,
    operator_id: OperatorId,
    after: &str,
    count: i64,
) -> Result<Vec<SimRow>, Error> {
    let rows = db.query(&LIST, params![operator_id, after, count]).await?;
    rows.iter().map(of_row).collect()
}

/// The card serves `msisdn` from now on; a conflict if it serves another number.
pub fn take(batch: &mut Batch, operator_id: OperatorId, sim: SimRef, msisdn: Msisdn) {
    let (iccid, imsi) = (sim.iccid.as_str(), sim.imsi.as_str());
    let values = params![bucket::of(iccid), iccid, imsi, operator_id, msisdn];
    batch.push(&TAKE, values, Expect::Rows(1));
}

/// Up to `count` eSIM profiles in the stock of an operator.
pub async fn free_profiles(
    db: &Db,
    operator_id: OperatorId,
    count: i64,
) -> Result<Vec<SimRow>, Error> {
    let rows = db.query(&FREE, params![operator_id, count]).await?;
    rows.iter().map(of_row).collect()
}

/// The profile is set aside for `msisdn`; a conflict if it is in stock no more.
pub fn reserve(batch: &mut Batch, operator_id: OperatorId, sim: SimRef, msisdn: Msisdn) {
    let iccid = sim.iccid.as_str();
    let values = params![bucket::of(iccid), iccid, operator_id, msisdn];
    batch.push(&RESERVE, values, Expect::Rows(1));
}

/// The profile is set aside no more: it goes back into stock, or is dead. Nothing happens if it
/// serves the number by now.
pub fn give_up(batch: &mut Batch, sim: SimRef, msisdn: Msisdn, state: SimState) {
    let iccid = sim.iccid.as_str();
    let values = params![bucket::of(iccid), iccid, msisdn, state.code()];
    batch.push(&GIVE_UP, values, Expect::Any);
}

/// The card does not serve `msisdn` any more, and is `state` now.
pub fn put_back(batch: &mut Batch, sim: SimRef, msisdn: Msisdn, state: SimState) {
    let iccid = sim.iccid.as_str();
    let values = params![bucket::of(iccid), iccid, msisdn, state.code()];
    batch.push(&PUT_BACK, values, Expect::Rows(1));
}

fn of_row(row: &Row) -> Result<SimRow, Error> {
    let iccid = row.parse(0, |text| Iccid::parse(text).ok())?;
    let imsi = row.parse(1, |text| Imsi::parse(text).ok())?;
    Ok(SimRow {
        sim: SimRef { iccid, imsi },
        operator_id: row.get(2)?,
        state: row.parse(3, SimState::from_code)?,
        msisdn: row.get(4)?,
        eid: row.get(5)?,
        profile_type: row.get(6)?,
    })
}
