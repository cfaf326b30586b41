//! Numbers: the row, its holds, the two histories, SIMs, and what must be told to the network.

pub mod esim;
pub mod history;
pub mod ledger;
pub mod party;
pub mod pool;
pub mod provision;
pub mod shard;
pub mod sim;
pub mod sim_key;
pub mod states;
pub mod stock;

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::{Columns, Row, Value};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{
    Cause, Facts, Hold, HoldKind, Holder, Holds, LadderMark, Lifecycle, SetBy, SimRef, Usage,
    UsageKind,
};
use domain::sim::{Iccid, Imsi};
use domain::time::At;
use std::collections::HashMap;

pub use shard::Shards;

pub(crate) const ALL: &[&Statement] = &[
    &LOAD,
    &LOAD_MANY,
    &HOLDS_MANY,
    &INSERT,
    &UPDATE,
    &UPDATE_WITHIN,
    &HOLDS,
    &INSERT_HOLD,
    &DELETE_HOLD,
    &DUE,
    &NEXT_DUE,
    &LIST,
    &LIST_IN,
    &COUNT,
    &VERSIONS,
];

const LOAD: Statement = Statement::new(
    "number.load",
    "select msisdn, operator_id, version, lifecycle, since_at, party_id, episode_id, \
        episode_since_at, former_party_id, iccid, imsi, keep_from_at, last_use_kind, last_use_at, \
        ladder_day, ladder_at, until_at, cause, arrears_since_at, reverify_by_at, \
        notice_proven_at, retry_at, due_at from number where bucket = $1 and msisdn = $2",
);
/// The same of many, each named by [`key_of`].
const LOAD_MANY: Statement = Statement::of_two(
    "number.load_many",
    "select n.msisdn, n.operator_id, n.version, n.lifecycle, n.since_at, n.party_id, \
        n.episode_id, n.episode_since_at, n.former_party_id, n.iccid, n.imsi, n.keep_from_at, \
        n.last_use_kind, n.last_use_at, n.ladder_day, n.ladder_at, n.until_at, n.cause, \
        n.arrears_since_at, n.reverify_by_at, n.notice_proven_at, n.retry_at, n.due_at \
     from json_each($1) k cross join number n \
        on n.bucket = (k.value & 1023) and n.msisdn = (k.value >> 10)",
    "select n.msisdn, n.operator_id, n.version, n.lifecycle, n.since_at, n.party_id, \
        n.episode_id, n.episode_since_at, n.former_party_id, n.iccid, n.imsi, n.keep_from_at, \
        n.last_use_kind, n.last_use_at, n.ladder_day, n.ladder_at, n.until_at, n.cause, \
        n.arrears_since_at, n.reverify_by_at, n.notice_proven_at, n.retry_at, n.due_at \
     from unnest(cast($1 as bigint[])) as k(value) join number n \
        on n.bucket = (k.value & 1023) and n.msisdn = (k.value >> 10)",
);
const HOLDS_MANY: Statement = Statement::of_two(
    "number_hold.of_numbers",
    "select h.kind, h.reference, h.since_at, h.until_at, h.set_by, h.msisdn \
     from json_each($1) k cross join number_hold h \
        on h.bucket = (k.value & 1023) and h.msisdn = (k.value >> 10)",
    "select h.kind, h.reference, h.since_at, h.until_at, h.set_by, h.msisdn \
     from unnest(cast($1 as bigint[])) as k(value) join number_hold h \
        on h.bucket = (k.value & 1023) and h.msisdn = (k.value >> 10)",
);
const INSERT: Statement = Statement::new(
    "number.insert",
    "insert into number (bucket, msisdn, version, operator_id, lifecycle, since_at, party_id, \
        episode_id, episode_since_at, former_party_id, iccid, imsi, keep_from_at, last_use_kind, \
        last_use_at, ladder_day, ladder_at, until_at, cause, arrears_since_at, reverify_by_at, \
        notice_proven_at, retry_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
        $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
);
const UPDATE: Statement = Statement::new(
    "number.update",
    "update number set version = version + 1, lifecycle = $4, since_at = $5, party_id = $6, \
        episode_id = $7, episode_since_at = $8, former_party_id = $9, iccid = $10, imsi = $11, \
        keep_from_at = $12, last_use_kind = $13, last_use_at = $14, ladder_day = $15, \
        ladder_at = $16, until_at = $17, cause = $18, arrears_since_at = $19, \
        reverify_by_at = $20, notice_proven_at = $21, retry_at = $22, due_at = $23 \
     where bucket = $1 and msisdn = $2 and version = $3",
);
/// The same where the lifecycle stays as it is: the index by lifecycle is left alone.
const UPDATE_WITHIN: Statement = Statement::new(
    "number.update_within",
    "update number set version = version + 1, since_at = $5, party_id = $6, \
        episode_id = $7, episode_since_at = $8, former_party_id = $9, iccid = $10, imsi = $11, \
        keep_from_at = $12, last_use_kind = $13, last_use_at = $14, ladder_day = $15, \
        ladder_at = $16, until_at = $17, cause = $18, arrears_since_at = $19, \
        reverify_by_at = $20, notice_proven_at = $21, retry_at = $22, due_at = $23 \
     where bucket = $1 and msisdn = $2 and version = $3 and lifecycle = $4",
);
const HOLDS: Statement = Statement::new(
    "number_hold.of_number",
    "select kind, reference, since_at, until_at, set_by from number_hold \
     where bucket = $1 and msisdn = $2",
);
const INSERT_HOLD: Statement = Statement::new(
    "number_hold.insert",
    "insert into number_hold (bucket, msisdn, kind, reference, since_at, until_at, set_by) \
     values ($1, $2, $3, $4, $5, $6, $7)",
);
const DELETE_HOLD: Statement = Statement::new(
    "number_hold.delete",
    "delete from number_hold where bucket = $1 and msisdn = $2 and kind = $3 and reference = $4",
);
const DUE: Statement = Statement::new(
    "number.due",
    "select due_at, bucket, msisdn from number \
     where due_at is not null and due_at <= $1 and (due_at, bucket, msisdn) > ($2, $3, $4) \
        and (($5 >> cast(bucket / 64 as integer)) & 1) = 1 \
     order by due_at, bucket, msisdn limit $6",
);
const NEXT_DUE: Statement =
    Statement::new("number.next_due", "select min(due_at) from number where due_at is not null");
