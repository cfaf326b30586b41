//! The thread that writes.
//!
//! The batches that come together are a group, and a group is one transaction. While the group
//! before it is on its way to the disk, the next one is being applied already, and takes in
//! whatever comes; it is committed when the one before has arrived. So one flush serves all that
//! came during the one before, and writing goes on meanwhile. An answer is given only after the
//! group is on the disk (`docs/decisions/0142-writing-goes-on-while-the-disk-is-busy.md`).
//!
//! A conflict in one batch does not harm the others: most show at its first statement, before
//! anything of it is written; for the rest the group is done once more with a savepoint around each
//! batch.

use super::flusher::Flusher;
use super::{Answer, Request, control, run_prepared};
use crate::batch::Op;
use crate::error::{CommitError, Error, ErrorKind};
use crate::statement::texts;
use crate::value::Row;
use futures::executor::block_on;
use futures::future::{Either, select};
use rusqlite::Connection;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::pin::pin;
use tokio::sync::mpsc;

/// Requests in one group: bounds how long the first of them waits for the last.
const GROUP_MAX: usize = 512;

/// Requests of one transaction, with what there is to answer as far as they were applied.
#[derive(Debug, Default)]
pub(super) struct Group {
    requests: Vec<Request>,
    answers: Vec<Vec<Answer>>,
    /// Each batch is applied inside a savepoint.
    is_careful: bool,
}

impl Group {
    /// Tells everybody what became of their batches.
    pub(super) fn answer(self) {
        for (request, answers) in self.requests.into_iter().zip(self.answers) {
            let _ = request.reply.send(answers);
        }
    }

    /// Tells everybody that it failed.
    pub(super) fn fail(self, error: &Error) {
        for request in self.requests {
            let answers = request.batches.iter().map(|_| Err(error.again().into())).collect();
            let _ = request.reply.send(answers);
        }
    }
}

/// Takes whatever is waiting, commits it in one go and hands it to the flusher, until nobody is
/// left.
pub(super) fn run(
    connection: &Connection,
    mut requests: mpsc::Receiver<Request>,
    mut flusher: Flusher,
) {
    let mut writer = Writer { connection, prepared: HashMap::new() };
    let ended = loop {
        let Some(first) = requests.blocking_recv() else { break Ok(()) };
        let mut group = Group { requests: vec![first], ..Group::default() };
        match writer.write(&mut group, &mut requests, &mut flusher) {
            Ok(Ok(())) => flusher.flush(group),
            Ok(Err(error)) => group.fail(&error),
            Err(error) => {
                group.fail(&error);
                break Err(error);
            }
        }
    };
    flusher.stop();
    drop(writer);
    if let Err(error) = ended {
        // Nobody knows what the disk holds. Whoever starts next reads what is there.
        tracing::error!(error = %error, "nothing is written any more");
        requests.close();
        while let Some(request) = requests.blocking_recv() {
            Group { requests: vec![request], ..Group::default() }.fail(&error);
        }
        return;
    }
    // A clean end leaves a small log behind; a failure here costs nothing but that.
    let _ = connection.execute_batch("pragma wal_checkpoint(passive);");
}

struct Writer<'c> {
    connection: &'c Connection,
    /// By the place of the text in the program: looking a long text up costs more than many
    /// statements take to run.
    prepared: HashMap<(usize, usize), rusqlite::Statement<'c>>,
}

/// Why a request was not applied.
enum Undone {
    /// A batch failed after it had written: the group must be done again with savepoints.
    Spoiled,
    /// The database failed.
    Failed(Error),
}

