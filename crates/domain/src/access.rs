//! Who may do what: one function over closed enums.
//!
//! [`can`] answers for an actor, an action and the operator whose thing it is. Two answers are
//! never mixed up: a thing of another operator *does not exist* for the asker
//! ([`Decision::Hidden`], shown as not found), while an action that is not his at his own operator
//! is refused with a reason. [`can_review`] adds what depends on the case: who took an application
//! or decided it first does not review it.
//!
//! The whole matrix is written to `docs/generated/access-matrix.txt` by [`matrix`] and compared by
//! a test, so that no right changes unseen.

use crate::id::{ApplicationId, OperatorId, PartyId, StaffId};
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

mod action;
mod matrix;

pub use action::Action;
pub use matrix::matrix;

/// What a member of staff may be; one person may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes applications at an outlet; never reviews.
    Clerk,
    /// Reviews applications.
    Reviewer,
    /// Settles disagreements, reassigns, watches promise dates.
    Lead,
    /// Answers the hotline.
    Agent,
    /// Settings, staff, policies; sees no personal data.
    Administrator,
    /// Reads the audit log.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Clerk, Self::Reviewer, Self::Lead, Self::Agent, Self::Administrator, Self::Auditor];

    /// The stable word on the command line, in the database and in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::Lead => "lead",
            Self::Agent => "agent",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The program itself: a sweep, the outbox, the reconciler.
    System,
    /// A person without an account who proved the contact of one application.
    Applicant { operator_id: OperatorId, application_id: ApplicationId },
    /// A holder who proved the number or a registered contact.
    Holder { operator_id: OperatorId, party_id: PartyId },
    /// Staff of one operator.
    Staff { operator_id: OperatorId, staff_id: StaffId, roles: Vec<Role> },
    /// A program with an operator API token.
    Token { operator_id: OperatorId, name: String, scopes: Vec<String> },
}

impl Actor {
    /// The operator whose data this actor may touch; `None` only for the program itself.
    pub fn operator_id(&self) -> Option<OperatorId> {
        match self {
            Self::System => None,
            Self::Applicant { operator_id, .. }
            | Self::Holder { operator_id, .. }
            | Self::Staff { operator_id, .. }
            | Self::Token { operator_id, .. } => Some(*operator_id),
        }
    }

    /// The member of staff who acts, if one does.
    pub fn staff_id(&self) -> Option<StaffId> {
        match self {
            Self::Staff { staff_id, .. } => Some(*staff_id),
            Self::System | Self::Applicant { .. } | Self::Holder { .. } | Self::Token { .. } => {
                None
            }
        }
    }

    /// How the audit log names this actor; never personal data.
    pub fn audit_name(&self) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::Applicant { application_id, .. } => application_id.to_string(),
            Self::Holder { party_id, .. } => party_id.to_string(),
            Self::Staff { staff_id, .. } => staff_id.to_string(),
            Self::Token { name, .. } => format!("token:{name}"),
        }
    }
}

/// The answer to "may this actor do this?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Yes.
    Allowed,
    /// No, and the actor may know why.
    Refused(AccessRefusal),
    /// For this actor the thing does not exist: it is another operator's.
    Hidden,
}

/// Why an action is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessRefusal {
    /// None of the actor's roles or scopes includes it.
    NotYourRole,
    /// Who took the application never reviews it.
    TookTheCase,
    /// The second look is for someone else than the first.
    DecidedFirst,
}

impl AccessRefusal {
    /// Every refusal.
    pub const ALL: [Self; 3] = [Self::NotYourRole, Self::TookTheCase, Self::DecidedFirst];
}

impl Refusal for AccessRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotYourRole => "access.not_your_role",
            Self::TookTheCase => "access.took_the_case",
            Self::DecidedFirst => "access.decided_first",
        }
    }
}

/// May `actor` do `action` to a thing of `of_operator`? Without an operator (the thing belongs to
/// none yet, or it is a list that is narrowed to the actor's own operator anyway) only the role
/// counts.
pub fn can(actor: &Actor, action: Action, of_operator: Option<OperatorId>) -> Decision {
    let is_other = match (actor.operator_id(), of_operator) {
        (Some(own), Some(of)) => own != of,
        (None, _) | (_, None) => false,
    };
    if is_other {
        return Decision::Hidden;
    }
    let is_allowed = match actor {
        Actor::System => true,
        Actor::Applicant { .. } => action.is_for_applicant(),
        Actor::Holder { .. } => action.is_for_holder(),
        Actor::Staff { roles, .. } => roles.iter().any(|role| action.is_for(*role)),
        Actor::Token { scopes, .. } => {
            action.scope().is_some_and(|needed| scopes.iter().any(|scope| scope == needed))
        }
    };
    if is_allowed { Decision::Allowed } else { Decision::Refused(AccessRefusal::NotYourRole) }
}

/// Whose hands an application has been in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hands {
    /// Who took it at an outlet.
    pub taken_by: Option<StaffId>,
    /// Who decided it first, while the second look is open.
    pub first_by: Option<StaffId>,
    /// Who looked second, while a disagreement is open.
    pub second_by: Option<StaffId>,
}

/// May `actor` do this `action` of reviewing on an application that was in these `hands`? Bars, on
/// top of [`can`], whoever took it and whoever has given an opinion on it already: officers do not
/// approve their own work, and neither do their leads.
pub fn can_review(
    actor: &Actor,
    action: Action,
    of_operator: OperatorId,
    hands: &Hands,
) -> Decision {
    match can(actor, action, Some(of_operator)) {
        Decision::Allowed => {}
        other => return other,
    }
    let Some(staff_id) = actor.staff_id() else { return Decision::Allowed };
    if action.is_barred_to_taker() && hands.taken_by == Some(staff_id) {
        return Decision::Refused(AccessRefusal::TookTheCase);
    }
    let gave_opinion = match action {
        Action::SecondCheck => hands.first_by == Some(staff_id),
        Action::SettleDisagreement => [hands.first_by, hands.second_by].contains(&Some(staff_id)),
        _ => false,
    };
    if gave_opinion { Decision::Refused(AccessRefusal::DecidedFirst) } else { Decision::Allowed }
}

#[cfg(test)]
mod tests;
