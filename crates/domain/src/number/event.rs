//! What happened to a number: past facts, never commands.

use super::facts::SimRef;
use crate::id::{EpisodeId, PartyId};
use crate::time::At;
use serde::{Deserialize, Serialize};

/// A kind of use, as the network or the shop reports it. Which of them keep a number alive is
/// policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageKind {
    /// A call made.
    MoCall,
    /// A call answered.
    MtCall,
    /// A text sent.
    MoSms,
    /// A text received.
    MtSms,
    /// A data session.
    DataSession,
    /// A top-up.
    TopUp,
    /// The fee of a plan, paid.
    PlanFeePaid,
    /// A paid extension of the keep-alive date by one window (代续).
    Extension,
    /// A value-added service used.
    Vas,
}

impl UsageKind {
    /// Every kind, in the order of [`UsageKind::index`].
    pub const ALL: [Self; 9] = [
        Self::MoCall,
        Self::MtCall,
        Self::MoSms,
        Self::MtSms,
        Self::DataSession,
        Self::TopUp,
        Self::PlanFeePaid,
        Self::Extension,
        Self::Vas,
    ];

    /// The name in usage files, policies and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MoCall => "mo_call",
            Self::MtCall => "mt_call",
            Self::MoSms => "mo_sms",
            Self::MtSms => "mt_sms",
            Self::DataSession => "data_session",
            Self::TopUp => "top_up",
            Self::PlanFeePaid => "plan_fee_paid",
            Self::Extension => "extension",
            Self::Vas => "vas",
        }
    }

    /// From [`UsageKind::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::from_bytes(code.as_bytes())
    }

    /// The same from bytes: a usage file has one in each row.
    pub const fn from_bytes(code: &[u8]) -> Option<Self> {
        Some(match code {
            b"mo_call" => Self::MoCall,
            b"mt_call" => Self::MtCall,
            b"mo_sms" => Self::MoSms,
            b"mt_sms" => Self::MtSms,
            b"data_session" => Self::DataSession,
            b"top_up" => Self::TopUp,
            b"plan_fee_paid" => Self::PlanFeePaid,
            b"extension" => Self::Extension,
            b"vas" => Self::Vas,
            _ => return None,
        })
    }

    /// The place in [`UsageKind::ALL`], as stored.
    pub const fn index(self) -> u8 {
        self as u8
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Set aside for one request.
    Reserved {
        /// When the reservation lapses.
        until: At,
    },
    /// The request for which it was set aside is gone.
    ReservationDropped,
    /// Joined with a SIM.
    Allocated {
        /// The SIM.
        sim: SimRef,
    },
    /// The unregistered SIM came back.
    AllocationUndone,
    /// A registration for it was approved.
    HolderVerified {
        /// Who holds it from now on.
        party_id: PartyId,
        /// The new holder episode.
        episode_id: EpisodeId,
    },
    /// The network or the shop reported a use.
    UsageSeen {
        /// What kind.
        kind: UsageKind,
        /// When it happened (not when it was reported).
        used_at: At,
    },
    /// The indexed deadline of the number fell due.
    DeadlinePassed,
    /// Proof that the holder was told is on record.
    NoticeProven,
    /// Reported lost or stolen.
    LossReported,
    /// Found again.
    LossLifted,
    /// The holder paused it.
    PauseRequested {
        /// Until when.
        until: At,
    },
    /// The holder ended the pause.
    Resumed,
    /// Money is owed.
    ArrearsReached,
    /// What was owed is paid.
    Paid,
    /// The holder got another SIM.
    SimReplaced {
        /// The new SIM.
        sim: SimRef,
    },
    /// Another person holds it from now on.
    Transferred {
        /// The new holder.
        party_id: PartyId,
        /// The new holder episode.
        episode_id: EpisodeId,
    },
    /// The holder asked to close it.
    CloseRequested,
    /// The holder changed their mind.
    CloseWithdrawn,
    /// The former holder proved who they are and has it back.
    Recovered {
        /// Who recovers it.
        party_id: PartyId,
        /// The new holder episode.
        episode_id: EpisodeId,
        /// The SIM that will serve it.
        sim: SimRef,
    },
    /// The holder must prove identity again.
    ReverifyOrdered {
        /// By when.
        by: At,
    },
    /// The holder proved identity again.
    ReverifyPassed,
    /// Suspected of fraud.
    FraudFlagged,
    /// The suspicion is cleared.
    FraudCleared,
    /// An authority ordered it stopped.
    AuthorityOrdered {
        /// The order's reference.
        reference: String,
        /// When the order ends by itself, if it does.
        until: Option<At>,
    },
    /// The authority lifted its order.
    AuthorityLifted {
        /// The order's reference.
        reference: String,
    },
    /// Another operator serves it.
    PortedOut,
    /// It came back from the other operator without its holder.
    PortReturned,
    /// Withdrawn from use for good.
    Retired,
}

impl Event {
    /// The name in the audit log and in generated documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Reserved { .. } => "reserved",
            Self::ReservationDropped => "reservation_dropped",
            Self::Allocated { .. } => "allocated",
            Self::AllocationUndone => "allocation_undone",
            Self::HolderVerified { .. } => "holder_verified",
            Self::UsageSeen { .. } => "usage_seen",
            Self::DeadlinePassed => "deadline_passed",
            Self::NoticeProven => "notice_proven",
            Self::LossReported => "loss_reported",
            Self::LossLifted => "loss_lifted",
            Self::PauseRequested { .. } => "pause_requested",
            Self::Resumed => "resumed",
            Self::ArrearsReached => "arrears_reached",
            Self::Paid => "paid",
            Self::SimReplaced { .. } => "sim_replaced",
            Self::Transferred { .. } => "transferred",
            Self::CloseRequested => "close_requested",
            Self::CloseWithdrawn => "close_withdrawn",
            Self::Recovered { .. } => "recovered",
            Self::ReverifyOrdered { .. } => "reverify_ordered",
            Self::ReverifyPassed => "reverify_passed",
            Self::FraudFlagged => "fraud_flagged",
            Self::FraudCleared => "fraud_cleared",
            Self::AuthorityOrdered { .. } => "authority_ordered",
            Self::AuthorityLifted { .. } => "authority_lifted",
            Self::PortedOut => "ported_out",
            Self::PortReturned => "port_returned",
            Self::Retired => "retired",
        }
    }
}
