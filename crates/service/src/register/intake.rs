//! Whoever hands something in waits for a receipt, and nobody for what is drawn by a job: while
//! many hand in at once, jobs wait a moment before they draw (decision 144).

use std::time::Duration;
use tokio::sync::watch;

/// A job waits no longer than this, however many are handing in.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How many are handing in photos or applications to this process.
#[derive(Debug, Default)]
pub(crate) struct Intake(watch::Sender<usize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct HandingIn<'a>(&'a Intake);

impl Intake {
    /// Counts one more, for as long as the answer lives.
    pub(super) fn hand_in(&self) -> HandingIn<'_> {
        self.0.send_modify(|count| *count += 1);
        HandingIn(self)
    }

    /// Waits until they are fewer than half of the cores, but not for long.
    pub(super) async fn quiet(&self) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.fewer_than((cores / 2).max(1), WAIT_MAX).await;
    }

    async fn fewer_than(&self, enough: usize, wait_max: Duration) {
        let mut count = self.0.subscribe();
        let quiet = count.wait_for(|count| *count < enough);
        // What takes longer goes on all the same.
        let _ = tokio::time::timeout(wait_max, quiet).await;
    }
}

impl Drop for HandingIn<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_job_waits_for_those_who_hand_in_but_not_for_ever() {
        let intake = Intake::default();
        intake.fewer_than(1, HOUR).await;
        let (one, two) = (intake.hand_in(), intake.hand_in());
        intake.fewer_than(3, HOUR).await;
        intake.fewer_than(2, Duration::from_millis(1)).await;
        let waiting = std::pin::pin!(intake.fewer_than(1, HOUR));
        let waiting = futures::poll!(waiting);
        assert!(waiting.is_pending());
        let leave = async { drop((one, two)) };
        tokio::join!(intake.fewer_than(1, HOUR), leave);
    }
}
