//! No number is released without proof that its holder was warned.

use super::deliver::outcome_of;
use crate::app::App;
use crate::error::Error;
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::notice::fallback::{Next, next};
use domain::time::At;
use store::notice::{State, Warning};

/// Warnings looked at; a ladder has far fewer steps.
const WARNINGS_MAX: usize = 50;

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
    let proofs = proofs_of_notice(app, &[(msisdn, since)]).await?;
    Ok(proofs.into_iter().next().unwrap_or(Proof::None))
}

/// The same for many numbers, in the order asked.
pub(crate) async fn proofs_of_notice(
    app: &App,
    wanted: &[(Msisdn, At)],
) -> Result<Vec<Proof>, Error> {
    let Some(first) = wanted.iter().map(|(_, since)| *since).min() else { return Ok(Vec::new()) };
    let msisdns: Vec<Msisdn> = wanted.iter().map(|(msisdn, _)| *msisdn).collect();
    let warnings = store::notice::warnings(&app.store.db, &msisdns, first).await?;
    let judged = wanted.iter().map(|(msisdn, since)| {
        let all = warnings.get(msisdn).map_or(&[][..], Vec::as_slice);
        judge(all.iter().filter(|warning| warning.created_at >= *since))
    });
    Ok(judged.collect())
}

/// What the warnings of one period, newest first, prove.
fn judge<'a>(warnings: impl Iterator<Item = &'a Warning>) -> Proof {
    let mut best = Proof::None;
    for Warning { created_at, attempts } in warnings.take(WARNINGS_MAX) {
        if let Some((channel, _, settled_at)) = attempts.iter().find(|a| a.1 == State::Delivered) {
            return Proof::Delivered { at: settled_at.unwrap_or(*created_at), channel: *channel };
        }
        let channels: Vec<Channel> = attempts.iter().map(|(channel, ..)| *channel).collect();
        let tried: Vec<_> = attempts
            .iter()
            .filter_map(|(channel, state, _)| Some((*channel, outcome_of(*state)?)))
            .collect();
        match next(&channels, &tried) {
            Next::Exhausted => {
                let at = attempts.iter().filter_map(|(.., settled_at)| *settled_at).max();
                if !best.is_enough() {
                    best = Proof::AllTried { at: at.unwrap_or(*created_at), channels };
                }
            }
            Next::Delivered | Next::Wait | Next::Try(_) => {
                if best == Proof::None {
                    best = Proof::Pending;
                }
            }
        }
    }
    best
}
