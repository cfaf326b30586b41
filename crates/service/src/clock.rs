//! The only place that knows the time.

use domain::time::At;
use std::sync::atomic::{AtomicI64, Ordering};

/// The time, as everybody else must ask for it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> At;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> At {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        At::from_millis(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A clock that runs with the machine's but can be moved forward: for the demo and for tests.
///
/// `frozen` clocks move only by [`MovableClock::advance_millis`] and [`MovableClock::set`].
#[derive(Debug)]
pub struct MovableClock {
    offset_millis: AtomicI64,
    frozen: bool,
}

impl MovableClock {
    /// Runs with the machine's clock from its present time on.
    pub fn running() -> Self {
        Self { offset_millis: AtomicI64::new(0), frozen: false }
    }

    /// Stands still at `at` until moved.
    pub fn frozen_at(at: At) -> Self {
        Self { offset_millis: AtomicI64::new(at.millis()), frozen: true }
    }

    /// Moves the clock forward by `millis`, which must not be negative.
    pub fn advance_millis(&self, millis: i64) {
        assert!(millis >= 0, "time does not run backwards");
        self.offset_millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// How far this clock is from the machine's (or from 1970, if frozen), in milliseconds.
    pub fn offset_millis(&self) -> i64 {
        self.offset_millis.load(Ordering::SeqCst)
    }

    /// Sets the distance from the machine's clock (or from 1970, if frozen), in milliseconds.
    pub fn set_offset_millis(&self, millis: i64) {
        self.offset_millis.store(millis, Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> At {
        let offset = self.offset_millis.load(Ordering::SeqCst);
        if self.frozen { At::from_millis(offset) } else { SystemClock.now().plus_millis(offset) }
    }
}
