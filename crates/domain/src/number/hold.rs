//! Holds: independent restrictions on a number. Each says what it bars, since when, why, who set
//! it, who may lift it and what the holder can do about it (反电信网络诈骗法 art. 32(3)).

use super::profile::{Service, ServiceProfile};
use crate::time::At;
use serde::{Deserialize, Serialize};

/// What kind of restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// No registered holder.
    Unregistered,
    /// Asked to prove identity again and did not by the date.
    ReverifyDue,
    /// Reported lost or stolen.
    Loss,
    /// Money is owed: incoming only (单停).
    ArrearsOutgoing,
    /// Money is owed for long: nothing (双停).
    ArrearsFull,
    /// Paused by the holder (停机保号).
    RetentionPause,
    /// Not used for the window: incoming only.
    InactiveOutgoing,
    /// Not used for longer: nothing.
    InactiveFull,
    /// The SIM was replaced a short while ago: no transfer, no port-out, no other replacement.
    SimSwapCooling,
    /// Suspected of fraud.
    Fraud,
    /// Ordered by an authority.
    Authority,
}

/// Who or what may lift a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifter {
    /// An approved registration.
    Registration,
    /// The holder, after a proof at least as strong as the one that set it.
    Holder,
    /// What is owed being paid.
    Payment,
    /// A use that counts, or a payment that counts as use.
    Use,
    /// Only time.
    Time,
    /// The operator's staff, after a check.
    Operator,
    /// The authority that ordered it.
    Authority,
}

/// Where the holder can object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Appeal {
    /// By an appeal to the operator, online or at an outlet; the answer has a promise date.
    Operator,
    /// To the authority that ordered it; the operator says which.
    Authority,
    /// Nothing to object to: the holder set it and can end it.
    NotNeeded,
}

/// What the holder has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A code sent to the number or a registered contact.
    ContactCode,
    /// The identity document and a portrait.
    IdentityDocument,
    /// The authority's letter.
    AuthorityLetter,
}

/// Who set a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetBy {
    /// A rule of the policy.
    Policy,
    /// The holder.
    Holder,
    /// The operator's staff or a program of theirs.
    Operator,
    /// An authority.
    Authority,
}

impl HoldKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 11] = [
        Self::Authority,
        Self::Fraud,
        Self::Loss,
        Self::Unregistered,
        Self::ReverifyDue,
        Self::ArrearsFull,
        Self::ArrearsOutgoing,
        Self::RetentionPause,
        Self::InactiveFull,
        Self::InactiveOutgoing,
        Self::SimSwapCooling,
    ];

    /// The name in rows, APIs and the audit log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::ReverifyDue => "reverify_due",
            Self::Loss => "loss",
            Self::ArrearsOutgoing => "arrears_outgoing",
            Self::ArrearsFull => "arrears_full",
            Self::RetentionPause => "retention_pause",
            Self::InactiveOutgoing => "inactive_outgoing",
            Self::InactiveFull => "inactive_full",
            Self::SimSwapCooling => "sim_swap_cooling",
            Self::Fraud => "fraud",
            Self::Authority => "authority",
        }
    }

    /// From [`HoldKind::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What it takes away. Incoming stays wherever the reason for the hold allows it, because bank
    /// codes arrive by text.
    pub const fn bars(self) -> ServiceProfile {
        match self {
            Self::Unregistered
            | Self::Loss
            | Self::ArrearsFull
            | Self::RetentionPause
            | Self::InactiveFull
            | Self::Authority => ServiceProfile::FULL,
            Self::ReverifyDue | Self::ArrearsOutgoing | Self::InactiveOutgoing => {
                ServiceProfile::of(&[Service::VoiceOut, Service::SmsOut, Service::Data])
            }
            Self::Fraud => ServiceProfile::of(&[
                Service::VoiceOut,
                Service::VoiceIn,
                Service::SmsOut,
                Service::Data,
                Service::Roaming,
            ]),
            // Receivers of codes are warned instead; the network is not touched.
            Self::SimSwapCooling => ServiceProfile::NOTHING,
        }
    }

    /// Who or what may lift it.
    pub const fn lifter(self) -> Lifter {
        match self {
            Self::Unregistered | Self::ReverifyDue => Lifter::Registration,
            Self::Loss | Self::RetentionPause => Lifter::Holder,
            Self::ArrearsOutgoing | Self::ArrearsFull => Lifter::Payment,
            Self::InactiveOutgoing | Self::InactiveFull => Lifter::Use,
            Self::SimSwapCooling => Lifter::Time,
            Self::Fraud => Lifter::Operator,
            Self::Authority => Lifter::Authority,
        }
    }

    /// What the holder has to show to have it lifted.
    pub const fn proofs(self) -> &'static [Proof] {
        match self {
            Self::Unregistered | Self::ReverifyDue | Self::Fraud => &[Proof::IdentityDocument],
            Self::Loss | Self::RetentionPause => &[Proof::ContactCode],
            Self::Authority => &[Proof::AuthorityLetter],
            Self::ArrearsOutgoing
            | Self::ArrearsFull
            | Self::InactiveOutgoing
            | Self::InactiveFull
            | Self::SimSwapCooling => &[],
        }
    }

    /// Where the holder can object.
    pub const fn appeal(self) -> Appeal {
        match self {
            Self::Authority => Appeal::Authority,
            Self::Loss | Self::RetentionPause => Appeal::NotNeeded,
            Self::Unregistered
            | Self::ReverifyDue
            | Self::ArrearsOutgoing
            | Self::ArrearsFull
            | Self::InactiveOutgoing
            | Self::InactiveFull
            | Self::SimSwapCooling
            | Self::Fraud => Appeal::Operator,
        }
    }

    /// Whether the keep-alive clock stands still under it: a person must not lose a number for not
    /// using it while we, or an authority, do not let them, nor while they pay for a pause.
    pub const fn stops_keep_alive(self) -> bool {
        matches!(
            self,
            Self::Unregistered
                | Self::ReverifyDue
                | Self::RetentionPause
                | Self::Fraud
                | Self::Authority
        )
    }
}

