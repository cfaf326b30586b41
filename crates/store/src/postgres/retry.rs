//! What is tried again after PostgreSQL failed, and how often.
//!
//! Only what certainly did not happen: a transaction that the server rolled back because of others,
//! and one whose connection was lost before its commit was sent. Whoever loses the connection while
//! the commit is under way cannot know, and is told so.

use crate::error::{Error, ErrorKind};
use std::time::Duration;
use tokio_postgres::error::SqlState;

/// Tries of one batch that keeps losing against others at the database.
const OTHERS_MAX: u64 = 12;
/// Tries when the connection is lost: the pool may hold several that a restart of the server cut.
const CONNECTION_MAX: u64 = 4;

/// Why something may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The server rolled it back for the sake of others: serialisation failure or deadlock.
    Others,
    /// The connection was lost, or the server is just stopping or starting.
    Connection,
    /// It may not: it would fail again, or it may have happened.
    Never,
}

/// Why a read, or a transaction that was not committed, may be tried again.
pub(super) fn why(error: &Error) -> Again {
    match sql_state(error) {
        Some("40001" | "40P01") => Again::Others,
        Some("57P01" | "57P02" | "57P03") => Again::Connection,
        Some(code) if code.starts_with("08") => Again::Connection,
        None if error.kind() == ErrorKind::Unavailable && is_lost(error) => Again::Connection,
        _ => Again::Never,
    }
}

pub(super) fn sql_state(error: &Error) -> Option<&str> {
    of_server(error)?.code().map(SqlState::code)
}

fn is_lost(error: &Error) -> bool {
    of_server(error).is_some_and(|error| error.code().is_none())
}

fn of_server(error: &Error) -> Option<&tokio_postgres::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Counts the tries of one thing.
#[derive(Debug, Default)]
pub(super) struct Tries(u64);

impl Tries {
    /// Waits a little if it may be tried once more; whether it may.
    pub(super) async fn again(&mut self, why: Again) -> bool {
        self.0 += 1;
        let (tries_max, first_millis) = match why {
            Again::Others => (OTHERS_MAX, 4),
            Again::Connection => (CONNECTION_MAX, 10),
            Again::Never => return false,
        };
        if self.0 >= tries_max {
            return false;
        }
        // Everybody who lost waits a different while before trying again.
        let millis = seal::entropy::below(first_millis << self.0.min(5));
        tokio::time::sleep(Duration::from_millis(millis)).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tries_are_bounded_and_what_may_have_happened_is_not_tried() {
        for (why, wanted) in
            [(Again::Others, OTHERS_MAX - 1), (Again::Connection, CONNECTION_MAX - 1)]
        {
            let (mut tries, mut count) = (Tries::default(), 0);
            while tries.again(why).await {
                count += 1;
            }
            assert_eq!(count, wanted, "{why:?}");
        }
        assert!(!Tries::default().again(Again::Never).await);
    }
}
