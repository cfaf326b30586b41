//! Batches: a commit is data, decided before it runs and applied as a whole or not at all.

use crate::audit::AuditEntry;
use crate::job::Job;
use crate::statement::Statement;
use crate::value::Value;
use domain::time::At;

/// How many rows a statement of a batch must change, else the batch is a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exactly so many.
    Rows(u64),
    /// At least so many.
    AtLeast(u64),
    /// As many as there are.
    Any,
}

impl Expect {
    pub(crate) fn is_met(self, rows: u64) -> bool {
        match self {
            Self::Rows(wanted) => rows == wanted,
            Self::AtLeast(least) => rows >= least,
            Self::Any => true,
        }
    }
}

/// One statement of a batch with its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) statement: &'static Statement,
    pub(crate) params: Vec<Value>,
    pub(crate) expect: Expect,
}

/// Statements to be committed together: state with its version check, history, audit entry and
/// jobs. Checks inside a batch may rest only on rows that it writes (a version, a unique key):
/// that holds on every engine and isolation level.
#[derive(Clone, Debug)]
pub struct Batch {
    at: At,
    ops: Vec<Op>,
}

impl Batch {
    /// An empty batch of the instant `at`.
    pub fn new(at: At) -> Self {
        Self { at, ops: Vec::new() }
    }

    /// The instant of the decision that is being committed.
    pub fn at(&self) -> At {
        self.at
    }

    /// Adds a statement.
    pub fn push(&mut self, statement: &'static Statement, params: Vec<Value>, expect: Expect) {
        self.ops.push(Op { statement, params, expect });
    }

    /// Adds an audit entry; see [`crate::audit`].
    pub fn audit(&mut self, entry: AuditEntry) {
        crate::audit::insert(self, entry);
    }

    /// Adds a job to the outbox; see [`crate::job`].
    pub fn job(&mut self, job: Job) {
        crate::job::insert(self, job);
    }

    /// Adds all statements of `other` behind ours.
    pub fn append(&mut self, other: Self) {
        self.ops.extend(other.ops);
    }

    /// How many statements there are.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.ops
    }
}
