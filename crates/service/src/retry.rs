//! Load, decide, commit, and again if somebody was faster.

use crate::error::Error;
use std::future::Future;
use std::time::Duration;

/// Tries of one use case against others that change the same thing.
const TRIES_MAX: u32 = 8;

/// Runs `attempt` (load, decide, commit) until it does not conflict, at most eight times.
pub async fn retry<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for tried in 1..TRIES_MAX {
        match attempt().await {
            Err(Error::Conflict) => {
                // Those who lost together should not come back together.
                let micros = seal::entropy::below(500 << tried.min(6));
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
            answer => return answer,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn conflicts_are_tried_again_a_bounded_number_of_times() {
        let tries = Cell::new(0);
        let third = || {
            tries.set(tries.get() + 1);
            let tried = tries.get();
            async move { if tried < 3 { Err(Error::Conflict) } else { Ok(tried) } }
        };
        assert_eq!(retry(third).await.ok(), Some(3));
        let tries = Cell::new(0);
        let never = || {
            tries.set(tries.get() + 1);
            async { Err::<(), _>(Error::Conflict) }
        };
        assert!(matches!(retry(never).await, Err(Error::Conflict)));
        assert_eq!(tries.get(), 8);
    }
}
