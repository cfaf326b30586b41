//! The two histories of a number, append-only, with valid time and record time.
//!
//! Each is a step function: a row says what holds from `from_at` on, as recorded at `recorded_at`.
//! So intervals cannot overlap, whatever is written.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{EpisodeId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Holder, SimRef};
use domain::sim::Imsi;
use domain::time::At;

pub(crate) const ALL: &[&Statement] =
    &[&INSERT_HOLDER, &HOLDER_AT, &HOLDERS, &INSERT_SIM, &SIM_AT, &SIMS, &INSERT_IMSI, &NUMBER_AT];

const INSERT_HOLDER: Statement = Statement::new(
    "number_holder.insert",
    "insert into number_holder (bucket, msisdn, from_at, recorded_at, version, episode_id, \
        party_id) values ($1, $2, $3, $4, $5, $6, $7)",
);
const HOLDER_AT: Statement = Statement::new(
    "number_holder.at",
    "select from_at, recorded_at, episode_id, party_id from number_holder \
     where bucket = $1 and msisdn = $2 and from_at <= $3 and recorded_at <= $4 \
     order by from_at desc, recorded_at desc, version desc limit 1",
);
const HOLDERS: Statement = Statement::new(
    "number_holder.of_number",
    "select from_at, recorded_at, episode_id, party_id from number_holder \
     where bucket = $1 and msisdn = $2 order by from_at, recorded_at, version",
);
const INSERT_SIM: Statement = Statement::new(
    "number_sim.insert",
    "insert into number_sim (bucket, msisdn, from_at, recorded_at, version, iccid, imsi) \
     values ($1, $2, $3, $4, $5, $6, $7)",
);
const SIM_AT: Statement = Statement::new(
    "number_sim.at",
    "select iccid, imsi from number_sim \
     where bucket = $1 and msisdn = $2 and from_at <= $3 and recorded_at <= $4 \
     order by from_at desc, recorded_at desc, version desc limit 1",
);
const SIMS: Statement = Statement::new(
    "number_sim.of_number",
    "select from_at, recorded_at, iccid, imsi from number_sim \
     where bucket = $1 and msisdn = $2 order by from_at, recorded_at, version",
);
const INSERT_IMSI: Statement = Statement::new(
    "imsi_number.insert",
    "insert into imsi_number (bucket, imsi, from_at, recorded_at, msisdn) \
     values ($1, $2, $3, $4, $5) on conflict do nothing",
);
const NUMBER_AT: Statement = Statement::new(
    "imsi_number.at",
    "select msisdn from imsi_number where bucket = $1 and imsi = $2 and from_at <= $3 \
        and recorded_at <= $4 order by from_at desc, recorded_at desc, msisdn desc limit 1",
);

/// One row of a number's holders: who held it from `from_at` on, or nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderStep {
    /// From when.
    pub from_at: At,
    /// Since when we know.
    pub recorded_at: At,
    /// The episode and its holder.
    pub held: Option<(EpisodeId, PartyId)>,
}

/// One row of a number's SIMs: what served it from `from_at` on, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimStep {
    /// From when.
    pub from_at: At,
    /// Since when we know.
    pub recorded_at: At,
    /// The SIM.
    pub sim: Option<SimRef>,
}

/// From now on, which is `version` of the number, `to` holds it, or nobody.
pub fn insert_holder(batch: &mut Batch, msisdn: Msisdn, version: i64, to: Option<Holder>) {
    let at = batch.at();
    let values = params![
        msisdn.bucket(),
        msisdn,
        at,
        at,
        version,
        to.map(|holder| holder.episode_id),
        to.map(|holder| holder.party_id),
    ];
    batch.push(&INSERT_HOLDER, values, Expect::Rows(1));
}

/// Who held the number at `at`, as known at `known_at`; the outer `None` if it was not ours yet.
pub async fn holder_at(
    db: &Db,
    msisdn: Msisdn,
    at: At,
    known_at: At,
) -> Result<Option<HolderStep>, Error> {
    let row = db.query_opt(&HOLDER_AT, params![msisdn.bucket(), msisdn, at, known_at]).await?;
    row.as_ref().map(holder_step).transpose()
}

/// Every step of the number's holders, oldest first.
pub async fn holders(db: &Db, msisdn: Msisdn) -> Result<Vec<HolderStep>, Error> {
    let rows = db.query(&HOLDERS, params![msisdn.bucket(), msisdn]).await?;
    rows.iter().map(holder_step).collect()
}

fn holder_step(row: &Row) -> Result<HolderStep, Error> {
    let held = row.get::<Option<EpisodeId>>(2)?.zip(row.get(3)?);
    Ok(HolderStep { from_at: row.get(0)?, recorded_at: row.get(1)?, held })
}

/// From now on, which is `version` of the number, `to` serves it, or nothing; `from` serves no
/// number any more.
pub fn insert_sim(
    batch: &mut Batch,
    msisdn: Msisdn,
    version: i64,
    from: Option<SimRef>,
    to: Option<SimRef>,
) {
    let at = batch.at();
    let values = params![
        msisdn.bucket(),
        msisdn,
        at,
        at,
        version,
        to.map(|sim| sim.iccid.as_str().to_owned()),
        to.map(|sim| sim.imsi.as_str().to_owned()),
    ];
    batch.push(&INSERT_SIM, values, Expect::Rows(1));
    if let Some(old) = from.filter(|old| to.is_none_or(|new| new.imsi != old.imsi)) {
        insert_imsi(batch, old.imsi, None);
    }
    if let Some(new) = to {
        insert_imsi(batch, new.imsi, Some(msisdn));
    }
}

fn insert_imsi(batch: &mut Batch, imsi: Imsi, msisdn: Option<Msisdn>) {
    let at = batch.at();
    let msisdn = msisdn.map_or(0, Msisdn::as_i64);
    let values = params![bucket::of(imsi.as_str()), imsi.as_str(), at, at, msisdn];
    // Twice in one millisecond is once.
    batch.push(&INSERT_IMSI, values, Expect::Any);
}

/// What served the number at `at`, as known at `known_at`.
pub async fn sim_at(
    db: &Db,
    msisdn: Msisdn,
    at: At,
    known_at: At,
) -> Result<Option<SimRef>, Error> {
    let row = db.query_opt(&SIM_AT, params![msisdn.bucket(), msisdn, at, known_at]).await?;
    row.as_ref().map_or(Ok(None), |row| super::sim_ref(row, 0))
}

/// Every step of the number's SIMs, oldest first.
pub async fn sims(db: &Db, msisdn: Msisdn) -> Result<Vec<SimStep>, Error> {
    let rows = db.query(&SIMS, params![msisdn.bucket(), msisdn]).await?;
    let step = |row: &Row| {
        let (from_at, recorded_at) = (row.get(0)?, row.get(1)?);
        Ok(SimStep { from_at, recorded_at, sim: super::sim_ref(row, 2)? })
    };
    rows.iter().map(step).collect()
}

/// Which number the IMSI served at `at`, as known at `known_at`.
pub async fn number_of_imsi(
    db: &Db,
    imsi: Imsi,
    at: At,
    known_at: At,
) -> Result<Option<Msisdn>, Error> {
    let values = params![bucket::of(imsi.as_str()), imsi.as_str(), at, known_at];
    let row = db.query_opt(&NUMBER_AT, values).await?;
    row.map_or(Ok(None), |row| Ok(Msisdn::from_i64(row.get(0)?)))
}
