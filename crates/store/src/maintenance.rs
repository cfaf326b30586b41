//! Whether the installation is closed for maintenance: one row, or none.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&BEGIN, &END, &NOW];

const BEGIN: Statement = Statement::new(
    "maintenance.begin",
    "insert into maintenance (id, began_at, until_at) values (1, $1, $2) \
     on conflict (id) do update set until_at = excluded.until_at",
);
const END: Statement = Statement::new("maintenance.end", "delete from maintenance where id = 1");
const NOW: Statement =
    Statement::new("maintenance.now", "select began_at, until_at from maintenance where id = 1");

/// A closed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Since when.
    pub began_at: At,
    /// When it should be over, if somebody said so.
    pub until_at: Option<At>,
}

/// Closes, or says anew until when.
pub fn begin(batch: &mut Batch, until_at: Option<At>) {
    let at = batch.at();
    batch.push(&BEGIN, params![at, until_at], Expect::Rows(1));
}

/// Opens again; nothing happens if it is open.
pub fn end(batch: &mut Batch) {
    batch.push(&END, params![], Expect::Any);
}

/// The closed time that is going on.
pub async fn now(db: &Db) -> Result<Option<Maintenance>, Error> {
    let row = db.query_opt(&NOW, params![]).await?;
    row.map(|row| Ok(Maintenance { began_at: row.get(0)?, until_at: row.get(1)? })).transpose()
}
