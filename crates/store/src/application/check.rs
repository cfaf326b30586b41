//! Finished checks and what the rule made of them.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use domain::check::{Check, CheckKind, Outcome};
use domain::decision::Decision;
use domain::id::{ApplicationId, OperatorId};
use domain::reason::{Item, Reason};
use domain::time::At;

pub(crate) const ALL: &[&Statement] =
    &[&INSERT, &LATEST, &LATEST_RUN, &INSERT_DECISION, &LATEST_DECISION, &AGREEMENT];

const INSERT: Statement = Statement::new(
    "application_check.insert",
    "insert into application_check (bucket, application_id, run, kind, item, outcome, reason, \
        evidence, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const LATEST: Statement = Statement::new(
    "application_check.latest",
    "select kind, item, outcome, reason, evidence from application_check \
     where bucket = $1 and application_id = $2 and run = (select max(run) from application_check \
        where bucket = $1 and application_id = $2) order by kind, item",
);
const LATEST_RUN: Statement = Statement::new(
    "application_check.latest_run",
    "select coalesce(max(run), 0) from application_decision \
     where bucket = $1 and application_id = $2",
);
const INSERT_DECISION: Statement = Statement::new(
    "application_decision.insert",
    "insert into application_decision (bucket, application_id, run, decision, policy, at, \
        is_clean) values ($1, $2, $3, $4, $5, $6, $7)",
);
const LATEST_DECISION: Statement = Statement::new(
    "application_decision.latest",
    "select decision, policy, at from application_decision \
     where bucket = $1 and application_id = $2 order by run desc limit 1",
);

/// What people first said of clean applications: how often they approved, and how often not.
const AGREEMENT: Statement = Statement::new(
    "application_decision.agreement",
    "select sum(case when o.opinion like '%\"verdict\":\"approve\"%' then 1 else 0 end), count(*) \
     from application_decision d join review_opinion o on o.bucket = d.bucket \
        and o.application_id = d.application_id and o.stage = 'first' \
        and o.settled_at is not null and o.undone_at is null \
     where d.is_clean and d.at >= $1 and o.operator_id = $2",
);

/// What the rule made of the last run of checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Verdict and fired rules.
    pub decision: Decision,
    /// The policy they came from.
    pub policy: String,
    /// When.
    pub at: At,
}

/// Adds a run of checks with its decision.
pub fn insert(batch: &mut Batch, id: ApplicationId, run: i64, checks: &[Check], decided: &Decided) {
    for check in checks {
        let values = params![
            id.bucket(),
            id,
            run,
            check.kind.code(),
            check.item.map_or("", Item::code),
            check.outcome.code(),
            check.reason.map(Reason::code),
            json(&check.evidence),
            decided.at,
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }
    let values = params![
        id.bucket(),
        id,
        run,
        json(&decided.decision),
        decided.policy.as_str(),
        decided.at,
        decided.decision.is_clean(),
    ];
    batch.push(&INSERT_DECISION, values, Expect::Rows(1));
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("rules serialise")
}

/// The number of the last run; 0 before the first.
pub async fn latest_run(db: &Db, id: ApplicationId) -> Result<i64, Error> {
    db.query_one(&LATEST_RUN, params![id.bucket(), id]).await?.get(0)
}

/// The checks of the last run, in the order of [`CheckKind::ALL`].
pub async fn latest(db: &Db, id: ApplicationId) -> Result<Vec<Check>, Error> {
    let rows = db.query(&LATEST, params![id.bucket(), id]).await?;
    let mut checks: Vec<Check> = rows
        .iter()
        .map(|row| {
            let item: String = row.get(1)?;
            let reason: Option<String> = row.get(3)?;
            let evidence: String = row.get(4)?;
            let evidence = serde_json::from_str(&evidence)
                .map_err(|e| Error::caused(ErrorKind::Corrupt, "the evidence of a check", e))?;
            Ok(Check {
                kind: row.parse(0, CheckKind::from_code)?,
                item: Item::from_code(&item),
                outcome: row.parse(2, Outcome::from_code)?,
                reason: reason.as_deref().and_then(Reason::from_code),
                evidence,
            })
        })
        .collect::<Result<_, Error>>()?;
    checks.sort_by_key(|check| (check.kind, check.item));
    Ok(checks)
}

/// What the rule made of the last run.
pub async fn latest_decision(db: &Db, id: ApplicationId) -> Result<Option<Decided>, Error> {
    let Some(row) = db.query_opt(&LATEST_DECISION, params![id.bucket(), id]).await? else {
        return Ok(None);
    };
    let decision: String = row.get(0)?;
    let decision = serde_json::from_str(&decision)
        .map_err(|e| Error::caused(ErrorKind::Corrupt, "a decision", e))?;
    Ok(Some(Decided { decision, policy: row.get(1)?, at: row.get(2)? }))
}

/// Of the operator's applications since `since` that the machine would have approved, and on which
/// a person gave a first opinion: how many were approved, and how many there are.
pub async fn agreement(db: &Db, operator_id: OperatorId, since: At) -> Result<(i64, i64), Error> {
    let row = db.query_one(&AGREEMENT, params![since, operator_id]).await?;
    Ok((row.get::<Option<i64>>(0)?.unwrap_or_default(), row.get(1)?))
}