const LIST: Statement = Statement::new(
    "number.list",
    "select msisdn, lifecycle, due_at from number \
     where operator_id = $1 and msisdn > $2 order by msisdn limit $3",
);
const LIST_IN: Statement = Statement::new(
    "number.list_in",
    "select msisdn, lifecycle, due_at from number \
     where operator_id = $1 and lifecycle = $4 and msisdn > $2 order by msisdn limit $3",
);
const COUNT: Statement = Statement::new(
    "number.count",
    "select lifecycle, count(*) from number where operator_id = $1 group by lifecycle",
);
/// For the check of the audit log: numbers whose version is not that of their newest entry.
pub(crate) const VERSIONS: Statement = Statement::new(
    "number.versions",
    "select 'number:' || cast(n.msisdn as text), n.version, \
        coalesce((select max(a.subject_version) from audit_entry a where a.bucket = n.bucket \
            and a.subject = 'number:' || cast(n.msisdn as text)), 0) \
     from number n where n.operator_id = $1 and n.version <> \
        coalesce((select max(a.subject_version) from audit_entry a where a.bucket = n.bucket \
            and a.subject = 'number:' || cast(n.msisdn as text)), 0)",
);

/// A number as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRow {
    /// Which.
    pub msisdn: Msisdn,
    /// The tenant.
    pub operator_id: OperatorId,
    /// Grows by one with every change.
    pub version: i64,
    /// Everything a decision needs to know, without what only the usage feed knows.
    pub facts: Facts,
}

/// One line of a list of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub msisdn: Msisdn,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// When something falls due.
    pub due_at: Option<At>,
}

/// A place in the order of deadlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueKey {
    /// The deadline.
    pub due_at: At,
    /// The bucket of the number.
    pub bucket: i64,
    /// The number, as stored.
    pub msisdn: i64,
}

/// How the audit log names a number.
pub fn subject(msisdn: Msisdn) -> String {
    format!("number:{msisdn}")
}

/// The number that [`subject`] names.
pub fn of_subject(subject: &str) -> Option<Msisdn> {
    subject.strip_prefix("number:")?.parse().ok().and_then(Msisdn::from_i64)
}

/// Number and bucket in one integer, for statements about many numbers.
pub(crate) fn key_of(msisdn: Msisdn) -> i64 {
    msisdn.as_i64() << 10 | msisdn.bucket()
}

/// The number, if we serve it.
pub async fn load(db: &Db, msisdn: Msisdn) -> Result<Option<NumberRow>, Error> {
    let key = || params![msisdn.bucket(), msisdn];
    let answers = db.query_many(vec![(&LOAD, key()), (&HOLDS, key())]).await?;
    let [number, holds] = answers.as_slice() else { return Ok(None) };
    let holds = holds.iter().map(hold_of_row).collect::<Result<Holds, Error>>()?;
    number.first().map(|number| of_row(number, holds)).transpose()
}

