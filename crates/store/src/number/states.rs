//! Everything that many short questions about numbers need, read at once on one snapshot: the
//! tokens that ask, the operators, the numbers with their holds, how far the network is, and which
//! version the activity of each block has.
//!
//! On SQLite that happens where the file is read: an [`Asker`] is called by a thread that reads
//! when it is free, says what it wants to know by then, and is told there and then.

use super::{HOLDS, HOLDS_MANY, LOAD, LOAD_MANY, NumberRow, hold_of_row, key_of, of_row};
use crate::api_token::{self, StoredToken};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::operator;
use crate::params;
use crate::sqlite::Snapshot;
use crate::statement::Statement;
use crate::value::Columns;
use domain::id::TokenId;
use domain::msisdn::{Msisdn, bucket_of_block};
use domain::number::Holds;
use domain::operator::Operator;
use domain::sim::Imsi;
use domain::time::At;
use std::collections::{BTreeSet, HashMap};
use tokio::sync::oneshot;

pub(crate) const ALL: &[&Statement] = &[&TOLD, &TOLD_MANY, &VERSION, &VERSIONS];

const TOLD: Statement = Statement::new(
    "provision.told",
    "select wanted_at, step = 'confirmed', confirmed_at from provision \
     where bucket = $1 and msisdn = $2 and imsi = $3",
);
const TOLD_MANY: Statement = Statement::of_two(
    "provision.of_numbers",
    "select p.wanted_at, p.step = 'confirmed', p.confirmed_at, p.msisdn, p.imsi \
     from json_each($1) k cross join provision p \
        on p.bucket = (k.value & 1023) and p.msisdn = (k.value >> 10)",
    "select p.wanted_at, p.step = 'confirmed', p.confirmed_at, p.msisdn, p.imsi \
     from unnest(cast($1 as bigint[])) as k(value) join provision p \
        on p.bucket = (k.value & 1023) and p.msisdn = (k.value >> 10)",
);
/// From an index of its own: the row is long, and its version lies behind the blob.
const VERSION: Statement = Statement::of_two(
    "activity.version",
    "select version from activity indexed by activity_version where bucket = $1 and block = $2",
    "select version from activity where bucket = $1 and block = $2",
);
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
    /// Since when something is wanted.
    pub wanted_at: At,
    /// Whether it was read back and is as wanted.
    pub is_confirmed: bool,
    /// When that was first so.
    pub confirmed_at: Option<At>,
}

/// What somebody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The tokens that ask.
    pub tokens: Vec<TokenId>,
    /// The numbers, in any order; one may be there twice.
    pub msisdns: Vec<Msisdn>,
}

/// A number that we serve.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The number itself.
    pub row: NumberRow,
    /// How far the network is with its SIM.
    pub told: Option<Told>,
    /// The version of the activity of its block, if that has any.
    pub version: Option<i64>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct States {
    /// Those of the tokens that exist, valid or not.
    pub tokens: Vec<StoredToken>,
    /// All operators.
    pub operators: Vec<Operator>,
    /// For each number, in the order asked, what there is if we serve it.
    pub numbers: Vec<Option<State>>,
}

/// Somebody with questions.
pub trait Asker: Send + 'static {
    /// What to read now; `None` if there is nothing more to ask. Called where reading begins.
    fn next(&mut self) -> Option<Asked>;

    /// What was read for the last [`Asker::next`]. It must not wait for anything.
    fn told(&mut self, states: Result<States, Error>);
}

/// Reads for `asker` until it has nothing more to ask; then it is dropped. It returns at once.
pub fn read_for(db: &Db, mut asker: Box<dyn Asker>) {
    if let Some(sqlite) = db.sqlite() {
        return sqlite.read_with(Box::new(move |snapshot| {
            let Some(asked) = asker.next() else { return false };
            asker.told(snapshot.and_then(|snapshot| of_sqlite(snapshot, &asked)));
            true
        }));
    }
    let db = db.clone();
    tokio::spawn(async move {
        while let Some(asked) = asker.next() {
            asker.told(of_postgres(&db, &asked).await);
        }
    });
}

/// Reads once.
pub async fn load(db: &Db, asked: Asked) -> Result<States, Error> {
    struct Once(Option<Asked>, Option<oneshot::Sender<Result<States, Error>>>);
    impl Asker for Once {
        fn next(&mut self) -> Option<Asked> {
            self.0.take()
        }
        fn told(&mut self, states: Result<States, Error>) {
            if let Some(reply) = self.1.take() {
                let _ = reply.send(states);
            }
        }
    }
    let (reply, answer) = oneshot::channel();
    read_for(db, Box::new(Once(Some(asked), Some(reply))));
    answer.await.map_err(|_| Error::new(ErrorKind::Bug, "a thread that reads panicked"))?
}

