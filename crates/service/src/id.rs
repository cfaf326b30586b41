//! New ids and references, made from the entropy of `seal` and the time of the clock.

use domain::id::{Id, Kind};
use domain::time::At;

/// No character here looks like another on paper or sounds like another on the telephone.
const ALPHABET: &[u8; 24] = b"23456789ACDEFGHJKMNPQRTX";

/// A new id for the instant `at`.
pub fn new<K: Kind>(at: At) -> Id<K> {
    Id::from_u128(seal::entropy::uuid_v7(at.millis()))
}

/// Six characters that a person can read out: of an application, or of a failure in the log.
pub fn reference() -> String {
    (0..6)
        .map(|_| {
            let draw = seal::entropy::below(ALPHABET.len() as u64);
            usize::try_from(draw)
                .ok()
                .and_then(|at| ALPHABET.get(at))
                .map_or('2', |c| char::from(*c))
        })
        .collect()
}
