//! Work that waits for a disk, away from the threads that must not wait.

use crate::error::{Error, ErrorKind};

/// Runs it on a thread that may wait; a panic there is a bug here.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Error::caused(ErrorKind::Bug, "a thread that reads panicked", e))?
}
