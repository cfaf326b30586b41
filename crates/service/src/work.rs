//! The workers: run the jobs of the outbox, and what must happen every so often.
//!
//! `serve`, `work` and `demo` call [`run_forever`]; tests call [`run_due`]. A handler is safe to
//! repeat: it may be stopped at any point and run again, also by another process.

use crate::app::App;
use crate::error::Error;
use crate::esim;
use crate::image;
use crate::keep;
use crate::notice;
use crate::port::Later;
use crate::provision;
use crate::register;
use crate::review;
use crate::sweep;
use domain::id::ApplicationId;
use domain::time::At;
use futures::{FutureExt, StreamExt};
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
pub use store::job::DeadJob;
use store::job::Lane;
use store::{Batch, ClaimedJob, CommitError, Failed, job};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Jobs that one process runs at the same time. Most of them wait: for a commit that serves many,
/// or for the outside.
const PARALLEL_MAX: usize = 256;
/// Jobs claimed at once.
const CLAIM_MAX: i64 = 128;
/// A claim is a commit: for fewer jobs than this it waits a moment until more have ended.
const CLAIM_MIN: usize = 32;
/// How long.
const GATHER: Duration = Duration::from_millis(5);
/// Looks for jobs of other processes and of the clock; our own wake the worker at once.
const POLL: Duration = Duration::from_millis(250);
/// How long the end of begun jobs is waited for when the program stops.
const FINISH_WAIT: Duration = Duration::from_secs(5);
/// Entries linked into the audit chain at the latest so long after they were made.
const LINK_MILLIS: i64 = 2_000;
/// Blobs without a record are looked for this often.
const BLOBS_MILLIS: i64 = 6 * 3_600_000;
/// Kept answers of the operator API are forgotten in steps of this length.
const ANSWERS_MILLIS: i64 = 60_000;

/// What a handler says when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Done.
    Done,
    /// Done, and the handler committed the job's end with what it did ([`ClaimedJob::done`]).
    Ended,
    /// Not yet: run again at this instant. Does not count as a failure.
    At(At),
}

/// One kind of job and what runs it.
pub struct Handler {
    /// The kind, as in [`store::Job`].
    pub kind: &'static str,
    /// Runs one job.
    pub run: for<'a> fn(&'a App, &'a Taken) -> Later<'a, Result<Next, Error>>,
}

/// A job that this process holds, with what was done for it together with those that were claimed
/// at the same time.
#[derive(Debug)]
pub struct Taken {
    /// The job.
    pub job: ClaimedJob,
    /// The attempt that it is to hand over, if it is one and everything is ready for that.
    pub begun: Option<notice::Begun>,
    /// What is known of its number, if it is to tell the network.
    pub(crate) known: Option<provision::Known>,
}

/// Something to be done every so often, by every process, safe to do twice.
pub struct Periodic {
    /// For the log.
    pub name: &'static str,
    /// How often, by the app's clock.
    pub every_millis: i64,
    /// Does it.
    pub run: for<'a> fn(&'a App) -> Later<'a, Result<(), Error>>,
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind)
    }
}

