//! The queue, which is also the outbox: jobs are committed with the change that needs them.
//!
//! `(kind, key)` names a job. Asking again for one that waits or runs does not double it, but
//! makes it run once more after now: its generation grows, and a run only removes the generation
//! it began with.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::params;
use crate::statement::Statement;
use domain::id::JobId;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT];

const INSERT: Statement = Statement::new(
    "job.insert",
    "insert into job (bucket, kind, key, id, generation, payload, run_at, attempt, created_at) \
     values ($1, $2, $3, $4, 1, $5, $6, 0, $7) \
     on conflict (bucket, kind, key) do update set \
        generation = job.generation + 1, payload = excluded.payload, attempt = 0, \
        dead_at = null, run_at = case when job.dead_at is null and job.run_at < excluded.run_at \
            then job.run_at else excluded.run_at end",
);

/// Work to be done after the commit, safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which handler, such as `notice.deliver`.
    pub kind: &'static str,
    /// What it is about, such as `ntc_…`: one job per kind and key.
    pub key: String,
    /// What the handler needs, as JSON, without personal data.
    pub payload: serde_json::Value,
    /// Not before this instant.
    pub run_at: At,
}

pub(crate) fn insert(batch: &mut Batch, job: Job) {
    let at = batch.at();
    let id = JobId::from_u128(seal::entropy::uuid_v7(at.millis()));
    let values = params![
        bucket::of(&job.key),
        job.kind,
        job.key,
        id,
        job.payload.to_string(),
        job.run_at,
        at,
    ];
    batch.push(&INSERT, values, Expect::Rows(1));
}
