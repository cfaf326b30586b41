//! Many numbers brought into stock at once: one statement for those of a block.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::Lifecycle;
use std::collections::HashSet;

pub(crate) const ALL: &[&Statement] = &[&INSERT_MANY, &KNOWN];

/// The row of [`domain::number::Facts::in_stock`], for each of the numbers.
const INSERT_MANY: Statement = Statement::of_two(
    "number.insert_many",
    "insert into number (bucket, msisdn, version, operator_id, lifecycle, since_at, keep_from_at) \
        select $1, k.value, 0, $3, $4, $5, $5 from json_each($2) k",
    "insert into number (bucket, msisdn, version, operator_id, lifecycle, since_at, keep_from_at) \
        select $1, k.value, 0, $3, $4, $5, $5 from unnest(cast($2 as bigint[])) as k(value)",
);
const KNOWN: Statement = Statement::of_two(
    "number.known",
    "select msisdn from number where bucket = $1 and msisdn in (select value from json_each($2))",
    "select msisdn from number where bucket = $1 and msisdn = any($2)",
);

/// Stores new numbers, in stock from the instant of the batch on, as version 0: what brought them
/// in has one entry in the audit log for all. A duplicate if one of them is known.
pub fn insert_many(batch: &mut Batch, operator_id: OperatorId, numbers: &[Msisdn]) {
    let at = batch.at();
    for (bucket, some) in by_block(numbers) {
        let count = some.len() as u64;
        let lifecycle = Lifecycle::InStock.code();
        let values = params![bucket, some, operator_id, lifecycle, at];
        batch.push(&INSERT_MANY, values, Expect::Rows(count));
    }
}

/// Those of the numbers that we have, whoever's they are.
pub async fn known(db: &Db, numbers: &[Msisdn]) -> Result<HashSet<Msisdn>, Error> {
    let queries = by_block(numbers).map(|(bucket, some)| (&KNOWN, params![bucket, some]));
    let answers = db.query_many(queries.collect()).await?;
    answers.iter().flatten().map(|row| row.get(0)).collect()
}

/// The numbers by block, as they came, each with the bucket of its block.
fn by_block(numbers: &[Msisdn]) -> impl Iterator<Item = (i64, Vec<i64>)> {
    numbers.chunk_by(|a, b| a.block() == b.block()).filter_map(|some| {
        Some((some.first()?.bucket(), some.iter().map(|msisdn| msisdn.as_i64()).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CommitError;
    use crate::number::{NumberRow, load};
    use crate::on_both_engines;
    use domain::number::Facts;
    use domain::time::At;

    on_both_engines! {
        async fn many_numbers_are_stored_as_one_is(db: Fresh) {
            let at = At::from_millis(1_790_000_000_000);
            let number = |n: u64| Msisdn::from_e164(8_613_800_000_000 + n).unwrap();
            let numbers = [number(1), number(2), number(9_999), number(10_000), number(55_555)];
            let mut batch = Batch::new(at);
            insert_many(&mut batch, OperatorId(3), &numbers);
            assert_eq!(batch.len(), 3);
            db.commit(batch).await.unwrap();
            for msisdn in numbers {
                let facts = Facts::in_stock(at);
                let want = NumberRow { msisdn, operator_id: OperatorId(3), version: 0, facts };
                assert_eq!(load(&db, msisdn).await.unwrap(), Some(want));
            }
            let asked = [number(0), number(2), number(3), number(10_000)];
            let found = known(&db, &asked).await.unwrap();
            assert_eq!(found, HashSet::from([number(2), number(10_000)]));

            let mut batch = Batch::new(at);
            insert_many(&mut batch, OperatorId(3), &[number(7), number(55_555)]);
            let again = db.commit(batch).await;
            assert!(matches!(again, Err(CommitError::Duplicate("number.insert_many"))));
            assert_eq!(load(&db, number(7)).await.unwrap(), None);
        }
    }
}
