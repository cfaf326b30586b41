//! The numbers of which this process is telling the network, so that a job and the reconciler do
//! not both tell it of the same one. Between processes the version of the row decides.

use domain::msisdn::Msisdn;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The numbers that somebody has in hand.
#[derive(Debug, Default)]
pub(crate) struct InHand(Mutex<HashSet<Msisdn>>);

/// A number in hand, until this is dropped.
#[derive(Debug)]
pub(super) struct Held<'a>(&'a InHand, Msisdn);

impl InHand {
    /// Takes the number in hand; `None` if somebody has it already.
    pub(super) fn take(&self, msisdn: Msisdn) -> Option<Held<'_>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(msisdn).then(|| Held(self, msisdn))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_one_hand_until_that_lets_go() {
        let in_hand = InHand::default();
        let (one, two) = (8_613_800_000_000, 8_613_800_000_001);
        let (one, two) = (Msisdn::from_e164(one).unwrap(), Msisdn::from_e164(two).unwrap());
        let held = in_hand.take(one);
        assert!(held.is_some() && in_hand.take(one).is_none() && in_hand.take(two).is_some());
        drop(held);
        assert!(in_hand.take(one).is_some());
    }
}
