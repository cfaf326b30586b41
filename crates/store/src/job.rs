//! The queue, which is also the outbox: jobs are committed with the change that needs them.
//!
//! `(kind, key)` names a job. Asking again for one that waits or runs does not double it, but
//! makes it run once more after now: its generation grows, and a run only removes the generation
//! it began with. A worker holds a job by a lease; if the worker dies, the lease ends and another
//! takes over, so a job may run twice and must be safe to repeat. A job that keeps failing is
//! tried later and later, and at last set aside ("dead") for a person to look at.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::{CommitError, Error};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::JobId;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[
    &INSERT, &DUE, &DUE_OF, &DUE_BUT, &CLAIM, &DONE, &RELEASE, &AGAIN, &FAIL, &DEAD, &REVIVE, &NEXT,
];

/// Whether a batch with this statement asks for work.
pub(crate) const INSERT: Statement = Statement::new(
    "job.insert",
    "insert into job (bucket, kind, key, id, generation, payload, run_at, attempt, created_at) \
     values ($1, $2, $3, $4, 1, $5, $6, 0, $7) \
     on conflict (bucket, kind, key) do update set \
        generation = job.generation + 1, payload = excluded.payload, attempt = 0, \
        dead_at = null, run_at = case when job.dead_at is null and job.run_at < excluded.run_at \
            then job.run_at else excluded.run_at end",
);
const DUE: Statement = Statement::new(
    "job.due",
    "select bucket, kind, key from job where dead_at is null and run_at <= $1 \
        and (leased_until is null or leased_until <= $1) order by run_at limit $2",
);
const DUE_OF: Statement = Statement::new(
    "job.due_of",
    "select bucket, kind, key from job where dead_at is null and run_at <= $1 \
        and (leased_until is null or leased_until <= $1) and kind = $3 order by run_at limit $2",
);
const DUE_BUT: Statement = Statement::new(
    "job.due_but",
    "select bucket, kind, key from job where dead_at is null and run_at <= $1 \
        and (leased_until is null or leased_until <= $1) and kind <> $3 order by run_at limit $2",
);
const CLAIM: Statement = Statement::new(
    "job.claim",
    "update job set lease = $4, leased_until = $6, attempt = attempt + 1 \
     where bucket = $1 and kind = $2 and key = $3 and dead_at is null and run_at <= $5 \
        and (leased_until is null or leased_until <= $5) \
     returning id, kind, key, payload, generation, attempt, created_at",
);
const DONE: Statement = Statement::new(
    "job.done",
    "delete from job where bucket = $1 and kind = $2 and key = $3 and lease = $4 \
        and generation = $5",
);
const RELEASE: Statement = Statement::new(
    "job.release",
    "update job set lease = null, leased_until = null, attempt = 0 \
     where bucket = $1 and kind = $2 and key = $3 and lease = $4 and generation > $5",
);
const AGAIN: Statement = Statement::new(
    "job.again",
    "update job set lease = null, leased_until = null, attempt = 0, \
        run_at = case when generation = $5 then $6 else run_at end \
     where bucket = $1 and kind = $2 and key = $3 and lease = $4 and generation >= $5",
);
const FAIL: Statement = Statement::new(
    "job.fail",
    "update job set lease = null, leased_until = null, run_at = $5, last_error = $6, \
        dead_at = $7 where bucket = $1 and kind = $2 and key = $3 and lease = $4",
);
const DEAD: Statement = Statement::new(
    "job.dead",
    "select kind, key, attempt, dead_at, last_error from job where dead_at is not null \
     order by dead_at desc limit $1",
);
const REVIVE: Statement = Statement::new(
    "job.revive",
    "update job set dead_at = null, attempt = 0, run_at = $4 \
     where bucket = $1 and kind = $2 and key = $3 and dead_at is not null",
);
const NEXT: Statement = Statement::new(
    "job.next",
    "select min(run_at) from job where dead_at is null and leased_until is null",
);

/// How long a worker may hold a job before another takes it for dead.
const LEASE_MILLIS: i64 = 60_000;
/// Tries before a job is set aside: with the waits below that is more than two days.
pub const ATTEMPTS_MAX: i64 = 60;
/// The longest wait between two tries.
const WAIT_MILLIS_MAX: i64 = 3_600_000;
/// The first wait after meeting another change, which is over by then; doubled each time.
const CLASH_WAIT_MILLIS: i64 = 20;

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

/// A job that this worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The job's own id.
    pub id: JobId,
    /// Which handler.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// What the handler needs.
    pub payload: serde_json::Value,
    /// Which try this is, from 1.
    pub attempt: i64,
    /// When it was first asked for.
    pub created_at: At,
    generation: i64,
    lease: [u8; 16],
}

/// A job that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadJob {
    /// Which handler.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// How often it was tried.
    pub attempt: i64,
    /// When it was given up.
    pub dead_at: At,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// What became of a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It will be tried again at this instant.
    Retry(At),
    /// It was set aside.
    Dead,
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

/// The kind that has workers of its own: drawing a photo anew takes a core for a while, and a crowd
/// of photos must not hold up everything else.
pub const PHOTOS: &str = "application.draw";

