//! How a database is reached, and how long it may take.

use std::path::PathBuf;
use std::time::Duration;

/// How [`crate::Db::open_with`] opens a database. Everything but the address concerns PostgreSQL
/// alone; SQLite only has [`Options::connections`] readers.
#[derive(Clone)]
pub struct Options {
    /// `postgres://…`, or else the path of an SQLite file. `sslmode` in it says whether the way to
    /// the server is encrypted: `disable`, `prefer` (the default), `require` (encrypted, but the
    /// server may be anybody) or `verify-full`.
    pub address: String,
    /// A copy of the database that follows it ("standby"), for reports; see [`crate::Db::reports`].
    pub replica: Option<String>,
    /// The certificates of who may sign the server's certificate, as PEM, for `verify-full`; those
    /// of the system if there is none.
    pub ca_file: Option<PathBuf>,
    /// Connections that one process holds at most, 1 to 1,000.
    pub connections: usize,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a row that somebody else writes.
    pub lock_timeout: Duration,
    /// How long a transaction may lie still before the server ends it.
    pub idle_timeout: Duration,
}

impl Options {
    /// Connections that one process holds unless said otherwise: a few for each core of a small
    /// server. PostgreSQL itself takes 100 unless its `max_connections` is changed.
    pub const CONNECTIONS: usize = 16;
    /// [`Options::statement_timeout`] unless said otherwise, in seconds.
    pub const STATEMENT_SECONDS: u64 = 30;
    /// [`Options::lock_timeout`] unless said otherwise, in seconds: shorter than the above, so that
    /// the message says what was waited for.
    pub const LOCK_SECONDS: u64 = 15;
    /// [`Options::idle_timeout`] unless said otherwise, in seconds.
    pub const IDLE_SECONDS: u64 = 60;

    /// The usual settings for this address.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            replica: None,
            ca_file: None,
            connections: Self::CONNECTIONS,
            statement_timeout: Duration::from_secs(Self::STATEMENT_SECONDS),
            lock_timeout: Duration::from_secs(Self::LOCK_SECONDS),
            idle_timeout: Duration::from_secs(Self::IDLE_SECONDS),
        }
    }

    /// Whether the address names a PostgreSQL server; anything else is a path of an SQLite file.
    pub fn is_postgres(&self) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| self.address.starts_with(scheme))
    }
}

/// An address may hold a password: it is not shown.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("connections", &self.connections).finish_non_exhaustive()
    }
}