/// One restriction in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// What kind.
    pub kind: HoldKind,
    /// The order's reference for [`HoldKind::Authority`], so that two orders are two holds; empty
    /// for every other kind.
    pub reference: String,
    /// Since when.
    pub since: At,
    /// When it ends by itself, if it does.
    pub until: Option<At>,
    /// Who set it.
    pub set_by: SetBy,
}

/// The restrictions in force on a number: at most one of each kind and reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holds(Vec<Hold>);

impl Holds {
    /// No restriction.
    pub const NONE: Self = Self(Vec::new());

    /// Adds `hold`; one of the same kind and reference stays as it is, and the answer is `false`.
    pub fn set(&mut self, hold: Hold) -> bool {
        let key = |h: &Hold| (h.kind, h.reference.clone());
        match self.0.binary_search_by_key(&key(&hold), key) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, hold);
                true
            }
        }
    }

    /// Lifts the holds of this kind; whether there was one.
    pub fn lift(&mut self, kind: HoldKind) -> bool {
        let before = self.0.len();
        self.0.retain(|hold| hold.kind != kind);
        self.0.len() != before
    }

    /// Lifts the one order with this reference; whether there was one.
    pub fn lift_order(&mut self, reference: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|hold| hold.kind != HoldKind::Authority || hold.reference != reference);
        self.0.len() != before
    }

    /// Lifts all but the kinds that `keep` says.
    pub fn keep_only(&mut self, keep: impl Fn(HoldKind) -> bool) {
        self.0.retain(|hold| keep(hold.kind));
    }

    /// Whether one of this kind is in force.
    pub fn has(&self, kind: HoldKind) -> bool {
        self.get(kind).is_some()
    }

    /// Whether one of these kinds is in force.
    pub fn has_any(&self, kinds: &[HoldKind]) -> bool {
        self.0.iter().any(|hold| kinds.contains(&hold.kind))
    }

    /// The (first) hold of this kind.
    pub fn get(&self, kind: HoldKind) -> Option<&Hold> {
        self.0.iter().find(|hold| hold.kind == kind)
    }

    /// All of them, by kind and reference.
    pub fn iter(&self) -> impl Iterator<Item = &Hold> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Hold> for Holds {
    fn from_iter<I: IntoIterator<Item = Hold>>(holds: I) -> Self {
        let mut set = Self::NONE;
        for hold in holds {
            set.set(hold);
        }
        set
    }
}
