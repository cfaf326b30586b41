//! Who may do what. Owned by the access rules: one function over closed enums.

use crate::id::{ApplicationId, OperatorId, PartyId, StaffId};
use serde::{Deserialize, Serialize};

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
}
