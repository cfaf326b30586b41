//! Reports read from a copy of the database, so that they do not hold up those who serve.

use crate::error::Error;
use crate::options::Options;
use crate::postgres::Postgres;
use crate::statement::Statement;
use crate::value::{Row, Value};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After a failure the copy is left alone for so long: who waits for a report should not wait for
/// a dead server first, each time.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// A standby server.
#[derive(Debug)]
pub(super) struct Replica {
    postgres: Postgres,
    failed_at: Mutex<Option<Instant>>,
}

impl Replica {
    /// Of the address in `options`, if there is one. Connects when it is first asked.
    pub(super) fn of(options: &Options) -> Result<Option<Self>, Error> {
        let postgres = options.replica.as_deref().map(|url| Postgres::connect(options, url));
        let replica = |postgres| Self { postgres, failed_at: Mutex::default() };
        Ok(postgres.transpose()?.map(replica))
    }

    /// The rows of each query; none if the primary has to be asked.
    pub(super) async fn query(
        &self,
        queries: &[(&'static Statement, Vec<Value>)],
    ) -> Option<Vec<Vec<Row>>> {
        let failed_at = *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if failed_at.is_some_and(|at| at.elapsed() < LEFT_ALONE) {
            return None;
        }
        let answer = self.postgres.query(queries).await;
        let failed_at = answer.is_err().then(Instant::now);
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) = failed_at;
        match answer {
            Ok(rows) => Some(rows),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "reports are read from the primary");
                None
            }
        }
    }
}
