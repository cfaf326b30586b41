//! The sweep: whatever fell due happens, in bounded batches.
//!
//! Numbers stand in an index by the instant before which no rule does anything by itself, so the
//! cost follows what is due, not what exists. A number that was used meanwhile is only moved
//! forward (its deadline re-arms lazily); a step that needs proof of notice looks the proof up
//! first, and without it the number stays where it is. Each number is one batch, so a sweep may be
//! stopped at any point and begun again.

use crate::app::App;
use crate::error::Error;
use crate::notice::proof_of_notice;
use crate::number::{Change, stage_loaded, take_in_feed};
use crate::policy;
use domain::access::Actor;
use domain::id::OperatorId;
use domain::number::{Event, Step, decide, needs_proof};
use domain::policy::Policy;
use domain::time::At;
use futures::{StreamExt, stream};
use std::collections::BTreeMap;
use store::number::{DueKey, NumberRow};
use store::{Batch, CommitError};

/// Numbers read at once.
const BATCH_MAX: i64 = 1_000;
/// Of these, worked on at the same time.
const PARALLEL_MAX: usize = 64;
/// Times a sweep begins again for numbers that are due once more; the rest waits for the next one.
const PASSES_MAX: u32 = 12;
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
    /// How often each rule fired.
    pub rules: BTreeMap<&'static str, u64>,
}

/// Lets everything happen that fell due by `at`; with `is_dry_run` only says what would.
///
/// A dry run may look into the future; a real one must not, as a deadline is a promise.
pub async fn run(app: &App, at: At, is_dry_run: bool) -> Result<Report, Error> {
    let at = if is_dry_run { at } else { at.min(app.now()) };
    let mut sweep =
        Sweep { app, at, is_dry_run, policies: BTreeMap::new(), report: Report::default() };
    for _ in 0..PASSES_MAX {
        let worked = sweep.pass().await?;
        if worked == 0 || is_dry_run {
            break;
        }
    }
    Ok(sweep.report)
}

/// When the next number falls due.
pub async fn next_due(app: &App) -> Result<Option<At>, Error> {
    Ok(store::number::next_due(&app.store.db).await?)
}

struct Sweep<'a> {
    app: &'a App,
    at: At,
    is_dry_run: bool,
    policies: BTreeMap<OperatorId, Policy>,
    report: Report,
}

/// What became of one number.
enum Outcome {
    Stepped(Box<Step>),
    Conflict,
    Failed,
}

impl Sweep<'_> {
    /// Once through everything that is due; how many numbers moved.
    async fn pass(&mut self) -> Result<u64, Error> {
        let mut after = DueKey::default();
        let mut moved = 0;
        loop {
            let due = store::number::due(&self.app.store.db, self.at, after, BATCH_MAX).await?;
            let Some((last, _)) = due.last() else { return Ok(moved) };
            after = *last;
            let msisdns: Vec<_> = due.iter().map(|(_, msisdn)| *msisdn).collect();
            let mut rows = store::number::load_many(&self.app.store.db, &msisdns).await?;
            // Another sweep may have been here since the list was read.
            rows.retain(|row| row.facts.due_at.is_some_and(|due_at| due_at <= self.at));
            for row in &rows {
                self.learn_policy(row.operator_id).await?;
            }
            let this = &*self;
            let works: Vec<_> = rows.into_iter().map(|row| this.one(row)).collect();
            let outcomes: Vec<Outcome> =
                stream::iter(works).buffer_unordered(PARALLEL_MAX).collect().await;
            for outcome in outcomes {
                moved += self.count(outcome);
            }
        }
    }

    async fn learn_policy(&mut self, operator_id: OperatorId) -> Result<(), Error> {
        if !self.policies.contains_key(&operator_id) {
            let policy = policy::of(self.app, operator_id, self.at).await?;
            self.policies.insert(operator_id, policy);
        }
        Ok(())
    }

    async fn one(&self, row: NumberRow) -> Outcome {
        let msisdn = row.msisdn;
        match self.work(row).await {
            Ok(step) => Outcome::Stepped(Box::new(step)),
            Err(Error::Conflict) => Outcome::Conflict,
            Err(error) => {
                let tail = msisdn.tail4();
                tracing::error!(tail, error = %error.with_causes(), "a number was not swept");
                Outcome::Failed
            }
        }
    }

    async fn work(&self, mut row: NumberRow) -> Result<Step, Error> {
        let Some(policy) = self.policies.get(&row.operator_id) else {
            return Err(Error::fault("a policy that was not learned"));
        };
        take_in_feed(self.app, &mut row, policy).await?;
        if needs_proof(&row.facts, policy, self.at) {
            let since = row.facts.notice_since();
            let proof = proof_of_notice(self.app, row.msisdn, since).await?;
            if proof.is_enough() {
                row.facts.notice_proven_at = Some(self.at);
            }
        }
        if self.is_dry_run {
            return Ok(decide(&row.facts, policy, &Event::DeadlinePassed, self.at)?);
        }
        let mut batch = Batch::new(self.at);
        let event = Event::DeadlinePassed;
        let actor = Actor::System;
        let change = Change { row: &row, policy, event: &event, actor: &actor };
        let step = stage_loaded(self.app, &mut batch, &change).await?;
        match self.app.store.db.commit(batch).await {
            Ok(()) => Ok(step),
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Err(Error::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    fn count(&mut self, outcome: Outcome) -> u64 {
        let report = &mut self.report;
        report.due += 1;
        match outcome {
            Outcome::Conflict => report.conflicts += 1,
            Outcome::Failed => report.failed += 1,
            Outcome::Stepped(step) => {
                if step.rules.is_empty() {
                    report.rearmed += 1;
                }
                for rule in &step.rules {
                    *report.rules.entry(rule).or_default() += 1;
                    if *rule == "notice.not_proven" {
                        report.held_back += 1;
                    }
                }
                return 1;
            }
        }
        0
    }
}
