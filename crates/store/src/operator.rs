//! Operators: a reference table, read often, written when one joins.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Columns;
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::time::Zone;
use std::sync::PoisonError;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &LOAD, &BY_CODE, &LIST];

const INSERT: Statement = Statement::new(
    "operator.insert",
    "insert into operator (id, code, name_zh, name_en, brand, hotline, zone, policy_pack, \
        language, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const LOAD: Statement = Statement::new(
    "operator.load",
    "select id, code, name_zh, name_en, brand, hotline, zone, policy_pack, language \
        from operator where id = $1",
);
const BY_CODE: Statement = Statement::new(
    "operator.by_code",
    "select id, code, name_zh, name_en, brand, hotline, zone, policy_pack, language \
        from operator where code = $1",
);
pub(crate) const LIST: Statement = Statement::new(
    "operator.list",
    "select id, code, name_zh, name_en, brand, hotline, zone, policy_pack, language \
        from operator order by id",
);

/// Adds an operator.
pub fn insert(batch: &mut Batch, operator: &Operator) {
    let at = batch.at();
    let values = params![
        operator.id.0,
        operator.code.as_str(),
        operator.name_zh.as_str(),
        operator.name_en.as_str(),
        operator.brand.as_str(),
        operator.hotline.as_str(),
        operator.zone.name(),
        operator.policy_pack.as_str(),
        operator.language.as_str(),
        at,
    ];
    batch.push(&INSERT, values, Expect::Rows(1));
}

/// The operator `id`. It is read once: every step of an application goes by its operator, and no
/// statement changes one.
pub async fn load(db: &Db, id: OperatorId) -> Result<Option<Operator>, Error> {
    let known = || db.operators.lock().unwrap_or_else(PoisonError::into_inner);
    let read = known().get(&id).cloned();
    if read.is_some() {
        return Ok(read);
    }
    let read = db.query_opt(&LOAD, params![id.0]).await?.as_ref().map(of_row).transpose()?;
    if let Some(operator) = &read {
        known().insert(id, operator.clone());
    }
    Ok(read)
}

/// The operator with this code.
pub async fn by_code(db: &Db, code: &str) -> Result<Option<Operator>, Error> {
    db.query_opt(&BY_CODE, params![code]).await?.as_ref().map(of_row).transpose()
}

/// All operators, oldest first.
pub async fn list(db: &Db) -> Result<Vec<Operator>, Error> {
    db.query(&LIST, params![]).await?.iter().map(of_row).collect()
}

pub(crate) fn of_row(row: &impl Columns) -> Result<Operator, Error> {
    let zone: String = row.get(6)?;
    let zone = Zone::named(&zone)
        .ok_or_else(|| Error::new(ErrorKind::Bug, format!("operator in unknown zone {zone}")))?;
    Ok(Operator {
        id: OperatorId(row.get(0)?),
        code: row.get(1)?,
        name_zh: row.get(2)?,
        name_en: row.get(3)?,
        brand: row.get(4)?,
        hotline: row.get(5)?,
        zone,
        policy_pack: row.get(7)?,
        language: row.get(8)?,
    })
}