/// Those of the numbers that we serve, in the order asked; one snapshot for all.
pub async fn load_many(db: &Db, msisdns: &[Msisdn]) -> Result<Vec<NumberRow>, Error> {
    let keys: Vec<i64> = msisdns.iter().copied().map(key_of).collect();
    let queries = vec![(&LOAD_MANY, params![keys.clone()]), (&HOLDS_MANY, params![keys])];
    let answers = db.query_many(queries).await?;
    let mut answers = answers.into_iter();
    let (numbers, holds) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
    let rows = rows_of(&numbers, holds)?;
    let mut found: HashMap<Msisdn, NumberRow> =
        rows.into_iter().map(|row| (row.msisdn, row)).collect();
    Ok(msisdns.iter().filter_map(|msisdn| found.remove(msisdn)).collect())
}

/// Numbers from the rows of [`LOAD_MANY`] and [`HOLDS_MANY`].
fn rows_of(numbers: &[Row], holds: Vec<Row>) -> Result<Vec<NumberRow>, Error> {
    let mut held: HashMap<i64, Vec<Row>> = HashMap::new();
    for hold in holds {
        held.entry(hold.get(5)?).or_default().push(hold);
    }
    let row = |number: &Row| {
        let holds = held.get(&number.get(0)?).map_or(&[][..], Vec::as_slice);
        of_row(number, holds.iter().map(hold_of_row).collect::<Result<Holds, Error>>()?)
    };
    numbers.iter().map(row).collect()
}

/// Stores a new number.
pub fn insert(batch: &mut Batch, row: &NumberRow) {
    let mut values = params![row.msisdn.bucket(), row.msisdn, row.version, row.operator_id];
    values.extend(columns(&row.facts));
    batch.push(&INSERT, values, Expect::Rows(1));
    for hold in row.facts.holds.iter() {
        insert_hold(batch, row.msisdn, hold);
    }
}

/// Stores `next` over `row`; a conflict if somebody was faster.
pub fn update(batch: &mut Batch, row: &NumberRow, next: &Facts) {
    let mut values = params![row.msisdn.bucket(), row.msisdn, row.version];
    values.extend(columns(next));
    let stays = row.facts.lifecycle == next.lifecycle;
    batch.push(if stays { &UPDATE_WITHIN } else { &UPDATE }, values, Expect::Rows(1));
    let is_in = |holds: &Holds, hold: &Hold| holds.iter().any(|other| other == hold);
    for hold in row.facts.holds.iter().filter(|hold| !is_in(&next.holds, hold)) {
        let values =
            params![row.msisdn.bucket(), row.msisdn, hold.kind.code(), hold.reference.as_str()];
        batch.push(&DELETE_HOLD, values, Expect::Rows(1));
    }
    for hold in next.holds.iter().filter(|hold| !is_in(&row.facts.holds, hold)) {
        insert_hold(batch, row.msisdn, hold);
    }
}

/// Up to `count` numbers of some shards whose deadline passed by `at`, in order, after the place
/// `after`. Read from the index alone.
pub async fn due(
    db: &Db,
    at: At,
    after: DueKey,
    shards: Shards,
    count: i64,
) -> Result<Vec<(DueKey, Msisdn)>, Error> {
    let shards = i64::from(shards.bits());
    let values = params![at, after.due_at, after.bucket, after.msisdn, shards, count];
    let rows = db.query(&DUE, values).await?;
    let key = |row: &Row| {
        let key = DueKey { due_at: row.get(0)?, bucket: row.get(1)?, msisdn: row.get(2)? };
        Ok((key, row.get(2)?))
    };
    rows.iter().map(key).collect()
}

/// When the next number falls due.
pub async fn next_due(db: &Db) -> Result<Option<At>, Error> {
    db.query_one(&NEXT_DUE, Vec::new()).await?.get(0)
}

/// Up to `count` numbers of an operator, in order, after `after` (0 to begin), in one state if
/// given.
pub async fn list(
    db: &Db,
    operator_id: OperatorId,
    lifecycle: Option<Lifecycle>,
    after: i64,
    count: i64,
) -> Result<Vec<Listed>, Error> {
    let mut values = params![operator_id, after, count];
    let rows = match lifecycle {
        None => db.query(&LIST, values).await?,
        Some(state) => {
            values.push(state.code().into());
            db.query(&LIST_IN, values).await?
        }
    };
    let listed = |row: &Row| {
        let lifecycle = row.parse(1, Lifecycle::from_code)?;
        Ok(Listed { msisdn: row.get(0)?, lifecycle, due_at: row.get(2)? })
    };
    rows.iter().map(listed).collect()
}

