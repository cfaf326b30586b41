//! What a decision says should happen. Nothing happens inside `domain`.

use super::facts::{Cause, Facts, Holder, SimRef};
use super::{HoldKind, UsageKind};
use crate::money::Fee;
use crate::time::At;
use jiff::civil::Date;

/// The outcome of a decision: the number as it is afterwards, and what else must happen in the
/// same commit or after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number afterwards: state, holds, deadline and all.
    pub next: Facts,
    /// What else must happen, in order.
    pub effects: Vec<Effect>,
    /// The rules that fired, for the audit log.
    pub rules: Vec<&'static str>,
}

/// Something that follows from a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the holder.
    Tell(Tell),
    /// What the network must know changed.
    Provision,
    /// From now on this person holds the number, or nobody.
    HolderChanged {
        /// Who held it.
        from: Option<Holder>,
        /// Who holds it.
        to: Option<Holder>,
    },
    /// From now on this SIM serves the number, or none.
    SimChanged {
        /// What served it.
        from: Option<SimRef>,
        /// What serves it.
        to: Option<SimRef>,
    },
    /// Charge a fee of the policy so many times.
    Charge {
        /// Which.
        fee: Fee,
        /// How many times.
        times: i64,
    },
    /// Give a fee back so many times: it was paid ahead and is not needed.
    GiveBack {
        /// Which.
        fee: Fee,
        /// How many times.
        times: i64,
    },
}

impl Effect {
    /// The name in generated documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Tell(tell) => tell.code(),
            Self::Provision => "provision",
            Self::HolderChanged { .. } => "holder_changed",
            Self::SimChanged { .. } => "sim_changed",
            Self::Charge { .. } => "charge",
            Self::GiveBack { .. } => "give_back",
        }
    }
}

/// What the holder is told; the words are in the message catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// The keep-alive date comes nearer.
    Remind {
        /// Days left.
        days_left: i32,
        /// The last day.
        deadline_on: Date,
    },
    /// Today is the last day.
    LastDay {
        /// The last day.
        deadline_on: Date,
        /// For how many days the number is still held afterwards.
        held_days: i32,
    },
    /// A use was seen in time after a reminder.
    Saved {
        /// What kind of use.
        kind: UsageKind,
        /// The day of the use.
        used_on: Date,
        /// The new last day.
        deadline_on: Date,
    },
    /// Restricted: the kind of hold says how and why, and what to do.
    Restricted {
        /// The new hold.
        hold: HoldKind,
        /// Until when the number is kept for the holder, where there is such a date.
        held_until_on: Option<Date>,
    },
    /// The restriction is gone.
    Lifted {
        /// The hold that was lifted.
        hold: HoldKind,
        /// The last day of the keep-alive window now.
        deadline_on: Date,
    },
    /// The holder must prove identity again.
    ReverifyOrdered {
        /// By when.
        by: At,
    },
    /// A pause was agreed.
    Paused {
        /// Its last day.
        until_on: Date,
    },
    /// Another SIM serves the number.
    SimReplaced,
    /// Another person holds the number; told to the one who held it.
    Transferred,
    /// The number will be closed.
    Closing {
        /// The last day to change one's mind.
        until_on: Date,
    },
    /// The number will not be closed after all.
    CloseWithdrawn,
    /// The number is closed and in quarantine.
    Quarantined {
        /// Why.
        cause: Cause,
        /// The first day on which it may go to somebody else.
        until_on: Date,
    },
    /// The quarantine is over; the number can no longer be recovered.
    Released,
    /// The former holder has the number back.
    Recovered {
        /// The last day of the keep-alive window.
        deadline_on: Date,
    },
    /// The number left for another operator.
    PortedOut,
}

impl Tell {
    /// The name in generated documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Remind { .. } => "tell_remind",
            Self::LastDay { .. } => "tell_last_day",
            Self::Saved { .. } => "tell_saved",
            Self::Restricted { .. } => "tell_restricted",
            Self::Lifted { .. } => "tell_lifted",
            Self::ReverifyOrdered { .. } => "tell_reverify_ordered",
            Self::Paused { .. } => "tell_paused",
            Self::SimReplaced => "tell_sim_replaced",
            Self::Transferred => "tell_transferred",
            Self::Closing { .. } => "tell_closing",
            Self::CloseWithdrawn => "tell_close_withdrawn",
            Self::Quarantined { .. } => "tell_quarantined",
            Self::Released => "tell_released",
            Self::Recovered { .. } => "tell_recovered",
            Self::PortedOut => "tell_ported_out",
        }
    }
}
