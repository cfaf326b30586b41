//! Why a rule about numbers says no.

use super::Lifecycle;
use crate::refusal::Refusal;
use std::borrow::Cow;

/// Why a rule about numbers says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberRefusal {
    /// Nobody holds the number and nobody asked for it.
    IsInStock,
    /// It is set aside for a request.
    IsReserved,
    /// Its SIM waits for a registration.
    AwaitsRegistration,
    /// It is in use already.
    IsInUse,
    /// It is being closed.
    IsClosing,
    /// It is closed, and kept from everybody but its former holder.
    IsQuarantined,
    /// Another operator serves it.
    IsPortedOut,
    /// It is out of use for good.
    IsRetired,
    /// It is reported lost.
    IsLost,
    /// It is not reported lost.
    IsNotLost,
    /// It is paused.
    IsPaused,
    /// It is not paused.
    IsNotPaused,
    /// The policy offers no pause.
    NoPauseOffered,
    /// The pause is longer than the policy allows, or in the past.
    PauseLength {
        /// The longest allowed, in months.
        months_max: i64,
    },
    /// Money is owed.
    HasArrears,
    /// Nothing is owed.
    HasNoArrears,
    /// No registered holder.
    IsUnregistered,
    /// A safety check is open or failed.
    SafetyCheck,
    /// No safety check is open.
    NoSafetyCheck,
    /// Under suspicion of fraud already.
    FraudFlaggedAlready,
    /// Not under suspicion of fraud.
    NotFraudFlagged,
    /// Ordered by an authority.
    UnderOrder,
    /// The same order is in force already.
    OrderKnown,
    /// No such order is in force.
    OrderUnknown,
    /// The SIM was replaced a short while ago.
    SimCooling,
    /// That SIM serves it already.
    SameSim,
    /// That person holds it already.
    SameHolder,
    /// Only the holder can have that done.
    NotHolder,
    /// Somebody else held it last.
    NotFormerHolder,
    /// The identity holds as many numbers as the rule allows.
    CapReached {
        /// The limit.
        limit: i64,
    },
    /// Held for too short a time to leave.
    TenureTooShort {
        /// Days needed.
        days_min: i64,
    },
    /// A use of this kind does not keep a number.
    UsageDoesNotCount,
    /// The use is from before the present holder, or from the future.
    UsageOutsideEpisode,
    /// The date asked for has passed.
    DatePassed,
    /// That SIM serves another number.
    SimTaken,
    /// No such SIM in stock.
    SimUnknown,
}

impl NumberRefusal {
    /// One of each, for the test that every code has its words.
    pub const ALL: [Self; 36] = [
        Self::IsInStock,
        Self::IsReserved,
        Self::AwaitsRegistration,
        Self::IsInUse,
        Self::IsClosing,
        Self::IsQuarantined,
        Self::IsPortedOut,
        Self::IsRetired,
        Self::IsLost,
        Self::IsNotLost,
        Self::IsPaused,
        Self::IsNotPaused,
        Self::NoPauseOffered,
        Self::PauseLength { months_max: 12 },
        Self::HasArrears,
        Self::HasNoArrears,
        Self::IsUnregistered,
        Self::SafetyCheck,
        Self::NoSafetyCheck,
        Self::FraudFlaggedAlready,
        Self::NotFraudFlagged,
        Self::UnderOrder,
        Self::OrderKnown,
        Self::OrderUnknown,
        Self::SimCooling,
        Self::SameSim,
        Self::SameHolder,
        Self::NotHolder,
        Self::NotFormerHolder,
        Self::CapReached { limit: 5 },
        Self::TenureTooShort { days_min: 120 },
        Self::UsageDoesNotCount,
        Self::UsageOutsideEpisode,
        Self::DatePassed,
        Self::SimTaken,
        Self::SimUnknown,
    ];

    /// The refusal of anything that the present state does not allow.
    pub const fn because(state: Lifecycle) -> Self {
        match state {
            Lifecycle::InStock => Self::IsInStock,
            Lifecycle::Reserved => Self::IsReserved,
            Lifecycle::Allocated => Self::AwaitsRegistration,
            Lifecycle::Active => Self::IsInUse,
            Lifecycle::PreClose => Self::IsClosing,
            Lifecycle::Quarantined => Self::IsQuarantined,
            Lifecycle::PortedOut => Self::IsPortedOut,
            Lifecycle::Retired => Self::IsRetired,
        }
    }
}

impl Refusal for NumberRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::IsInStock => "number.is_in_stock",
            Self::IsReserved => "number.is_reserved",
            Self::AwaitsRegistration => "number.awaits_registration",
            Self::IsInUse => "number.is_in_use",
            Self::IsClosing => "number.is_closing",
            Self::IsQuarantined => "number.is_quarantined",
            Self::IsPortedOut => "number.is_ported_out",
            Self::IsRetired => "number.is_retired",
            Self::IsLost => "number.is_lost",
            Self::IsNotLost => "number.is_not_lost",
            Self::IsPaused => "number.is_paused",
            Self::IsNotPaused => "number.is_not_paused",
            Self::NoPauseOffered => "number.no_pause_offered",
            Self::PauseLength { .. } => "number.pause_length",
            Self::HasArrears => "number.has_arrears",
            Self::HasNoArrears => "number.has_no_arrears",
            Self::IsUnregistered => "number.is_unregistered",
            Self::SafetyCheck => "number.safety_check",
            Self::NoSafetyCheck => "number.no_safety_check",
            Self::FraudFlaggedAlready => "number.fraud_flagged_already",
            Self::NotFraudFlagged => "number.not_fraud_flagged",
            Self::UnderOrder => "number.under_order",
            Self::OrderKnown => "number.order_known",
            Self::OrderUnknown => "number.order_unknown",
            Self::SimCooling => "number.sim_cooling",
            Self::SameSim => "number.same_sim",
            Self::SameHolder => "number.same_holder",
            Self::NotHolder => "number.not_holder",
            Self::NotFormerHolder => "number.not_former_holder",
            Self::CapReached { .. } => "number.cap_reached",
            Self::TenureTooShort { .. } => "number.tenure_too_short",
            Self::UsageDoesNotCount => "number.usage_does_not_count",
            Self::UsageOutsideEpisode => "number.usage_outside_episode",
            Self::DatePassed => "number.date_passed",
            Self::SimTaken => "number.sim_taken",
            Self::SimUnknown => "number.sim_unknown",
        }
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        match self {
            Self::PauseLength { months_max } => vec![("months", months_max.to_string().into())],
            Self::CapReached { limit } => vec![("limit", limit.to_string().into())],
            Self::TenureTooShort { days_min } => vec![("days", days_min.to_string().into())],
            _ => Vec::new(),
        }
    }
}
