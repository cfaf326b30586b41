//! Everything that many short questions about numbers need, read at once on one snapshot: the
//! tokens that ask, the operators, the numbers with their holds, how far the network is, and which
//! version the activity of each block has.

use super::{HOLDS_MANY, LOAD_MANY, NumberRow, key_of};
use crate::api_token::{self, StoredToken};
use crate::db::Db;
use crate::error::Error;
use crate::operator;
use crate::params;
use crate::statement::Statement;
use domain::id::TokenId;
use domain::msisdn::{Msisdn, bucket_of_block};
use domain::operator::Operator;
use domain::sim::Imsi;
use domain::time::At;
use std::collections::{BTreeSet, HashMap};

pub(crate) const ALL: &[&Statement] = &[&TOLD, &VERSIONS];

const TOLD: Statement = Statement::of_two(
    "provision.of_numbers",
    "select p.msisdn, p.imsi, p.wanted_at, p.step = 'confirmed', p.confirmed_at \
     from json_each($1) k cross join provision p \
        on p.bucket = (k.value & 1023) and p.msisdn = (k.value >> 10)",
    "select p.msisdn, p.imsi, p.wanted_at, p.step = 'confirmed', p.confirmed_at \
     from unnest(cast($1 as bigint[])) as k(value) join provision p \
        on p.bucket = (k.value & 1023) and p.msisdn = (k.value >> 10)",
);
/// From an index of its own: the row is long, and its version lies behind the blob.
const VERSIONS: Statement = Statement::of_two(
    "activity.versions",
    "select a.block, a.version from json_each($1) k \
     cross join activity a indexed by activity_version \
        on a.bucket = (k.value & 1023) and a.block = (k.value >> 10)",
    "select a.block, a.version from unnest(cast($1 as bigint[])) as k(value) join activity a \
        on a.bucket = (k.value & 1023) and a.block = (k.value >> 10)",
);

/// How far the network is with one SIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The SIM.
    pub imsi: Imsi,
    /// Since when something is wanted.
    pub wanted_at: At,
    /// Whether it was read back and is as wanted.
    pub is_confirmed: bool,
    /// When that was first so.
    pub confirmed_at: Option<At>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct States {
    /// Those of the tokens that exist, valid or not.
    pub tokens: HashMap<TokenId, StoredToken>,
    /// All operators.
    pub operators: Vec<Operator>,
    /// Those of the numbers that we serve.
    pub numbers: HashMap<Msisdn, NumberRow>,
    /// How far the network is.
    pub told: HashMap<Msisdn, Vec<Told>>,
    /// The version of the activity of each block that has one.
    pub versions: HashMap<u64, i64>,
}

/// Reads it, in one trip.
pub async fn load(db: &Db, tokens: &[TokenId], msisdns: &[Msisdn]) -> Result<States, Error> {
    let keys: Vec<i64> = msisdns.iter().copied().map(key_of).collect();
    let blocks: BTreeSet<u64> = msisdns.iter().map(|msisdn| msisdn.block()).collect();
    let block_key = |block: u64| i64::try_from(block).unwrap_or(i64::MAX >> 10) << 10;
    let blocks: Vec<i64> =
        blocks.into_iter().map(|block| block_key(block) | bucket_of_block(block)).collect();
    let mut queries = vec![
        (&LOAD_MANY, params![keys.clone()]),
        (&HOLDS_MANY, params![keys.clone()]),
        (&TOLD, params![keys]),
        (&VERSIONS, params![blocks]),
        (&operator::LIST, Vec::new()),
    ];
    queries.extend(tokens.iter().map(|id| (&api_token::LOAD, params![*id])));
    let answers = db.query_many(queries).await?;
    let mut states = States::default();
    let mut answers = answers.into_iter();
    let (numbers, holds) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
    for row in super::rows_of(&numbers, holds)? {
        states.numbers.insert(row.msisdn, row);
    }
    for row in answers.next().unwrap_or_default() {
        states.told.entry(row.get(0)?).or_default().push(Told {
            imsi: row.parse(1, |text| Imsi::parse(text).ok())?,
            wanted_at: row.get(2)?,
            is_confirmed: row.get(3)?,
            confirmed_at: row.get(4)?,
        });
    }
    for row in answers.next().unwrap_or_default() {
        let block: i64 = row.get(0)?;
        states.versions.insert(block.unsigned_abs(), row.get(1)?);
    }
    for row in answers.next().unwrap_or_default() {
        states.operators.push(operator::of_row(&row)?);
    }
    for row in answers.flatten() {
        let token = api_token::of_row(&row)?;
        states.tokens.insert(token.id, token);
    }
    Ok(states)
}
