//! New ids and references, made from the entropy of `seal` and the time of the clock.

use domain::id::{Id, Kind};
use domain::time::At;

/// A new id for the instant `at`.
pub fn new<K: Kind>(at: At) -> Id<K> {
    Id::from_u128(seal::entropy::uuid_v7(at.millis()))
}

/// Six characters that a person can read out: of an application, or of a failure in the log.
pub fn reference() -> String {
    seal::entropy::readable(6)
}
