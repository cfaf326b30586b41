//! The number pools of an operator: one row, changed as a whole; and which numbers are free.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use domain::id::OperatorId;
use domain::msisdn::{BLOCK_SIZE, Msisdn, bucket_of_block};
use domain::number::Lifecycle;
use domain::pool::Pools;

pub(crate) const ALL: &[&Statement] = &[&LOAD, &INSERT, &UPDATE, &FREE, &FREE_OF_BLOCK, &OF_BLOCK];

const LOAD: Statement = Statement::new(
    "number_pool.load",
    "select version, content from number_pool where operator_id = $1",
);
const INSERT: Statement = Statement::new(
    "number_pool.insert",
    "insert into number_pool (operator_id, version, content) values ($1, 1, $2)",
);
const UPDATE: Statement = Statement::new(
    "number_pool.update",
    "update number_pool set version = version + 1, content = $3 \
     where operator_id = $1 and version = $2",
);
/// Those of some numbers of one block that are in stock.
const FREE: Statement = Statement::of_two(
    "number.free",
    "select msisdn from number where bucket = $1 and operator_id = $3 and lifecycle = $4 \
        and msisdn in (select value from json_each($2)) order by msisdn",
    "select msisdn from number where bucket = $1 and operator_id = $3 and lifecycle = $4 \
        and msisdn = any(cast($2 as bigint[])) order by msisdn",
);
/// Those between two numbers of one block that are in stock.
const FREE_OF_BLOCK: Statement = Statement::new(
    "number.free_of_block",
    "select msisdn from number where bucket = $1 and msisdn >= $2 and msisdn <= $3 \
        and operator_id = $4 and lifecycle = $5 order by msisdn",
);
/// Every number between two of one block.
const OF_BLOCK: Statement = Statement::new(
    "number.of_block",
    "select msisdn, lifecycle from number \
     where bucket = $1 and msisdn >= $2 and msisdn <= $3 and operator_id = $4",
);

/// An operator's pools and the version of the row, 0 while there is none.
pub async fn load(db: &Db, operator_id: OperatorId) -> Result<(Pools, i64), Error> {
    let Some(row) = db.query_opt(&LOAD, params![operator_id]).await? else {
        return Ok((Pools::default(), 0));
    };
    let content: String = row.get(1)?;
    let pools = serde_json::from_str(&content)
        .map_err(|e| Error::caused(ErrorKind::Corrupt, "the pools of an operator", e))?;
    Ok((pools, row.get(0)?))
}

/// Puts the pools in place of those of `version`; a conflict or duplicate if somebody was faster.
pub fn put(batch: &mut Batch, operator_id: OperatorId, version: i64, pools: &Pools) {
    let content = serde_json::to_string(pools).expect("pools serialise");
    if version == 0 {
        batch.push(&INSERT, params![operator_id, content], Expect::Rows(1));
    } else {
        batch.push(&UPDATE, params![operator_id, version, content], Expect::Rows(1));
    }
}

/// Which numbers of a block are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// These.
    List(Vec<Msisdn>),
    /// From the first to the last, both included.
    Part(u64, u64),
}

/// Those that are in the operator's stock, in order, for each part of a block that is asked for.
pub async fn free(
    db: &Db,
    operator_id: OperatorId,
    asked: Vec<Asked>,
) -> Result<Vec<Vec<Msisdn>>, Error> {
    let in_stock = Lifecycle::InStock.code();
    let query = |asked| match asked {
        Asked::List(list) => {
            let numbers: Vec<i64> = list.iter().map(|msisdn| msisdn.as_i64()).collect();
            let bucket = list.first().map_or(0, |first| first.bucket());
            (&FREE, params![bucket, numbers, operator_id, in_stock])
        }
        Asked::Part(first, last) => {
            let bucket = bucket_of_block(first / BLOCK_SIZE);
            let (first, last) = (first.cast_signed(), last.cast_signed());
            (&FREE_OF_BLOCK, params![bucket, first, last, operator_id, in_stock])
        }
    };
    let answers = db.query_many(asked.into_iter().map(query).collect()).await?;
    answers.iter().map(|rows| rows.iter().map(|row| row.get(0)).collect()).collect()
}

/// The operator's numbers from `first` to `last`, which lie in one block, and where each stands.
pub async fn of_block(
    db: &Db,
    operator_id: OperatorId,
    (first, last): (u64, u64),
) -> Result<Vec<(Msisdn, Lifecycle)>, Error> {
    let bucket = bucket_of_block(first / BLOCK_SIZE);
    let values = params![bucket, first.cast_signed(), last.cast_signed(), operator_id];
    let rows = db.query(&OF_BLOCK, values).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.parse(1, Lifecycle::from_code)?))).collect()
}
