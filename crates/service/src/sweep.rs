//! The sweep: whatever fell due happens, in bounded batches.
//!
//! Numbers stand in an index by the instant before which no rule does anything by itself, so the
//! cost follows what is due, not what exists. A number that was used meanwhile is only moved
//! forward (its deadline re-arms lazily); a step that needs proof of notice looks the proof up
//! first, and without it the number stays where it is.
//!
//! Numbers are read and decided on by the chunk, and while one chunk is being committed the next is
//! prepared ([`chunk`]). Within a chunk each number is a batch of its own with its own version
//! check, so a sweep may be stopped at any point and begun again, and whoever changes a number
//! meanwhile only has that number come again. Several workers share the numbers by shards
//! ([`store::number::shard`]).

mod chunk;

use crate::app::App;
use crate::error::Error;
use crate::notice::Letterhead;
use crate::policy;
use chunk::Outcome;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::Step;
use domain::policy::Policy;
use domain::time::At;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use store::Db;
use store::number::shard::Lease;
use store::number::{DueKey, Shards};
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Keys of due numbers read at once, to be worked on in the order in which the tables lie.
const PAGE_MAX: i64 = 131_072;
/// Numbers in one commit: bounds how long others wait for the database, and the memory.
const CHUNK_MAX: usize = 1_024;
/// Chunks on their way to the disk: one is written while the one before is flushed.
const COMMITTING_MAX: usize = 2;
/// Shards that a worker takes at a time: others find the rest.
const SHARDS_MAX: usize = 4;
/// Times a sweep begins again for numbers that are due once more; the rest waits for the next one.
const PASSES_MAX: u32 = 12;
/// After so long a worker says that it is still at it: a third of the lease.
const EXTEND_MILLIS: i64 = 10_000;
/// How often `serve` and `work` sweep.
pub const EVERY_MILLIS: i64 = 5_000;

/// What a sweep did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Numbers that were due.
    pub due: u64,
    /// Of these, only moved forward.
    pub rearmed: u64,
    /// Of these, held back because notice is not proven.
    pub held_back: u64,
    /// Changed by somebody else meanwhile; they come again.
    pub conflicts: u64,
    /// Could not be worked on; see the log.
    pub failed: u64,
    /// Shards, of sixteen, that another worker was at.
    pub elsewhere: u32,
    /// How often each rule fired.
    pub rules: BTreeMap<&'static str, u64>,
}

/// Lets everything happen that fell due by `at`; with `is_dry_run` only says what would.
///
/// A dry run may look into the future; a real one must not, as a deadline is a promise.
pub async fn run(app: &App, at: At, is_dry_run: bool) -> Result<Report, Error> {
    if is_dry_run {
        return preview(app, at, |_, _| Ok(())).await;
    }
    let at = at.min(app.now());
    let mut sweep = Sweep::new(app, at);
    if next_due(app).await?.is_none_or(|due| due > at) {
        return Ok(sweep.report);
    }
    let mut left = Shards::ALL;
    loop {
        let done = Shards::ALL.without(left);
        let mut lease = Lease::claim(&app.store.db, app.now(), done, SHARDS_MAX).await?;
        if lease.shards.is_empty() {
            sweep.report.elsewhere = left.len();
            return Ok(sweep.report);
        }
        left = left.without(lease.shards);
        sweep.extended_at = app.now();
        let swept = sweep.passes(&mut lease).await;
        lease.release(&app.store.db, app.now()).await?;
        swept?;
    }
}

/// Says what a sweep at `at` would do first to every number that is due by then, in the order of
/// the deadlines by pages; `each` is told the number and the step, or gets none where the decision
/// failed. Takes no more memory than a page.
pub async fn preview(
    app: &App,
    at: At,
    mut each: impl FnMut(Msisdn, &Step) -> Result<(), Error>,
) -> Result<Report, Error> {
    let mut sweep = Sweep::new(app, at);
    sweep.db = app.store.db.reports();
    let mut after = DueKey::default();
    loop {
        let Some((last, msisdns)) = sweep.page(after, Shards::ALL).await? else {
            return Ok(sweep.report);
        };
        after = last;
        for some in msisdns.chunks(CHUNK_MAX) {
            for planned in sweep.plan(some).await? {
                match &planned.step {
                    Ok(step) => {
                        each(planned.row.msisdn, step)?;
                        sweep.count(step);
                    }
                    Err(error) => sweep.fail(planned.row.msisdn, error),
                }
            }
        }
    }
}

/// When the next number falls due.
pub async fn next_due(app: &App) -> Result<Option<At>, Error> {
    Ok(store::number::next_due(&app.store.db).await?)
}

/// A chunk on its way to the disk. It goes on though the sweep be given up.
type Committing = JoinHandle<Vec<(Msisdn, Outcome)>>;

async fn committed(chunk: Committing) -> Result<Vec<(Msisdn, Outcome)>, Error> {
    chunk.await.map_err(|_| Error::fault("the commit of a chunk panicked"))
}

struct Sweep<'a> {
    app: &'a App,
    /// Where numbers are read: of a preview, perhaps a copy.
    db: Db,
    at: At,
    policies: BTreeMap<OperatorId, Policy>,
    letterheads: BTreeMap<OperatorId, Letterhead>,
    pace: Option<Interval>,
    chunk_max: usize,
    /// When the lease was taken or last extended.
    extended_at: At,
    report: Report,
}