impl std::fmt::Debug for Periodic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All kinds of jobs: one line each.
pub fn handlers() -> &'static [Handler] {
    &[
        Handler {
            kind: notice::DELIVER,
            run: |app, taken| {
                Box::pin(async { notice::deliver(app, &payload(&taken.job)?, taken).await })
            },
        },
        Handler {
            kind: "notice.settle",
            run: |app, taken| Box::pin(async { notice::settle(app, &payload(&taken.job)?).await }),
        },
        Handler {
            kind: notice::LOOK_AGAIN,
            run: |app, taken| Box::pin(notice::look_again(app, &taken.job)),
        },
        Handler {
            kind: store::job::PHOTOS,
            run: |app, taken| {
                let job = &taken.job;
                Box::pin(async { register::run_draw(app, subject(job)?, job).await })
            },
        },
        Handler {
            kind: register::CHECK,
            run: |app, taken| {
                Box::pin(async { register::run_checks(app, subject(&taken.job)?).await })
            },
        },
        Handler {
            kind: register::READ,
            run: |app, taken| {
                Box::pin(async { register::run_read(app, subject(&taken.job)?).await })
            },
        },
        Handler {
            kind: register::FACES,
            run: |app, taken| {
                Box::pin(async { register::run_faces(app, subject(&taken.job)?).await })
            },
        },
        Handler {
            kind: register::TIMER,
            run: |app, taken| {
                Box::pin(async { register::run_timer(app, subject(&taken.job)?).await })
            },
        },
        Handler {
            kind: register::DRAFT,
            run: |app, taken| {
                Box::pin(async { register::warn_of_draft(app, subject(&taken.job)?).await })
            },
        },
        Handler {
            kind: provision::READY,
            run: |app, taken| {
                Box::pin(async { register::run_ready(app, subject(&taken.job)?).await })
            },
        },
        Handler {
            kind: review::SETTLE,
            run: |app, taken| Box::pin(async { review::settle(app, subject(&taken.job)?).await }),
        },
        Handler { kind: keep::SAVED, run: |app, taken| Box::pin(keep::run(app, &taken.job)) },
        Handler {
            kind: provision::JOB,
            run: |app, taken| Box::pin(provision::run(app, &taken.job, taken.known.as_ref())),
        },
        Handler { kind: esim::JOB, run: |app, taken| Box::pin(esim::run(app, &taken.job)) },
    ]
}

/// The application that names the job.
fn subject(job: &ClaimedJob) -> Result<ApplicationId, Error> {
    job.key.parse().map_err(|_| Error::fault("a job's key is no application"))
}

/// What the job was given.
fn payload<T: serde::de::DeserializeOwned>(job: &ClaimedJob) -> Result<T, Error> {
    serde_json::from_value(job.payload.clone()).map_err(|_| Error::fault("a job's payload"))
}

/// All periodic work: one line each.
pub fn periodics() -> &'static [Periodic] {
    &[
        Periodic {
            name: "audit.link",
            every_millis: LINK_MILLIS,
            run: |app| Box::pin(link_audit(app)),
        },
        Periodic {
            name: "blob.sweep",
            every_millis: BLOBS_MILLIS,
            run: |app| Box::pin(sweep_blobs(app)),
        },
        Periodic {
            name: "upload_part.sweep",
            every_millis: BLOBS_MILLIS,
            run: |app| Box::pin(register::sweep_parts(app)),
        },
        Periodic {
            name: "authority_kept.sweep",
            every_millis: BLOBS_MILLIS,
            run: |app| Box::pin(register::sweep_authority(app)),
        },
        Periodic {
            name: "api_request.sweep",
            every_millis: ANSWERS_MILLIS,
            run: |app| Box::pin(forget_answers(app)),
        },
        Periodic {
            name: "incoming_part.sweep",
            every_millis: ANSWERS_MILLIS,
            run: |app| Box::pin(crate::command::forget_parts(app)),
        },
        Periodic {
            name: "provision.reconcile",
            every_millis: provision::EVERY_MILLIS,
            run: |app| Box::pin(async { provision::reconcile(app).await.map(|_| ()) }),
        },
        Periodic {
            name: "number.sweep",
            every_millis: sweep::EVERY_MILLIS,
            run: |app| Box::pin(async { sweep::run(app, app.now(), false).await.map(|_| ()) }),
        },
    ]
}

/// What became of the jobs of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Ended.
    pub done: u64,
    /// Put off by their handlers.
    pub put_off: u64,
    /// Failed, to be tried again.
    pub failed: u64,
    /// Set aside.
    pub dead: u64,
}

