//! One `Db` over SQLite and PostgreSQL: registered statements, batches, migrations, queue, blobs.
//!
//! There are no interactive transactions. A use case reads what its decision needs, decides, and
//! commits one [`Batch`]: statements with the number of rows each must change. A batch is applied
//! as a whole or not at all, so SQLite can group many into one fsync and PostgreSQL takes one as
//! a pipeline. Whoever was slower gets [`CommitError::Conflict`], reloads and decides again.
//!
//! Every [`Statement`] is a constant of its area's module and stands in that module's `ALL`, and
//! each `ALL` in `statements.rs`; a test prepares them all on both engines. Each has one text with
//! `$1…$n`; types are `bigint`, `text`, `blob` and `boolean`; instants are milliseconds. Only
//! this crate knows which engine runs.
//!
//! Keys begin with `bucket` (see [`bucket`]), except in small reference tables; a test reads the
//! schema and checks that.

pub mod activity;
pub mod api_token;
pub mod application;
pub mod audit;
pub mod backup;
mod batch;
mod belongs;
mod blobs;
mod blocking;
pub mod bucket;
pub mod calendar;
pub mod citus;
pub mod conversation;
mod db;
mod error;
pub mod idempotency;
pub mod job;
mod keys;
pub mod maintenance;
mod migrate;
pub mod notice;
pub mod number;
pub mod operator;
mod options;
pub mod party;
#[cfg(test)]
mod plans;
mod postgres;
pub mod reach;
pub mod review;
mod sqlite;
pub mod staff;
mod statement;
pub mod statements;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transfer;
mod value;

pub use audit::AuditEntry;
pub use batch::{Batch, Expect};
pub use belongs::{Belongs, belongs};
pub use blobs::{BlobRecord, Blobs};
pub use db::Db;
pub use error::{CommitError, Error, ErrorKind};
pub use job::{ClaimedJob, Failed, Job};
pub use keys::Keys;
pub use migrate::{Migrated, migrate};
pub use options::Options;
pub use statement::Statement;
pub use value::{FromValue, Row, Value, ValueRef};

/// Database, keys and blobs together.
#[derive(Debug, Clone)]
pub struct Store {
    /// The database.
    pub db: Db,
    /// The data keys and the key file that wraps them.
    pub keys: Keys,
    /// Images and files.
    pub blobs: Blobs,
}