/// Which jobs a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// All kinds.
    All,
    /// [`PHOTOS`] only.
    Photos,
    /// All but those.
    Others,
}

/// Takes up to `count` jobs that are due, oldest first.
pub async fn claim(db: &Db, now: At, count: i64) -> Result<Vec<ClaimedJob>, CommitError> {
    claim_in(db, now, count, Lane::All).await
}

/// The same for the jobs of one lane.
pub async fn claim_in(
    db: &Db,
    now: At,
    count: i64,
    lane: Lane,
) -> Result<Vec<ClaimedJob>, CommitError> {
    let (statement, values) = match lane {
        Lane::All => (&DUE, params![now, count]),
        Lane::Photos => (&DUE_OF, params![now, count, PHOTOS]),
        Lane::Others => (&DUE_BUT, params![now, count, PHOTOS]),
    };
    let mut due = db
        .query(statement, values)
        .await?
        .iter()
        .map(|row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<String>(2)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    // Everybody locks in the same order, so workers cannot block one another for good.
    due.sort();
    let lease: [u8; 16] = seal::entropy::bytes();
    let mut batch = Batch::new(now);
    for (bucket, kind, key) in due {
        let until = now.plus_millis(LEASE_MILLIS);
        batch.push(&CLAIM, params![bucket, kind, key, lease, now, until], Expect::Any);
    }
    let answers = db.commit_returning(batch).await?;
    let mut jobs = answers
        .iter()
        .flatten()
        .map(|row| claimed(row, lease))
        .collect::<Result<Vec<_>, Error>>()?;
    jobs.sort_by_key(|job| job.created_at);
    Ok(jobs)
}

fn claimed(row: &Row, lease: [u8; 16]) -> Result<ClaimedJob, Error> {
    Ok(ClaimedJob {
        id: row.get(0)?,
        kind: row.get(1)?,
        key: row.get(2)?,
        payload: row.parse(3, |text| serde_json::from_str(text).ok())?,
        generation: row.get(4)?,
        attempt: row.get(5)?,
        created_at: row.get(6)?,
        lease,
    })
}

impl ClaimedJob {
    fn names(&self) -> Vec<crate::Value> {
        params![bucket::of(&self.key), self.kind.as_str(), self.key.as_str(), self.lease]
    }

    /// Ends the job in `batch`, which may also hold what the job did. If it was asked for again
    /// meanwhile, it stays and runs again.
    pub fn done(&self, batch: &mut Batch) {
        let mut values = self.names();
        values.push(self.generation.into());
        batch.push(&DONE, values.clone(), Expect::Any);
        batch.push(&RELEASE, values, Expect::Any);
    }

    /// Puts the job off until `run_at` without counting it as a failure; in `batch`, which may also
    /// hold what the job did. If it was asked for again meanwhile, it runs when that said.
    pub fn again(&self, batch: &mut Batch, run_at: At) {
        let mut values = self.names();
        values.extend(params![self.generation, run_at]);
        batch.push(&AGAIN, values, Expect::Any);
    }

    /// Records a failed try: waits longer each time, and gives up after [`ATTEMPTS_MAX`].
    pub fn fail(&self, batch: &mut Batch, error: &str) -> Failed {
        self.failed(batch, error, 1000)
    }

    /// Records a try that met another change of the same thing: the same with a short first wait.
    pub fn clash(&self, batch: &mut Batch) -> Failed {
        self.failed(batch, "met another change", CLASH_WAIT_MILLIS)
    }

    fn failed(&self, batch: &mut Batch, error: &str, wait_millis: i64) -> Failed {
        let now = batch.at();
        let is_dead = self.attempt >= ATTEMPTS_MAX;
        let doubled = wait_millis << self.attempt.clamp(0, 20);
        let run_at = now.plus_millis(doubled.min(WAIT_MILLIS_MAX));
        let mut values = self.names();
        values.extend(params![run_at, error, is_dead.then_some(now)]);
        batch.push(&FAIL, values, Expect::Any);
        if is_dead { Failed::Dead } else { Failed::Retry(run_at) }
    }
}

/// The jobs that were set aside, newest first.
pub async fn dead(db: &Db, count: i64) -> Result<Vec<DeadJob>, Error> {
    let rows = db.query(&DEAD, params![count]).await?;
    let jobs = rows.iter().map(|row| {
        Ok(DeadJob {
            kind: row.get(0)?,
            key: row.get(1)?,
            attempt: row.get(2)?,
            dead_at: row.get(3)?,
            last_error: row.get(4)?,
        })
    });
    jobs.collect()
}

/// Lets a job that was set aside run again, now.
pub fn revive(batch: &mut Batch, kind: &str, key: &str) {
    let at = batch.at();
    batch.push(&REVIVE, params![bucket::of(key), kind, key, at], Expect::Rows(1));
}

/// When the next job that nobody holds is due.
pub async fn next_due(db: &Db) -> Result<Option<At>, Error> {
    db.query_one(&NEXT, Vec::new()).await?.get(0)
}

#[cfg(test)]
mod tests;
