//! What a network can express of what is wanted.
//!
//! A register seldom switches every service by itself: osmo-hlr knows circuit-switched and
//! packet-switched access and nothing finer, while a one-way stop (3GPP TS 22.041, operator
//! determined barring of outgoing calls) needs more. An adapter states its [`Capabilities`], the
//! policy says to which side to fall ([`Lean`]), and [`Capabilities::express`] answers with what
//! the network is really told.

use super::{Facts, HoldKind, Lifecycle, Service, ServiceProfile};
use crate::policy::Policy;
use serde::{Deserialize, Serialize};

/// To which side to fall where a network cannot do exactly what is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lean {
    /// Nothing that is not wanted; the holder has less than the rules leave.
    #[default]
    Stricter,
    /// Everything that is wanted; the holder has more than the rules leave.
    Looser,
}

impl Lean {
    /// The word in rows, policies and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stricter => "stricter",
            Self::Looser => "looser",
        }
    }

    /// From [`Lean::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Stricter, Self::Looser].into_iter().find(|lean| lean.code() == code)
    }
}

/// Which services a network switches, and which of them only together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    switches: [ServiceProfile; Service::ALL.len()],
    riders: ServiceProfile,
}

impl Capabilities {
    /// Every service by itself.
    pub const SEPARATE: Self = Self::of(&[
        ServiceProfile::of(&[Service::VoiceOut]),
        ServiceProfile::of(&[Service::VoiceIn]),
        ServiceProfile::of(&[Service::SmsOut]),
        ServiceProfile::of(&[Service::SmsIn]),
        ServiceProfile::of(&[Service::Data]),
        ServiceProfile::of(&[Service::Roaming]),
    ]);

    /// One switch for each set of `switches`. A service in two sets belongs to the first; one in no
    /// set cannot be switched: it is there whenever anything else is.
    pub const fn of(switches: &[ServiceProfile]) -> Self {
        let mut sets = [ServiceProfile::NOTHING; Service::ALL.len()];
        let mut riders = ServiceProfile::FULL;
        let mut rest = switches;
        let mut room: &mut [ServiceProfile] = &mut sets;
        while let ([switch, more @ ..], [place, places @ ..]) = (rest, room) {
            // What is left of it after the sets before.
            *place = switch.without(ServiceProfile::FULL.without(riders));
            riders = riders.without(*switch);
            rest = more;
            room = places;
        }
        Self { switches: sets, riders }
    }

    /// The sets of services that are switched together; each service is in one at most.
    pub fn switches(&self) -> impl Iterator<Item = ServiceProfile> {
        self.switches.into_iter().filter(|switch| *switch != ServiceProfile::NOTHING)
    }

    /// What a network with the services of `on` switched really allows.
    pub fn with_riders(&self, on: ServiceProfile) -> ServiceProfile {
        if on == ServiceProfile::NOTHING { on } else { on.or(self.riders) }
    }

    /// The nearest to `wanted` on the side of `lean`. Nothing is always nothing; what can be
    /// expressed exactly is left as it is.
    pub fn express(&self, wanted: ServiceProfile, lean: Lean) -> ServiceProfile {
        let mut on = ServiceProfile::NOTHING;
        for switch in self.switches() {
            let barred = switch.without(wanted);
            let is_on = match lean {
                Lean::Stricter => barred == ServiceProfile::NOTHING,
                Lean::Looser => barred != switch,
            };
            if is_on {
                on = on.or(switch);
            }
        }
        self.with_riders(on)
    }
}

/// To which side to fall for a number: the looser one only if the policy says so of its state and
/// of every hold that takes something away.
pub fn lean(facts: &Facts, policy: &Policy) -> Lean {
    let is_state_looser = match facts.lifecycle {
        Lifecycle::PreClose => *policy.network.closing == Lean::Looser,
        _ => true,
    };
    let takes = |kind: &HoldKind| kind.bars() != ServiceProfile::NOTHING;
    let mut kinds = facts.holds.iter().map(|hold| hold.kind).filter(takes);
    let is_looser = is_state_looser && kinds.all(|kind| policy.network.looser.contains(&kind));
    if is_looser { Lean::Looser } else { Lean::Stricter }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As osmo-hlr: circuit-switched, packet-switched, and no switch for roaming.
    const COARSE: Capabilities = Capabilities::of(&[
        ServiceProfile::of(&[Service::VoiceOut, Service::VoiceIn, Service::SmsOut, Service::SmsIn]),
        ServiceProfile::of(&[Service::Data]),
    ]);

    fn all() -> impl Iterator<Item = ServiceProfile> {
        (0..64).map(ServiceProfile::from_bits)
    }

    fn of(services: &[Service]) -> ServiceProfile {
        ServiceProfile::of(services)
    }

    #[test]
    fn a_network_that_switches_everything_is_told_what_is_wanted() {
        for (wanted, lean) in all().flat_map(|p| [(p, Lean::Stricter), (p, Lean::Looser)]) {
            assert_eq!(Capabilities::SEPARATE.express(wanted, lean), wanted);
        }
    }

    #[test]
    fn stricter_never_gives_and_looser_never_takes() {
        let switched = of(&[
            Service::VoiceOut,
            Service::VoiceIn,
            Service::SmsOut,
            Service::SmsIn,
            Service::Data,
        ]);
        for wanted in all() {
            let stricter = COARSE.express(wanted, Lean::Stricter);
            let looser = COARSE.express(wanted, Lean::Looser);
            let given =
                |told: ServiceProfile| told.without(wanted).without(of(&[Service::Roaming]));
            assert_eq!(given(stricter), ServiceProfile::NOTHING, "{wanted:?}");
            let kept = ServiceProfile::FULL.without(ServiceProfile::FULL.without(switched));
            assert_eq!(
                kept.without(ServiceProfile::FULL.without(wanted)).without(looser),
                ServiceProfile::NOTHING,
                "{wanted:?}"
            );
            for told in [stricter, looser] {
                assert_eq!(COARSE.express(told, Lean::Stricter), told, "not stable");
                assert_eq!(COARSE.express(told, Lean::Looser), told, "not stable");
            }
        }
        for lean in [Lean::Stricter, Lean::Looser] {
            assert_eq!(COARSE.express(ServiceProfile::NOTHING, lean), ServiceProfile::NOTHING);
            assert_eq!(COARSE.express(ServiceProfile::FULL, lean), ServiceProfile::FULL);
        }
    }

    #[test]
    fn incoming_only_is_all_of_the_calls_or_none() {
        let incoming = of(&[Service::VoiceIn, Service::SmsIn, Service::Roaming]);
        assert_eq!(COARSE.express(incoming, Lean::Stricter), ServiceProfile::NOTHING);
        let calls = ServiceProfile::FULL.without(of(&[Service::Data]));
        assert_eq!(COARSE.express(incoming, Lean::Looser), calls);
    }

    #[test]
    fn a_service_belongs_to_one_switch() {
        let twice = Capabilities::of(&[of(&[Service::Data]), ServiceProfile::FULL]);
        let sets: Vec<_> = twice.switches().collect();
        assert_eq!(sets, [of(&[Service::Data]), ServiceProfile::FULL.without(sets[0])]);
    }
}