impl Writer<'_> {
    /// Applies the group, and what comes while the one before it is on its way, and commits it. The
    /// inner error is this group's alone, the outer one is the end of the writer.
    fn write(
        &mut self,
        group: &mut Group,
        requests: &mut mpsc::Receiver<Request>,
        flusher: &mut Flusher,
    ) -> Result<Result<(), Error>, Error> {
        // All of them share the fate of the transaction, also if it cannot begin.
        while group.requests.len() < GROUP_MAX
            && let Ok(next) = requests.try_recv()
        {
            group.requests.push(next);
        }
        let mut applied = self.begin(group);
        while applied.is_ok() && flusher.is_busy()? {
            let next = if group.requests.len() < GROUP_MAX {
                next_or_flushed(requests, flusher)?
            } else {
                block_on(flusher.wait())?;
                None
            };
            if let Some(next) = next {
                applied = self.add(group, next);
            }
        }
        // Two groups are never on their way at once, whatever became of this one.
        block_on(flusher.wait())?;
        let committed = applied.and_then(|()| control(self.connection, "commit"));
        if committed.is_err() && !self.connection.is_autocommit() {
            let _ = control(self.connection, "rollback");
        }
        Ok(committed)
    }

    /// Begins the transaction and applies what the group has so far.
    fn begin(&mut self, group: &mut Group) -> Result<(), Error> {
        control(self.connection, "begin immediate")?;
        let mut requests = std::mem::take(&mut group.requests).into_iter();
        let mut applied = Ok(());
        while applied.is_ok()
            && let Some(request) = requests.next()
        {
            applied = self.add(group, request);
        }
        // After a fault the others only have to be told of it.
        group.requests.extend(requests);
        applied
    }

    /// Applies one more request.
    fn add(&mut self, group: &mut Group, request: Request) -> Result<(), Error> {
        let applied = self.apply_all(&request, group.is_careful);
        group.requests.push(request);
        match applied {
            Ok(answers) => group.answers.push(answers),
            Err(Undone::Spoiled) => return self.again(group),
            Err(Undone::Failed(error)) => return Err(error),
        }
        Ok(())
    }

    /// Applies the group once more, with a savepoint around each batch.
    fn again(&mut self, group: &mut Group) -> Result<(), Error> {
        control(self.connection, "begin immediate")?;
        group.is_careful = true;
        group.answers.clear();
        for request in &group.requests {
            match self.apply_all(request, true) {
                Ok(answers) => group.answers.push(answers),
                Err(Undone::Spoiled) => return Err(rolled_back()),
                Err(Undone::Failed(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn apply_all(&mut self, request: &Request, is_careful: bool) -> Result<Vec<Answer>, Undone> {
        let connection = self.connection;
        let mut answers = Vec::with_capacity(request.batches.len());
        for ops in &request.batches {
            let answer = if is_careful { Some(self.apply(ops)) } else { self.apply_bare(ops) };
            // A full disk and the like end the whole transaction; then nothing of it may be
            // promised.
            if connection.is_autocommit() {
                return Err(Undone::Failed(match answer {
                    Some(Err(CommitError::Fault(error))) => error,
                    _ => rolled_back(),
                }));
            }
            let Some(answer) = answer else {
                control(connection, "rollback").map_err(Undone::Failed)?;
                return Err(Undone::Spoiled);
            };
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Applies one batch without a savepoint; `None` if it failed after it had written something.
    fn apply_bare(&mut self, ops: &[Op]) -> Option<Answer> {
        let mut rows = Vec::with_capacity(ops.len());
        for (place, op) in ops.iter().enumerate() {
            match self.apply_op(op) {
                Ok((answer, count)) if op.expect.is_met(count) => rows.push(answer),
                Ok((_, 0)) if place == 0 => return Some(conflict(op)),
                Err(error) if place == 0 && is_duplicate(&error) => {
                    return Some(Err(CommitError::Duplicate(op.statement.name)));
                }
                Err(error) if self.connection.is_autocommit() => return Some(Err(error.into())),
                Ok(_) | Err(_) => return None,
            }
        }
        Some(Ok(rows))
    }

    /// Applies one batch inside its savepoint.
    fn apply(&mut self, ops: &[Op]) -> Answer {
        let connection = self.connection;
        control(connection, "savepoint batch")?;
        let run = |op: &Op| match self.apply_op(op) {
            Ok((rows, count)) if op.expect.is_met(count) => Ok(rows),
            Ok(_) => Err(CommitError::Conflict(op.statement.name)),
            Err(error) if is_duplicate(&error) => Err(CommitError::Duplicate(op.statement.name)),
            Err(error) => Err(error.into()),
        };
        let answer = ops.iter().map(run).collect::<Answer>();
        if answer.is_err() && !connection.is_autocommit() {
            control(connection, "rollback to batch")?;
        }
        if !connection.is_autocommit() {
            control(connection, "release batch")?;
        }
        answer
    }

    fn apply_op(&mut self, op: &Op) -> Result<(Vec<Row>, u64), Error> {
        let sql = op.statement.sql;
        let prepared = match self.prepared.entry((sql.as_ptr().addr(), sql.len())) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let prepared = self.connection.prepare(&texts(op.statement)?.sqlite);
                entry.insert(prepared.map_err(|e| Error::sqlite(op.statement.name, e))?)
            }
        };
        run_prepared(prepared, op.statement, &op.params)
    }
}

fn conflict(op: &Op) -> Answer {
    Err(CommitError::Conflict(op.statement.name))
}

fn rolled_back() -> Error {
    Error::new(ErrorKind::Unavailable, "sqlite: the group was rolled back")
}

/// The next request, or none because the flush has ended or nobody is left to ask.
fn next_or_flushed(
    requests: &mut mpsc::Receiver<Request>,
    flusher: &mut Flusher,
) -> Result<Option<Request>, Error> {
    let (next, flushed) = (pin!(requests.recv()), pin!(flusher.wait()));
    match block_on(select(next, flushed)) {
        Either::Right((flushed, _)) => flushed.map(|()| None),
        Either::Left((Some(next), _)) => Ok(Some(next)),
        Either::Left((None, flushed)) => block_on(flushed).map(|()| None),
    }
}

fn is_duplicate(error: &Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref());
    let code = match source {
        Some(rusqlite::Error::SqliteFailure(failure, _)) => failure.extended_code,
        _ => return false,
    };
    code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE
}