impl<'a> Sweep<'a> {
    fn new(app: &'a App, at: At) -> Self {
        let rate = app.limits.sweep_per_second;
        let chunk_max = rate.map_or(CHUNK_MAX, |rate| CHUNK_MAX.min(rate as usize).max(1));
        let pace = rate.map(|rate| {
            let share = chunk_max as f64 / f64::from(rate.max(1));
            let mut pace = interval(Duration::from_secs_f64(share));
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        });
        Self {
            app,
            db: app.store.db.clone(),
            at,
            policies: BTreeMap::new(),
            letterheads: BTreeMap::new(),
            pace,
            chunk_max,
            extended_at: app.now(),
            report: Report::default(),
        }
    }

    /// Again and again through what is due in our shards, until nothing moves any more.
    async fn passes(&mut self, lease: &mut Lease) -> Result<(), Error> {
        for _ in 0..PASSES_MAX {
            if self.pass(lease).await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Once through everything that is due in our shards; how many numbers moved.
    async fn pass(&mut self, lease: &mut Lease) -> Result<u64, Error> {
        let (mut after, mut moved) = (DueKey::default(), 0);
        while let Some((last, msisdns)) = self.page(after, lease.shards).await? {
            after = last;
            let mut committing = VecDeque::new();
            let begun = self.begin(lease, &msisdns, &mut committing).await;
            // What is on its way is settled whatever happened, while its shards are still ours.
            for one in committing {
                moved += self.settle(committed(one).await?).await;
            }
            moved += begun?;
        }
        Ok(moved)
    }

    /// Prepares the numbers chunk by chunk and sends each on its way; how many moved among those
    /// that have arrived.
    async fn begin(
        &mut self,
        lease: &mut Lease,
        msisdns: &[Msisdn],
        committing: &mut VecDeque<Committing>,
    ) -> Result<u64, Error> {
        let db = &self.app.store.db;
        let mut moved = 0;
        for some in msisdns.chunks(self.chunk_max) {
            if let Some(pace) = &mut self.pace {
                pace.tick().await;
            }
            let now = self.app.now();
            if now.millis() - self.extended_at.millis() >= EXTEND_MILLIS {
                lease.extend(db, now).await?;
                self.extended_at = now;
            }
            let ours = |msisdn: &&Msisdn| lease.shards.has_bucket(msisdn.bucket());
            let ours: Vec<Msisdn> = some.iter().filter(ours).copied().collect();
            let prepared = self.prepare(&ours).await?;
            if committing.len() == COMMITTING_MAX
                && let Some(first) = committing.pop_front()
            {
                moved += self.settle(committed(first).await?).await;
            }
            committing.push_back(tokio::spawn(prepared.commit(db.clone())));
        }
        Ok(moved)
    }

    /// The next page of due numbers in some shards, in the order in which the tables lie, and the
    /// place after it in the order of the deadlines; none at the end.
    async fn page(
        &self,
        after: DueKey,
        shards: Shards,
    ) -> Result<Option<(DueKey, Vec<Msisdn>)>, Error> {
        if shards.is_empty() {
            return Ok(None);
        }
        let mut due = store::number::due(&self.db, self.at, after, shards, PAGE_MAX).await?;
        let Some(&(last, _)) = due.last() else { return Ok(None) };
        due.sort_unstable_by_key(|(key, _)| (key.bucket, key.msisdn));
        Ok(Some((last, due.into_iter().map(|(_, msisdn)| msisdn).collect())))
    }

    async fn learn(&mut self, operator_id: OperatorId) -> Result<(), Error> {
        if !self.policies.contains_key(&operator_id) {
            let operator = crate::operator::load(self.app, operator_id).await?;
            let policy = policy::of_operator(&operator, self.at)?;
            let letterhead = Letterhead::of(self.app, operator, self.at)?;
            self.policies.insert(operator_id, policy);
            self.letterheads.insert(operator_id, letterhead);
        }
        Ok(())
    }

    /// Counts what became of a chunk; how many numbers moved.
    async fn settle(&mut self, outcomes: Vec<(Msisdn, Outcome)>) -> u64 {
        let mut moved = 0;
        for (msisdn, outcome) in outcomes {
            let stepped = match outcome {
                Outcome::Stepped(step) => Ok(Some(*step)),
                Outcome::Duplicate => self.one(msisdn).await,
                Outcome::Conflict => Err(Error::Conflict),
                Outcome::Failed(error) => Err(error),
            };
            match stepped {
                Ok(Some(step)) => {
                    self.count(&step);
                    moved += 1;
                }
                Ok(None) => {}
                Err(Error::Conflict) => {
                    self.report.due += 1;
                    self.report.conflicts += 1;
                }
                Err(error) => self.fail(msisdn, &error),
            }
        }
        moved
    }

    fn fail(&mut self, msisdn: Msisdn, error: &Error) {
        let tail = msisdn.tail4();
        tracing::error!(tail, error = %error.with_causes(), "a number was not swept");
        self.report.due += 1;
        self.report.failed += 1;
    }

    fn count(&mut self, step: &Step) {
        let report = &mut self.report;
        report.due += 1;
        if step.rules.is_empty() {
            report.rearmed += 1;
        }
        for rule in &step.rules {
            *report.rules.entry(rule).or_default() += 1;
            if *rule == "notice.not_proven" {
                report.held_back += 1;
            }
        }
    }
}
