//! One chunk of due numbers: read at once, decided on one by one, committed at once.

use super::Sweep;
use crate::error::Error;
use crate::notice::proofs_of_notice;
use crate::number::{Change, stage_decided, stage_loaded, take_in_feeds};
use domain::access::Actor;
use domain::msisdn::Msisdn;
use domain::number::{Event, Step, decide, needs_proof};
use domain::policy::Policy;
use futures::future::try_join_all;
use store::number::NumberRow;
use store::{Batch, CommitError, Db};

/// Numbers read by one query; a chunk is read by a few at once, so that a disk has something to
/// choose from.
const READ_MAX: usize = 128;

/// What is to happen to one number.
pub(super) struct Planned {
    /// As it is, with what the usage feed knows and with the proof of notice if there is one.
    pub(super) row: NumberRow,
    /// What was decided.
    pub(super) step: Result<Step, Error>,
}

/// What became of one number.
pub(super) enum Outcome {
    /// It took the step.
    Stepped(Box<Step>),
    /// Somebody else changed it meanwhile; it comes again.
    Conflict,
    /// Something was there already, such as a notice: it must be looked for first.
    Duplicate,
    Failed(Error),
}

/// Decided steps with their batches, ready to be committed.
#[derive(Default)]
pub(super) struct Prepared {
    /// With a batch each; none for a step that changes nothing.
    steps: Vec<(Msisdn, Step, Option<Batch>)>,
    failed: Vec<(Msisdn, Error)>,
}

impl Sweep<'_> {
    /// Reads the numbers that are still due and decides on each.
    pub(super) async fn plan(&mut self, msisdns: &[Msisdn]) -> Result<Vec<Planned>, Error> {
        let (app, at) = (self.app, self.at);
        let reads = msisdns.chunks(READ_MAX);
        let reads = reads.map(|some| store::number::load_many(&self.db, some));
        let mut rows = try_join_all(reads).await?.concat();
        // Another sweep may have been here since the list was read.
        rows.retain(|row| row.facts.due_at.is_some_and(|due_at| due_at <= at));
        for row in &rows {
            self.learn(row.operator_id).await?;
        }
        let policies = &self.policies;
        let with_policy =
            |row: NumberRow| policies.get(&row.operator_id).map(|policy| (row, policy));
        let mut rows: Vec<_> = rows.into_iter().filter_map(with_policy).collect();
        take_in_feeds(app, &mut rows).await?;
        let waits = |(row, policy): &&mut (NumberRow, &Policy)| needs_proof(&row.facts, policy, at);
        let mut waiting: Vec<_> = rows.iter_mut().filter(waits).collect();
        let wanted: Vec<_> =
            waiting.iter().map(|(row, _)| (row.msisdn, row.facts.notice_since())).collect();
        for ((row, _), proof) in waiting.iter_mut().zip(proofs_of_notice(app, &wanted).await?) {
            if proof.is_enough() {
                row.facts.notice_proven_at = Some(at);
            }
        }
        let plan = |(row, policy): (NumberRow, _)| {
            let step = decide(&row.facts, policy, &Event::DeadlinePassed, at);
            Planned { step: step.map_err(Error::from), row }
        };
        Ok(rows.into_iter().map(plan).collect())
    }

    /// One number by itself, with everything looked up that a chunk takes for granted.
    pub(super) async fn one(&mut self, msisdn: Msisdn) -> Result<Option<Step>, Error> {
        let Some(Planned { row, .. }) = self.plan(&[msisdn]).await?.pop() else { return Ok(None) };
        let Some(policy) = self.policies.get(&row.operator_id) else { return Ok(None) };
        let (event, actor) = (Event::DeadlinePassed, Actor::System);
        let change = Change { row: &row, policy, event: &event, actor: &actor };
        let mut batch = Batch::new(self.at);
        let step = stage_loaded(self.app, &mut batch, &change).await?;
        self.app.store.db.commit(batch).await?;
        Ok(Some(step))
    }

    /// Decides on the numbers and makes the batches.
    pub(super) async fn prepare(&mut self, msisdns: &[Msisdn]) -> Result<Prepared, Error> {
        if msisdns.is_empty() {
            return Ok(Prepared::default());
        }
        let mut prepared = Prepared::default();
        let mut decided = Vec::with_capacity(msisdns.len());
        let planned = self.plan(msisdns).await?;
        for Planned { row, step } in planned {
            let Some(policy) = self.policies.get(&row.operator_id) else { continue };
            match step {
                Ok(step) => decided.push((row, policy, step)),
                Err(error) => prepared.failed.push((row.msisdn, error)),
            }
        }
        let (event, actor) = (Event::DeadlinePassed, Actor::System);
        let change =
            |(row, policy, step)| (Change { row, policy, event: &event, actor: &actor }, step);
        let changes: Vec<_> =
            decided.iter().map(|(row, policy, step)| change((row, *policy, step))).collect();
        let batches = stage_decided(self.app, self.at, &self.letterheads, &changes).await?;
        drop(changes);
        for ((row, _, step), batch) in decided.into_iter().zip(batches) {
            match batch {
                Ok(batch) => prepared.steps.push((row.msisdn, step, batch)),
                Err(error) => prepared.failed.push((row.msisdn, error)),
            }
        }
        Ok(prepared)
    }
}

impl Prepared {
    /// Commits every step; what became of each number.
    pub(super) async fn commit(self, db: Db) -> Vec<(Msisdn, Outcome)> {
        let failed = |(msisdn, error)| (msisdn, Outcome::Failed(error));
        let mut outcomes: Vec<_> = self.failed.into_iter().map(failed).collect();
        let (mut steps, mut batches) = (Vec::new(), Vec::new());
        for (msisdn, step, batch) in self.steps {
            match batch {
                Some(batch) => {
                    steps.push((msisdn, step));
                    batches.push(batch);
                }
                None => outcomes.push((msisdn, Outcome::Stepped(Box::new(step)))),
            }
        }
        if batches.is_empty() {
            return outcomes;
        }
        let answers = db.commit_many(batches).await;
        for ((msisdn, step), answer) in steps.into_iter().zip(answers) {
            let outcome = match answer {
                Ok(()) => Outcome::Stepped(Box::new(step)),
                Err(CommitError::Conflict(_)) => Outcome::Conflict,
                Err(CommitError::Duplicate(_)) => Outcome::Duplicate,
                Err(error) => Outcome::Failed(error.into()),
            };
            outcomes.push((msisdn, outcome));
        }
        outcomes
    }
}
