//! An authority in memory, which knows nobody: what it answers follows from the name.

use crate::network::{FaultKind, Network, Port};
use domain::authority::{Answer, Belongs, Likeness};
use service::port::{Authority, AuthorityQuestion, Later, PortError};
use std::sync::Arc;
use std::time::Duration;

/// A view of [`Network`] as an authority. It says that a name belongs to its number unless the name
/// ends with 不符 or `Mismatch` (it does not) or with 查无 or `Nobody` (there is no record), so that
/// each answer can be tried; faults come from the network's list.
#[derive(Clone, Debug)]
pub struct Simulator(pub Arc<Network>);

impl Authority for Simulator {
    fn is_connected(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: &'a AuthorityQuestion) -> Later<'a, Result<Answer, PortError>> {
        Box::pin(async move {
            match self.0.draw_fault(Port::Authority, &question.id) {
                None | Some(FaultKind::Twice | FaultKind::WrongOrder) => {}
                Some(FaultKind::Late { millis }) => {
                    let wait = u64::try_from(millis).unwrap_or_default();
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                Some(FaultKind::Never) => {
                    return Err(PortError::Unreachable("simulated silence".to_owned()));
                }
                Some(FaultKind::Reject) => {
                    return Err(PortError::Rejected("simulated refusal".to_owned()));
                }
                Some(FaultKind::Throttle) => return Err(PortError::Throttled),
            }
            let ends = |words: [&str; 2]| words.iter().any(|word| question.name.ends_with(word));
            let belongs = if ends(["不符", "Mismatch"]) {
                Belongs::Mismatch
            } else if ends(["查无", "Nobody"]) {
                Belongs::NoRecord
            } else {
                Belongs::Match
            };
            let likeness = question.portrait.as_ref().map(|_| Likeness::Match);
            Ok(Answer { belongs, likeness })
        })
    }
}
