//! Challenges of the live capture, and what came of each: no picture is kept.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::ApplicationId;
use domain::live::{Outcome, Step, Why};
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &USE, &FINISH, &LIST, &ERASE];

const INSERT: Statement = Statement::new(
    "application_live.insert",
    "insert into application_live (bucket, application_id, nonce, steps, issued_at, expires_at, \
        portrait_round, why, models) values ($1, $2, $3, $4, $5, $6, $7, '', '')",
);
/// Of two that come with the same challenge at the same time, one gets it.
const USE: Statement = Statement::new(
    "application_live.use",
    "update application_live set used_at = $4 \
     where bucket = $1 and application_id = $2 and nonce = $3 and used_at is null",
);
const FINISH: Statement = Statement::new(
    "application_live.finish",
    "update application_live set outcome = $4, why = $5, models = $6 \
     where bucket = $1 and application_id = $2 and nonce = $3 and outcome is null",
);
const LIST: Statement = Statement::new(
    "application_live.list",
    "select nonce, steps, issued_at, expires_at, portrait_round, used_at, outcome, why, models \
     from application_live where bucket = $1 and application_id = $2 order by issued_at, nonce",
);
const ERASE: Statement = Statement::new(
    "application_live.erase",
    "delete from application_live where bucket = $1 and application_id = $2",
);

/// One challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// SHA-256 of what the browser was given.
    pub nonce: Vec<u8>,
    /// What is asked for, in this order.
    pub steps: Vec<Step>,
    /// When it was given.
    pub issued_at: At,
    /// Until when it may be used.
    pub expires_at: At,
    /// The portrait it belongs to.
    pub portrait_round: i64,
    /// When it was used.
    pub used_at: Option<At>,
    /// What came of it; none until then.
    pub outcome: Option<Outcome>,
    /// Why it did not pass.
    pub why: Vec<Why>,
    /// The models, each with the SHA-256 of its file.
    pub models: String,
}

impl Challenge {
    /// Keeps a new one.
    pub fn insert(&self, batch: &mut Batch, id: ApplicationId) {
        let steps: Vec<&str> = self.steps.iter().map(|step| step.code()).collect();
        let values = params![
            id.bucket(),
            id,
            self.nonce.clone(),
            steps.join(" "),
            self.issued_at,
            self.expires_at,
            self.portrait_round
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }

    /// Uses it up; the batch fails if somebody else did.
    pub fn use_up(batch: &mut Batch, id: ApplicationId, nonce: &[u8]) {
        let at = batch.at();
        batch.push(&USE, params![id.bucket(), id, nonce.to_vec(), at], Expect::Rows(1));
    }

    /// Keeps what came of it.
    pub fn finish(batch: &mut Batch, id: ApplicationId, nonce: &[u8], why: &[Why], models: &str) {
        let outcome = domain::live::outcome(why).code();
        let codes: Vec<&str> = why.iter().map(|why| why.code()).collect();
        let values =
            params![id.bucket(), id, nonce.to_vec(), outcome, codes.join(" "), models.to_owned()];
        batch.push(&FINISH, values, Expect::Rows(1));
    }

    /// Every challenge of an application, the newest last.
    pub async fn list(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        let rows = db.query(&LIST, params![id.bucket(), id]).await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Forgets them all.
    pub fn erase(batch: &mut Batch, id: ApplicationId) {
        batch.push(&ERASE, params![id.bucket(), id], Expect::Any);
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        let (steps, why): (String, String) = (row.get(1)?, row.get(7)?);
        let outcome: Option<String> = row.get(6)?;
        Ok(Self {
            nonce: row.get(0)?,
            steps: steps.split_whitespace().filter_map(Step::from_code).collect(),
            issued_at: row.get(2)?,
            expires_at: row.get(3)?,
            portrait_round: row.get(4)?,
            used_at: row.get(5)?,
            outcome: outcome.as_deref().and_then(Outcome::from_code),
            why: why.split_whitespace().filter_map(Why::from_code).collect(),
            models: row.get(8)?,
        })
    }
}
