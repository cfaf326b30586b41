//! No number is released without proof that its holder was warned.

use super::deliver::outcome_of;
use crate::app::App;
use crate::error::Error;
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::notice::fallback::{Next, next};
use domain::time::At;
use store::notice::State;

/// Warnings looked at; a ladder has far fewer steps.
const WARNINGS_MAX: i64 = 50;

/// What can be shown for the warnings of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A warning arrived: when, by which way.
    Delivered { at: At, channel: Channel },
    /// Of at least one warning every registered channel was tried and none said it arrived.
    AllTried { at: At, channels: Vec<Channel> },
    /// Warnings are still under way.
    Pending,
    /// No warning was sent.
    None,
}

impl Proof {
    /// Whether a release may follow.
    pub const fn is_enough(&self) -> bool {
        matches!(self, Self::Delivered { .. } | Self::AllTried { .. })
    }

    /// The stable name, as recorded with the release.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::AllTried { .. } => "all_tried",
            Self::Pending => "pending",
            Self::None => "none",
        }
    }
}

/// What can be shown that the holder of `msisdn` was warned since `since`.
pub async fn proof_of_notice(app: &App, msisdn: Msisdn, since: At) -> Result<Proof, Error> {
    let db = &app.store.db;
    let mut best = Proof::None;
    for notice in store::notice::of_number(db, msisdn, since, WARNINGS_MAX).await? {
        if !notice.is_warning {
            continue;
        }
        let attempts = store::notice::attempts(db, &notice).await?;
        if let Some(arrived) = attempts.iter().find(|a| a.state == State::Delivered) {
            let at = arrived.settled_at.unwrap_or(notice.created_at);
            return Ok(Proof::Delivered { at, channel: arrived.channel });
        }
        let channels: Vec<Channel> = attempts.iter().map(|attempt| attempt.channel).collect();
        let tried: Vec<_> = attempts
            .iter()
            .filter_map(|attempt| Some((attempt.channel, outcome_of(attempt.state)?)))
            .collect();
        match next(&channels, &tried) {
            Next::Exhausted => {
                let at = attempts.iter().filter_map(|a| a.settled_at).max();
                let at = at.unwrap_or(notice.created_at);
                if !best.is_enough() {
                    best = Proof::AllTried { at, channels };
                }
            }
            Next::Delivered | Next::Wait | Next::Try(_) => {
                if best == Proof::None {
                    best = Proof::Pending;
                }
            }
        }
    }
    Ok(best)
}