/// Number by number, each column read where it lies: the quickest way with a file at hand.
fn of_sqlite(snapshot: &Snapshot<'_>, asked: &Asked) -> Result<States, Error> {
    let mut states = States::default();
    for id in &asked.tokens {
        snapshot.each(&api_token::LOAD, &params![*id], |row| {
            states.tokens.push(api_token::of_row(row)?);
            Ok(())
        })?;
    }
    snapshot.each(&operator::LIST, &[], |row| {
        states.operators.push(operator::of_row(row)?);
        Ok(())
    })?;
    let (mut load, mut holds) = (snapshot.prepare(&LOAD)?, snapshot.prepare(&HOLDS)?);
    let (mut told, mut version) = (snapshot.prepare(&TOLD)?, snapshot.prepare(&VERSION)?);
    for msisdn in &asked.msisdns {
        let (bucket, key) = (msisdn.bucket(), msisdn.as_i64());
        let number = load.first(&[&bucket, &key], |row| of_row(row, Holds::NONE))?;
        let Some(mut row) = number else {
            states.numbers.push(None);
            continue;
        };
        holds.each(&[&bucket, &key], |hold| {
            row.facts.holds.set(hold_of_row(hold)?);
            Ok(())
        })?;
        let told = match row.facts.sim {
            Some(sim) => {
                told.first(&[&bucket, &key, &sim.imsi.as_str()], |row| told_of_row(row))?
            }
            None => None,
        };
        let block = i64::try_from(msisdn.block()).unwrap_or(i64::MAX);
        let own_bucket = bucket_of_block(msisdn.block());
        let version = version.first(&[&own_bucket, &block], |row| row.get(0))?;
        states.numbers.push(Some(State { row, told, version }));
    }
    Ok(states)
}

/// All numbers by a few statements, in one trip.
async fn of_postgres(db: &Db, asked: &Asked) -> Result<States, Error> {
    let msisdns: BTreeSet<Msisdn> = asked.msisdns.iter().copied().collect();
    let keys: Vec<i64> = msisdns.iter().copied().map(key_of).collect();
    let blocks: BTreeSet<u64> = msisdns.iter().map(|msisdn| msisdn.block()).collect();
    let block_key = |block: u64| i64::try_from(block).unwrap_or(i64::MAX >> 10) << 10;
    let blocks: Vec<i64> =
        blocks.into_iter().map(|block| block_key(block) | bucket_of_block(block)).collect();
    let mut queries = vec![
        (&LOAD_MANY, params![keys.clone()]),
        (&HOLDS_MANY, params![keys.clone()]),
        (&TOLD_MANY, params![keys]),
        (&VERSIONS, params![blocks]),
        (&operator::LIST, Vec::new()),
    ];
    queries.extend(asked.tokens.iter().map(|id| (&api_token::LOAD, params![*id])));
    let mut answers = db.query_many(queries).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let (numbers, holds, told, versions, operators) = (next(), next(), next(), next(), next());
    let mut sims: HashMap<(Msisdn, Imsi), Told> = HashMap::new();
    for row in told {
        let imsi = row.parse(4, |text| Imsi::parse(text).ok())?;
        sims.insert((row.get(3)?, imsi), told_of_row(&row)?);
    }
    let version = |row: &crate::Row| Ok((row.get::<i64>(0)?.unsigned_abs(), row.get(1)?));
    let versions: HashMap<u64, i64> = versions.iter().map(version).collect::<Result<_, Error>>()?;
    let state = |row: NumberRow| {
        let told = row.facts.sim.and_then(|sim| sims.get(&(row.msisdn, sim.imsi)).copied());
        let version = versions.get(&row.msisdn.block()).copied();
        (row.msisdn, State { row, told, version })
    };
    let rows = super::rows_of(&numbers, holds)?;
    let found: HashMap<Msisdn, State> = rows.into_iter().map(state).collect();
    Ok(States {
        tokens: answers.flatten().map(|row| api_token::of_row(&row)).collect::<Result<_, _>>()?,
        operators: operators.iter().map(operator::of_row).collect::<Result<_, _>>()?,
        numbers: asked.msisdns.iter().map(|msisdn| found.get(msisdn).cloned()).collect(),
    })
}

fn told_of_row(row: &impl Columns) -> Result<Told, Error> {
    Ok(Told { wanted_at: row.get(0)?, is_confirmed: row.get(1)?, confirmed_at: row.get(2)? })
}