/// Runs every job that is due now, and those they ask for, until none is left.
pub async fn run_due(app: &App) -> Result<Report, Error> {
    let mut report = Report::default();
    loop {
        let jobs = claim(app, CLAIM_MAX, Lane::All).await?;
        if jobs.is_empty() {
            return Ok(report);
        }
        // Boxed and owned, so that the whole can move between threads.
        let runs: Vec<Later<'_, _>> =
            jobs.into_iter().map(|job| Box::pin(run_one(app, job)) as Later<'_, _>).collect();
        let mut runs = futures::stream::iter(runs).buffer_unordered(PARALLEL_MAX);
        while let Some(outcome) = runs.next().await {
            match outcome? {
                Outcome::Done => report.done += 1,
                Outcome::PutOff => report.put_off += 1,
                Outcome::Failed => report.failed += 1,
                Outcome::Dead => report.dead += 1,
            }
        }
    }
}

/// The jobs that were set aside, newest first.
pub async fn dead(app: &App, count: i64) -> Result<Vec<DeadJob>, Error> {
    Ok(job::dead(&app.store.db, count).await?)
}

/// Lets a job that was set aside run again, now.
pub async fn revive(app: &App, kind: &str, key: &str) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    job::revive(&mut batch, kind, key);
    match app.store.db.commit(batch).await {
        Err(CommitError::Conflict(_)) => Err(Error::NotFound),
        other => Ok(other?),
    }
}

/// When the next job is due; it may have been due for some time.
pub async fn next_due(app: &App) -> Result<Option<At>, Error> {
    Ok(job::next_due(&app.store.db).await?)
}

/// Runs jobs and periodic work until `shutdown` is ready; then ends what was begun.
///
/// Jobs run beside one another and beside the periodic work: a network that does not answer holds
/// up its own jobs only.
pub async fn run_forever(app: Arc<App>, shutdown: impl Future<Output = ()>) {
    let (stop, stopped) = watch::channel(false);
    let periodic = periodics().iter().map(|periodic| repeat(&app, periodic, stopped.clone()));
    let end = async {
        shutdown.await;
        stop.send_replace(true);
    };
    let others = run_jobs(&app, stopped.clone(), Lane::Others, PARALLEL_MAX);
    // Photos that are drawn anew need a core each, and none of the places of everything else. Twice
    // as many jobs as photos at once, so that one is at hand while another waits for its commit.
    let photos = run_jobs(&app, stopped.clone(), Lane::Photos, 2 * image::AT_ONCE);
    futures::join!(others, photos, futures::future::join_all(periodic), end);
}

/// Claims jobs of the lane as there is room for them.
async fn run_jobs(
    app: &Arc<App>,
    mut stopped: watch::Receiver<bool>,
    lane: Lane,
    parallel_max: usize,
) {
    let mut running = JoinSet::new();
    let mut has_more = false;
    while !*stopped.borrow() {
        // Jobs end in crowds, as commits do.
        while let Some(ended) = running.try_join_next() {
            told(ended);
        }
        let room = parallel_max.saturating_sub(running.len());
        if has_more && room > 0 && room < CLAIM_MIN && parallel_max >= CLAIM_MIN {
            has_more = false;
            tokio::time::sleep(GATHER).await;
            continue;
        }
        let count = i64::try_from(room).unwrap_or(i64::MAX).min(CLAIM_MAX);
        let claimed = if room == 0 { Ok(Vec::new()) } else { claim(app, count, lane).await };
        let claimed = claimed.unwrap_or_else(|error| {
            tracing::error!(error = %error.with_causes(), "the queue does not run");
            Vec::new()
        });
        let is_new = !claimed.is_empty();
        has_more = is_new && i64::try_from(claimed.len()).is_ok_and(|claimed| claimed >= count);
        for job in claimed {
            let app = Arc::clone(app);
            running.spawn(async move { run_one(&app, job).await.map(drop) });
        }
        if is_new && running.len() < parallel_max {
            continue;
        }
        tokio::select! {
            _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
            Some(ended) = running.join_next() => told(ended),
            () = app.store.db.jobs_wait(lane) => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
    let finish = async {
        while let Some(ended) = running.join_next().await {
            told(ended);
        }
    };
    // What takes longer is stopped, and runs again when its lease ends.
    let _ = tokio::time::timeout(FINISH_WAIT, finish).await;
}

async fn claim(app: &App, count: i64, lane: Lane) -> Result<Vec<Taken>, Error> {
    let jobs = job::claim_in(&app.store.db, app.now(), count, lane).await?;
    let is_attempt = |job: &&ClaimedJob| job.kind == notice::DELIVER;
    let keys: Vec<_> = jobs.iter().filter(is_attempt).filter_map(|job| payload(job).ok()).collect();
    let begun = notice::begin_many(app, &keys).await;
    let mut begun: HashMap<_, _> = begun.into_iter().map(|one| (one.job_key(), one)).collect();
    let number = |job: &ClaimedJob| {
        store::number::of_subject(&job.key).filter(|_| job.kind == provision::JOB)
    };
    let numbers: Vec<_> = jobs.iter().filter_map(number).collect();
    let mut known = provision::look_many(app, &numbers).await;
    let take = |job: ClaimedJob| {
        let begun = if is_attempt(&&job) { begun.remove(&job.key) } else { None };
        let known = number(&job).and_then(|number| known.remove(&number));
        Taken { job, begun, known }
    };
    Ok(jobs.into_iter().map(take).collect())
}

/// A job whose end could not be recorded runs again when its lease ends.
fn told(ended: Result<Result<(), Error>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(error = %error.with_causes(), "the end of a job was not recorded");
        }
        Err(error) => tracing::error!(%error, "a job died"),
    }
}

