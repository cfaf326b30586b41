//! What an identity authority was asked about an application, and the answers that may be kept.

use crate::application::contact::index_bucket;
use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use domain::authority::{Answer, Question};
use domain::id::{ApplicationId, OperatorId};
use domain::time::At;

pub(crate) const ALL: &[&Statement] =
    &[&INSERT, &UPDATE, &LOAD, &ERASE, &KEEP, &KEPT, &FORGET, &SWEEP];

const INSERT: Statement = Statement::new(
    "application_authority.insert",
    "insert into application_authority (bucket, application_id, input_index, question, tries, \
        first_at, asked_at, outcome, answer, answered_at, is_kept, version) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
);
const UPDATE: Statement = Statement::new(
    "application_authority.update",
    "update application_authority set tries = $4, asked_at = $5, outcome = $6, answer = $7, \
        answered_at = $8, is_kept = $9, version = version + 1 \
     where bucket = $1 and application_id = $2 and input_index = $3 and version = $10",
);
const LOAD: Statement = Statement::new(
    "application_authority.load",
    "select question, tries, first_at, asked_at, outcome, answer, answered_at, is_kept, version \
     from application_authority \
     where bucket = $1 and application_id = $2 and input_index = $3",
);
const ERASE: Statement = Statement::new(
    "application_authority.erase",
    "delete from application_authority where bucket = $1 and application_id = $2",
);
const KEEP: Statement = Statement::new(
    "authority_kept.put",
    "insert into authority_kept (bucket, operator_id, input_index, answer, answered_at, \
        keep_until) values ($1, $2, $3, $4, $5, $6) \
     on conflict (bucket, operator_id, input_index) do update set answer = excluded.answer, \
        answered_at = excluded.answered_at, keep_until = excluded.keep_until",
);
const KEPT: Statement = Statement::new(
    "authority_kept.load",
    "select answer, answered_at from authority_kept \
     where bucket = $1 and operator_id = $2 and input_index = $3 and keep_until > $4",
);
const FORGET: Statement = Statement::new(
    "authority_kept.forget",
    "delete from authority_kept where bucket = $1 and operator_id = $2 and input_index = $3",
);
const SWEEP: Statement =
    Statement::new("authority_kept.sweep", "delete from authority_kept where keep_until <= $1");

/// How a lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It answered.
    Answered(Answer, At),
    /// It refused to.
    Refused,
    /// It did not in time.
    NoAnswer,
}

/// One lookup about an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The blind index of what is asked.
    pub input_index: [u8; 16],
    /// What is asked.
    pub question: Question,
    /// How often the authority was called.
    pub tries: i64,
    /// When it was to be asked first.
    pub first_at: At,
    /// When it was called last.
    pub asked_at: At,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// Whether the answer was given for an earlier application.
    pub is_kept: bool,
    /// Grows with every change; 0 before it is stored.
    pub version: i64,
}

impl Lookup {
    /// Writes it as it is now, if it still has the version it was loaded with.
    pub fn put(&self, batch: &mut Batch, id: ApplicationId) {
        let (outcome, answer, answered_at) = match self.ended {
            None => (None, None, None),
            Some(Ended::Answered(answer, at)) => (Some("answered"), Some(json(answer)), Some(at)),
            Some(Ended::Refused) => (Some("refused"), None, None),
            Some(Ended::NoAnswer) => (Some("no_answer"), None, None),
        };
        let (bucket, index) = (id.bucket(), self.input_index);
        if self.version == 0 {
            let values = params![
                bucket,
                id,
                index,
                self.question.code(),
                self.tries,
                self.first_at,
                self.asked_at,
                outcome,
                answer,
                answered_at,
                self.is_kept,
            ];
            batch.push(&INSERT, values, Expect::Rows(1));
        } else {
            let values = params![
                bucket,
                id,
                index,
                self.tries,
                self.asked_at,
                outcome,
                answer,
                answered_at,
                self.is_kept,
                self.version,
            ];
            batch.push(&UPDATE, values, Expect::Rows(1));
        }
    }

    /// The lookup of this input for this application.
    pub async fn load(
        db: &Db,
        id: ApplicationId,
        input_index: [u8; 16],
    ) -> Result<Option<Self>, Error> {
        let row = db.query_opt(&LOAD, params![id.bucket(), id, input_index]).await?;
        let Some(row) = row else { return Ok(None) };
        let (outcome, answer): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
        let answered_at: Option<At> = row.get(6)?;
        let ended = match outcome.as_deref() {
            None => None,
            Some("refused") => Some(Ended::Refused),
            Some("answered") => {
                let answer = answer_of(answer.as_deref().unwrap_or_default())?;
                Some(Ended::Answered(answer, answered_at.unwrap_or(At::from_millis(0))))
            }
            Some(_) => Some(Ended::NoAnswer),
        };
        Ok(Some(Self {
            input_index,
            question: row.parse(0, Question::from_code)?,
            tries: row.get(1)?,
            first_at: row.get(2)?,
            asked_at: row.get(3)?,
            ended,
            is_kept: row.get(7)?,
            version: row.get(8)?,
        }))
    }

    /// Removes every lookup about an application.
    pub fn erase(batch: &mut Batch, id: ApplicationId) {
        batch.push(&ERASE, params![id.bucket(), id], Expect::Any);
    }
}

/// Keeps an answer until `keep_until`.
pub fn keep(
    batch: &mut Batch,
    operator_id: OperatorId,
    input_index: [u8; 16],
    answer: Answer,
    keep_until: At,
) {
    let at = batch.at();
    let bucket = index_bucket(input_index);
    let values = params![bucket, operator_id, input_index, json(answer), at, keep_until];
    batch.push(&KEEP, values, Expect::Rows(1));
}

/// The answer that was kept, and when it was given.
pub async fn kept(
    db: &Db,
    operator_id: OperatorId,
    input_index: [u8; 16],
    now: At,
) -> Result<Option<(Answer, At)>, Error> {
    let bucket = index_bucket(input_index);
    let row = db.query_opt(&KEPT, params![bucket, operator_id, input_index, now]).await?;
    let Some(row) = row else { return Ok(None) };
    let text: String = row.get(0)?;
    Ok(Some((answer_of(&text)?, row.get(1)?)))
}

/// Keeps an answer no longer.
pub fn forget(batch: &mut Batch, operator_id: OperatorId, input_index: [u8; 16]) {
    let bucket = index_bucket(input_index);
    batch.push(&FORGET, params![bucket, operator_id, input_index], Expect::Any);
}

/// Removes the answers whose time is over.
pub fn sweep(batch: &mut Batch) {
    let at = batch.at();
    batch.push(&SWEEP, params![at], Expect::Any);
}

fn json(answer: Answer) -> String {
    serde_json::to_string(&answer).expect("words serialise")
}

fn answer_of(text: &str) -> Result<Answer, Error> {
    serde_json::from_str(text)
        .map_err(|e| Error::caused(ErrorKind::Corrupt, "the answer of an authority", e))
}
