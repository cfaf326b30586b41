//! The sections of a policy.

use super::Sourced;
use crate::identity::DocumentKind;
use crate::money::Fee;
use crate::number::{HoldKind, Lean, UsageKind};
use crate::reading::Thresholds;
use crate::review::SecondRule;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// Whether and how holders are registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Whether the law demands it. Where it does not, an operator may still ask for it.
    pub required: Sourced<bool>,
    /// The documents accepted of a person, in the order in which they are offered.
    pub documents: Vec<DocumentKind>,
    /// The documents accepted of an organisation; without any, organisations go to an outlet.
    #[serde(default)]
    pub organisation_documents: Vec<DocumentKind>,
}

/// From what age somebody may register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ages {
    /// Alone, from this age in years.
    pub alone_min: Sourced<i64>,
    /// With a guardian, from this age in years.
    pub guardian_min: Sourced<i64>,
}

/// How long the parts of an application stay open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// A draft, after the last change.
    pub draft_days: Sourced<i64>,
    /// A request for an update.
    pub update_days: Sourced<i64>,
    /// The right to appeal.
    pub appeal_days: Sourced<i64>,
    /// A decision may be taken back by the one who made it.
    pub undo_seconds: Sourced<i64>,
}

/// By when an answer is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Business days of the operator's calendar.
    pub business_days: Sourced<i64>,
    /// What comes after this hour counts from the next business day.
    pub cut_off: Sourced<Time>,
    /// The hour of the promised day.
    pub answer_at: Sourced<Time>,
    /// Business days added when a promise will be missed.
    pub late_business_days: Sourced<i64>,
    /// How long before the promised hour the apology goes out.
    pub apology_lead_minutes: Sourced<i64>,
}

/// How sure the machine must be of what it reads on a document, of a hundred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// For a value of a known form, such as a number or a date.
    pub clear_percent_min: Sourced<i64>,
    /// For free text, such as a name or an address.
    pub clear_text_percent_min: Sourced<i64>,
}

impl Reading {
    /// As the rule takes them.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            clear_percent_min: *self.clear_percent_min,
            clear_text_percent_min: *self.clear_text_percent_min,
        }
    }
}

/// Which decisions a second person must take, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondCheck {
    /// Always.
    pub always: Vec<SecondRule>,
    /// Of all others, this many in a hundred, chosen so that nobody can tell beforehand.
    pub sample_percent: Sourced<i64>,
}

/// Numbers that nobody holds yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// How long a number may be set aside.
    pub reservation_minutes_max: Sourced<i64>,
    /// After so many days an unregistered SIM gives its number back.
    pub allocation_days: Sourced<i64>,
}

/// What a step of the ladder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LadderAct {
    /// Tell the holder.
    Remind,
    /// Incoming only.
    BarOutgoing,
    /// Nothing, but the number is held.
    Suspend,
    /// Closed; only the former holder may have it back.
    Quarantine,
}

impl LadderAct {
    /// The name in policies and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Remind => "remind",
            Self::BarOutgoing => "bar_outgoing",
            Self::Suspend => "suspend",
            Self::Quarantine => "quarantine",
        }
    }

    /// The id of its message.
    pub fn message_id(self) -> String {
        format!("ladder-{}", self.code().replace('_', "-"))
    }
}

/// One step of the keep-alive ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// The day, relative to the last day of the window: -30 is thirty days before its end.
    pub day: i32,
    /// What happens.
    pub act: LadderAct,
}

/// How a number is kept by using it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepAlive {
    /// A use keeps the number for so many days.
    pub window_days: Sourced<i32>,
    /// Which uses count.
    pub counting: Sourced<Vec<UsageKind>>,
    /// No restriction comes sooner than so many days after the first reminder, however late that
    /// was sent.
    pub notice_days_min: Sourced<i32>,
    /// What happens without use, in order.
    pub ladder: Sourced<Vec<LadderStep>>,
    /// A step that needs proof of notice is tried again after so many hours.
    pub proof_retry_hours: Sourced<i64>,
}

/// The pause product (停机保号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The longest pause.
    pub months_max: Sourced<i64>,
}

/// What happens while money is owed, in days after it is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrears {
    /// Incoming only (单停).
    pub bar_outgoing_days: Sourced<i64>,
    /// Nothing (双停).
    pub suspend_days: Sourced<i64>,
    /// Closing begins (预销户).
    pub close_days: Sourced<i64>,
}

/// Closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// How long the holder may change their mind.
    pub undo_days: Sourced<i64>,
}

/// Between closing and the next holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// Days from closing to the first day on which somebody else may have it.
    pub days: Sourced<i64>,
}

/// Proving identity again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverify {
    /// The least time the holder is given.
    pub answer_hours_min: Sourced<i64>,
}

/// After a SIM was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimSwap {
    /// No transfer, port-out or other replacement for so many hours.
    pub cooling_hours: Sourced<i64>,
    /// The holder may stop a replacement for so many minutes.
    pub cancel_minutes: Sourced<i64>,
    /// The activation code of an eSIM is shown for so many days.
    pub activation_days: Sourced<i64>,
}

/// Leaving for another operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortOut {
    /// Days the number must have been held.
    pub tenure_days_min: Sourced<i64>,
}

/// Where a network cannot bar as finely as the rules say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The holds for which it is told to allow more rather than less; for all others less.
    pub looser: Sourced<Vec<HoldKind>>,
    /// The same for a number that is being closed.
    pub closing: Sourced<Lean>,
}

/// Fees, in minor units of the currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// One month of a pause.
    pub pause_month: Sourced<i64>,
    /// A replacement SIM.
    pub sim_replacement: Sourced<i64>,
    /// One keep-alive window more.
    pub extension: Sourced<i64>,
}

impl Fees {
    /// The amount of `fee`, in minor units.
    pub fn minor(&self, fee: Fee) -> i64 {
        match fee {
            Fee::PauseMonth => *self.pause_month,
            Fee::SimReplacement => *self.sim_replacement,
            Fee::Extension => *self.extension,
        }
    }
}

/// How long records are kept after the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// The registration of a holder, after the holder episode ended.
    pub registration_days: Sourced<i64>,
    /// An application that led to nothing.
    pub application_days: Sourced<i64>,
}
