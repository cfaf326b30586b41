//! Imported years of business calendars: a reference table.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;

pub(crate) const ALL: &[&Statement] = &[&UPSERT, &OF_NAME];

const UPSERT: Statement = Statement::new(
    "calendar_year.upsert",
    "insert into calendar_year (name, year, content, imported_at) values ($1, $2, $3, $4) \
     on conflict (name, year) do update set content = excluded.content, \
        imported_at = excluded.imported_at",
);
const OF_NAME: Statement = Statement::new(
    "calendar_year.of_name",
    "select content from calendar_year where name = $1 order by year",
);

/// Puts a year, written as the calendar of that one year in TOML, in place of the one before.
pub fn upsert(batch: &mut Batch, name: &str, year: i16, content: &str) {
    let at = batch.at();
    batch.push(&UPSERT, params![name, i64::from(year), content, at], Expect::Rows(1));
}

/// The imported years of a calendar, in order.
pub async fn of_name(db: &Db, name: &str) -> Result<Vec<String>, Error> {
    db.query(&OF_NAME, params![name]).await?.iter().map(|row| row.get(0)).collect()
}