/// Does one kind of periodic work whenever it is due.
async fn repeat(app: &App, periodic: &Periodic, mut stopped: watch::Receiver<bool>) {
    let mut last: Option<At> = None;
    while !*stopped.borrow() {
        let now = app.now();
        // A clock that was set back must not stop the work.
        let is_due = last
            .is_none_or(|last| now < last || now.millis() - last.millis() >= periodic.every_millis);
        if is_due {
            last = Some(now);
            let run = AssertUnwindSafe((periodic.run)(app)).catch_unwind().await;
            if let Err(error) = run.unwrap_or_else(|_| Err(Error::fault("it panicked"))) {
                tracing::error!(name = periodic.name, error = %error.with_causes(), "failed");
            }
        }
        tokio::select! {
            _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

enum Outcome {
    Done,
    PutOff,
    Failed,
    Dead,
}

async fn run_one(app: &App, taken: Taken) -> Result<Outcome, Error> {
    let job = &taken.job;
    let handler = handlers().iter().find(|handler| handler.kind == job.kind);
    let ran = match handler {
        // A bug in one job must not stop the others.
        Some(handler) => AssertUnwindSafe((handler.run)(app, &taken))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Error::fault("the handler panicked"))),
        None => Err(Error::fault("no handler for this kind of job")),
    };
    let mut batch = Batch::new(app.now());
    let outcome = match ran {
        Ok(Next::Ended) => return Ok(Outcome::Done),
        Ok(Next::Done) => {
            job.done(&mut batch);
            Outcome::Done
        }
        Ok(Next::At(at)) => {
            job.again(&mut batch, at);
            Outcome::PutOff
        }
        Err(error) => {
            let text = error.with_causes();
            let (kind, key, attempt) = (&job.kind, &job.key, job.attempt);
            let failed = if matches!(error, Error::Conflict) {
                // Somebody else changed the same thing, such as a receipt that was faster than the
                // answer to the submission. The next run sees it; nobody needs to know.
                tracing::debug!(kind, key, attempt, "met another change");
                job.clash(&mut batch)
            } else {
                tracing::warn!(kind, key, attempt, %text, "job failed");
                job.fail(&mut batch, &text)
            };
            match failed {
                Failed::Retry(_) => Outcome::Failed,
                Failed::Dead => Outcome::Dead,
            }
        }
    };
    app.store.db.commit_in_company(batch).await?;
    Ok(outcome)
}

async fn link_audit(app: &App) -> Result<(), Error> {
    store::audit::link(&app.store.db, app.now()).await?;
    Ok(())
}

async fn sweep_blobs(app: &App) -> Result<(), Error> {
    app.store.blobs.sweep(&app.store.db, app.now()).await?;
    Ok(())
}

async fn forget_answers(app: &App) -> Result<(), Error> {
    store::idempotency::sweep(&app.store.db, app.now()).await?;
    Ok(())
}