/// How many numbers an operator has in each state.
pub async fn count(db: &Db, operator_id: OperatorId) -> Result<Vec<(Lifecycle, i64)>, Error> {
    let rows = db.query(&COUNT, params![operator_id]).await?;
    rows.iter().map(|row| Ok((row.parse(0, Lifecycle::from_code)?, row.get(1)?))).collect()
}

fn insert_hold(batch: &mut Batch, msisdn: Msisdn, hold: &Hold) {
    let values = params![
        msisdn.bucket(),
        msisdn,
        hold.kind.code(),
        hold.reference.as_str(),
        hold.since,
        hold.until,
        set_by_code(hold.set_by),
    ];
    batch.push(&INSERT_HOLD, values, Expect::Rows(1));
}

/// The columns of the facts, in the order of the statements.
fn columns(facts: &Facts) -> Vec<Value> {
    let (holder, sim, last) = (facts.holder, facts.sim, facts.last_use);
    params![
        facts.lifecycle.code(),
        facts.since,
        holder.map(|holder| holder.party_id),
        holder.map(|holder| holder.episode_id),
        holder.map(|holder| holder.since),
        facts.former_party_id,
        sim.map(|sim| sim.iccid.as_str().to_owned()),
        sim.map(|sim| sim.imsi.as_str().to_owned()),
        facts.keep_from,
        last.map(|last| last.kind.code()),
        last.map(|last| last.at),
        facts.ladder.map(|mark| i64::from(mark.day)),
        facts.ladder.map(|mark| mark.at),
        facts.until,
        facts.cause.map(Cause::code),
        facts.arrears_since,
        facts.reverify_by,
        facts.notice_proven_at,
        facts.retry_at,
        facts.due_at,
    ]
}

fn of_row(row: &impl Columns, holds: Holds) -> Result<NumberRow, Error> {
    let holder = match (row.get(5)?, row.get(6)?, row.get(7)?) {
        (Some(party_id), Some(episode_id), Some(since)) => {
            Some(Holder { party_id, episode_id, since })
        }
        _ => None,
    };
    let last_use = row.parse_opt(12, UsageKind::from_code)?.zip(row.get(13)?);
    let last_use = last_use.map(|(kind, at)| Usage { kind, at });
    let ladder = match (row.get::<Option<i64>>(14)?, row.get(15)?) {
        (Some(day), Some(at)) => {
            Some(LadderMark { day: i32::try_from(day).map_err(|_| corrupt(14))?, at })
        }
        _ => None,
    };
    let facts = Facts {
        lifecycle: row.parse(3, Lifecycle::from_code)?,
        since: row.get(4)?,
        holds,
        holder,
        former_party_id: row.get(8)?,
        sim: sim_ref(row, 9)?,
        keep_from: row.get(11)?,
        last_use,
        ladder,
        until: row.get(16)?,
        cause: row.parse_opt(17, Cause::from_code)?,
        arrears_since: row.get(18)?,
        reverify_by: row.get(19)?,
        notice_proven_at: row.get(20)?,
        retry_at: row.get(21)?,
        due_at: row.get(22)?,
    };
    Ok(NumberRow { msisdn: row.get(0)?, operator_id: row.get(1)?, version: row.get(2)?, facts })
}

fn hold_of_row(row: &impl Columns) -> Result<Hold, Error> {
    Ok(Hold {
        kind: row.parse(0, HoldKind::from_code)?,
        reference: row.get(1)?,
        since: row.get(2)?,
        until: row.get(3)?,
        set_by: row.parse(4, set_by_from_code)?,
    })
}

/// The SIM in the columns `at` (ICCID) and the next (IMSI).
fn sim_ref(row: &impl Columns, at: usize) -> Result<Option<SimRef>, Error> {
    let Some(iccid) = row.parse_opt(at, |text| Iccid::parse(text).ok())? else { return Ok(None) };
    let imsi = row.parse(at + 1, |text| Imsi::parse(text).ok())?;
    Ok(Some(SimRef { iccid, imsi }))
}

fn corrupt(column: usize) -> Error {
    Error::new(ErrorKind::Corrupt, format!("column {column} is out of range"))
}

const SET_BY: [(SetBy, &str); 4] = [
    (SetBy::Policy, "policy"),
    (SetBy::Holder, "holder"),
    (SetBy::Operator, "operator"),
    (SetBy::Authority, "authority"),
];

fn set_by_code(set_by: SetBy) -> &'static str {
    SET_BY.iter().find(|(each, _)| *each == set_by).map_or("policy", |(_, code)| code)
}

fn set_by_from_code(code: &str) -> Option<SetBy> {
    SET_BY.iter().find(|(_, each)| *each == code).map(|(set_by, _)| *set_by)
}
