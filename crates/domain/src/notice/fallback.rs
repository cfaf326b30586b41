//! Which channel is tried next when a notice does not arrive.
//!
//! The order is the number itself, another number, e-mail, and last the trusted contact, who is
//! only asked to tell the holder. A channel is tried once.

use super::Channel;
use serde::{Deserialize, Serialize};

/// What is known of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not handed over yet, or handed over and not heard of since.
    Pending,
    /// A receipt says it arrived; for e-mail, the server took it and no bounce came in time.
    Delivered,
    /// The channel refused it or says it did not arrive.
    Failed,
    /// Its validity ended before it arrived.
    Expired,
    /// No receipt came in the time allowed. It may have arrived.
    Unknown,
}

impl Outcome {
    /// Whether nothing more is expected of this attempt by itself.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }
}

/// What to do about a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It arrived somewhere; nothing more.
    Delivered,
    /// An attempt is still open.
    Wait,
    /// Try this channel now.
    Try(Channel),
    /// Every registered channel was tried and none said it arrived.
    Exhausted,
}

/// Decides by the registered channels and what is known of the attempts so far.
pub fn next(registered: &[Channel], attempts: &[(Channel, Outcome)]) -> Next {
    if attempts.iter().any(|(_, outcome)| *outcome == Outcome::Delivered) {
        return Next::Delivered;
    }
    if attempts.iter().any(|(_, outcome)| !outcome.is_final()) {
        return Next::Wait;
    }
    let untried =
        registered.iter().filter(|channel| attempts.iter().all(|(tried, _)| tried != *channel));
    untried.min().map_or(Next::Exhausted, |channel| Next::Try(*channel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Channel; 4] =
        [Channel::Number, Channel::OtherNumber, Channel::Email, Channel::TrustedContact];

    #[test]
    fn the_order_is_number_other_number_email_trusted_contact() {
        let mut attempts = Vec::new();
        for channel in ALL {
            assert_eq!(next(&ALL, &attempts), Next::Try(channel));
            attempts.push((channel, Outcome::Pending));
            assert_eq!(next(&ALL, &attempts), Next::Wait);
            attempts.last_mut().expect("just pushed").1 = Outcome::Failed;
        }
        assert_eq!(next(&ALL, &attempts), Next::Exhausted);
    }

    #[test]
    fn a_late_receipt_ends_the_search() {
        let attempts = [(Channel::Number, Outcome::Delivered), (Channel::Email, Outcome::Pending)];
        assert_eq!(next(&ALL, &attempts), Next::Delivered);
        assert_eq!(next(&[], &[]), Next::Exhausted);
    }

    proptest! {
        #[test]
        fn no_channel_is_tried_twice(outcomes in prop::collection::vec(0..3usize, 0..8)) {
            let mut attempts: Vec<(Channel, Outcome)> = Vec::new();
            for outcome in outcomes {
                if let Next::Try(channel) = next(&ALL, &attempts) {
                    prop_assert!(attempts.iter().all(|(tried, _)| *tried != channel));
                    let outcome = [Outcome::Failed, Outcome::Expired, Outcome::Unknown][outcome];
                    attempts.push((channel, outcome));
                }
            }
            prop_assert!(attempts.len() <= ALL.len());
        }
    }
}
