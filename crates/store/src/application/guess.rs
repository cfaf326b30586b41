//! Wrong guesses of the card that belongs to a number: counted, so that guessing ends.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use domain::msisdn::Msisdn;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&LOAD, &COUNT];

const LOAD: Statement = Statement::new(
    "pair_guess.load",
    "select window_at, wrong from pair_guess where bucket = $1 and msisdn = $2",
);
/// One more in the window; the first of a new window begins it.
const COUNT: Statement = Statement::new(
    "pair_guess.count",
    "insert into pair_guess (bucket, msisdn, window_at, wrong) values ($1, $2, $3, 1) \
     on conflict (bucket, msisdn) do update set \
        wrong = case when pair_guess.window_at > $4 then pair_guess.wrong + 1 else 1 end, \
        window_at = case when pair_guess.window_at > $4 then pair_guess.window_at else $3 end",
);

/// Since when wrong guesses about a number are counted, and how many there were.
pub async fn load(db: &Db, msisdn: Msisdn) -> Result<Option<(At, i64)>, Error> {
    let row = db.query_opt(&LOAD, params![msisdn.bucket(), msisdn]).await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Counts a wrong guess; a window that began at or before `ended` is over.
pub fn count(batch: &mut Batch, msisdn: Msisdn, ended: At) {
    let at = batch.at();
    batch.push(&COUNT, params![msisdn.bucket(), msisdn, at, ended], Expect::Rows(1));
}
