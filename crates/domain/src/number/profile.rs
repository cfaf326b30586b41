//! What the network allows: the intersection of what the state gives and what the holds leave.

use super::{Holds, Lifecycle};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing a SIM may do. Emergency calls, the hotline and top-up are always possible and so are
/// not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Voice calls out.
    VoiceOut,
    /// Voice calls in.
    VoiceIn,
    /// Texts out.
    SmsOut,
    /// Texts in.
    SmsIn,
    /// Packet data.
    Data,
    /// Use abroad.
    Roaming,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 6] =
        [Self::VoiceOut, Self::VoiceIn, Self::SmsOut, Self::SmsIn, Self::Data, Self::Roaming];

    /// The name in APIs and generated documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::VoiceOut => "voice_out",
            Self::VoiceIn => "voice_in",
            Self::SmsOut => "sms_out",
            Self::SmsIn => "sms_in",
            Self::Data => "data",
            Self::Roaming => "roaming",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of services: what is allowed, or what a hold bars.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceProfile(u8);

impl ServiceProfile {
    /// Nothing but what is always possible.
    pub const NOTHING: Self = Self(0);
    /// Everything.
    pub const FULL: Self = Self(0b11_1111);

    /// The set of `services`.
    pub const fn of(services: &[Service]) -> Self {
        let mut bits = 0;
        let mut rest = services;
        while let [first, tail @ ..] = rest {
            bits |= first.bit();
            rest = tail;
        }
        Self(bits)
    }

    /// From the stored bits; unknown bits are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::FULL.0)
    }

    /// As stored.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether `service` is in the set.
    pub const fn allows(self, service: Service) -> bool {
        self.0 & service.bit() != 0
    }

    /// What is in this set and not in `barred`.
    pub const fn without(self, barred: Self) -> Self {
        Self(self.0 & !barred.0)
    }

    /// What is in either set.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The services in the set, in order.
    pub fn services(self) -> impl Iterator<Item = Service> {
        Service::ALL.into_iter().filter(move |service| self.allows(*service))
    }
}

impl fmt::Debug for ServiceProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.services().map(Service::code)).finish()
    }
}

/// What the network must allow for a number in `state` under `holds`. Total: every state and every
/// set of holds has an answer.
///
/// A number that is being closed still receives, so that its holder can unbind accounts.
pub fn profile(state: Lifecycle, holds: &Holds) -> ServiceProfile {
    let given = match state {
        Lifecycle::Active => ServiceProfile::FULL,
        Lifecycle::PreClose => {
            ServiceProfile::of(&[Service::VoiceIn, Service::SmsIn, Service::Roaming])
        }
        Lifecycle::InStock
        | Lifecycle::Reserved
        | Lifecycle::Allocated
        | Lifecycle::Quarantined
        | Lifecycle::PortedOut
        | Lifecycle::Retired => ServiceProfile::NOTHING,
    };
    holds.iter().fold(given, |left, hold| left.without(hold.kind.bars()))
}
