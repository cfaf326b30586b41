//! What can go wrong between us and the database.

use std::borrow::Cow;

/// The kind of a store fault; decides whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The database did not answer, was busy or went away. May pass.
    Unavailable,
    /// No room on the disk. Passes once there is room; nothing was written.
    Full,
    /// The file or a row is not what was written.
    Corrupt,
    /// A wrong setting, version or migration: needs a person.
    Config,
    /// Our own mistake: an unknown statement, a wrong parameter or column type.
    Bug,
}

/// A fault of the store: what was being done, of which kind, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct Error {
    kind: ErrorKind,
    context: Cow<'static, str>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A fault without a further cause.
    pub fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// A fault caused by `source`.
    pub fn caused(
        kind: ErrorKind,
        context: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(source.into()) }
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later without anybody repairing anything but the outside.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Full)
    }

    /// The same fault for one more caller, with the cause as text.
    pub(crate) fn again(&self) -> Self {
        let cause = std::error::Error::source(self).map(|cause| format!(": {cause}"));
        Self::new(self.kind, format!("{self}{}", cause.unwrap_or_default()))
    }

    /// From what rusqlite says while running `what`.
    pub(crate) fn sqlite(what: &str, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        if error.to_string().contains(crate::transfer::MOVED) {
            let text = format!("{}: start again with that one", crate::transfer::MOVED);
            return Self::new(ErrorKind::Config, text);
        }
        let kind = match error.sqlite_error_code() {
            Some(Code::DiskFull) => ErrorKind::Full,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => ErrorKind::Corrupt,
            Some(
                Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::OperationInterrupted
                | Code::SystemIoFailure
                | Code::FileLockingProtocolFailed
                | Code::OutOfMemory,
            ) => ErrorKind::Unavailable,
            Some(Code::CannotOpen | Code::PermissionDenied | Code::ReadOnly) => ErrorKind::Config,
            _ => ErrorKind::Bug,
        };
        Self::caused(kind, format!("sqlite: {what}"), error)
    }

    /// From what PostgreSQL or the way to it says while running `what`.
    pub(crate) fn postgres(what: &str, error: tokio_postgres::Error) -> Self {
        let kind = match error.code().map(tokio_postgres::error::SqlState::code) {
            // No answer at all, or a lost connection.
            None if error.is_closed() || has_io_cause(&error) => ErrorKind::Unavailable,
            Some("53100") => ErrorKind::Full,
            Some("XX001" | "XX002") => ErrorKind::Corrupt,
            Some("3D000" | "42501") => ErrorKind::Config,
            Some(code) if code.starts_with("28") => ErrorKind::Config,
            // Connection trouble, resources, shutting down, rolled back, cancelled by time-out.
            Some(code)
                if ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class))
                    || code == "55P03" =>
            {
                ErrorKind::Unavailable
            }
            _ => ErrorKind::Bug,
        };
        Self::caused(kind, format!("postgres: {what}"), error)
    }
}

fn has_io_cause(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.is::<std::io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// Why a batch was not committed; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A statement changed another number of rows than expected: somebody was faster. The name is
    /// that statement's.
    #[error("conflict in {0}")]
    Conflict(&'static str),
    /// A unique key exists already. The name is the statement's.
    #[error("duplicate in {0}")]
    Duplicate(&'static str),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Error),
}
