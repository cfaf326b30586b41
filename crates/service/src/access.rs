//! The access rules at the edge of use cases.

use crate::error::Error;
use domain::access::{Action, Actor, Decision, Hands};
use domain::id::OperatorId;

/// Goes on only if `actor` may do `action` to a thing of `of_operator`; another operator's thing is
/// not found, not forbidden.
pub fn require(
    actor: &Actor,
    action: Action,
    of_operator: Option<OperatorId>,
) -> Result<(), Error> {
    answer(domain::access::can(actor, action, of_operator))
}

/// The same for a step of reviewing an application that was in these hands.
pub fn require_review(
    actor: &Actor,
    action: Action,
    of_operator: OperatorId,
    hands: &Hands,
) -> Result<(), Error> {
    answer(domain::access::can_review(actor, action, of_operator, hands))
}

fn answer(decision: Decision) -> Result<(), Error> {
    match decision {
        Decision::Allowed => Ok(()),
        Decision::Hidden => Err(Error::NotFound),
        Decision::Refused(refusal) => Err(refusal.into()),
    }
}
