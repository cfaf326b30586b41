//! What an approved application means for its number.

use super::{Event, Facts, Lifecycle, NumberRefusal, SimRef};
use crate::application::Kind;
use crate::id::{EpisodeId, PartyId};
use crate::policy::Policy;
use crate::time::At;

/// The event an approval brings about: whose identity was proven is `party_id`, `episode_id` the
/// holder episode that begins if one does, `sim` the card the application names. `None` for an
/// appeal, which is about a decision and not about a number.
///
/// Order 25 art. 3 makes opening and transfer (开户、过户) registrations; a new card and what was
/// asked again are for the holder alone, recovery for the former holder alone.
///
/// # Errors
///
/// [`NumberRefusal::NotHolder`] and [`NumberRefusal::NotFormerHolder`] if somebody else proved his
/// identity, [`NumberRefusal::SimUnknown`] if there is no card. Whether the number allows it at all
/// is for [`super::decide`].
pub fn approved(
    kind: Kind,
    facts: &Facts,
    party_id: PartyId,
    episode_id: EpisodeId,
    sim: Option<SimRef>,
) -> Result<Option<Event>, NumberRefusal> {
    let holder = facts.holder.map(|holder| holder.party_id);
    let is_holder = holder == Some(party_id);
    match kind {
        Kind::Registration | Kind::BackRegistration => {
            Ok(Some(Event::HolderVerified { party_id, episode_id }))
        }
        Kind::Reverification if is_holder => Ok(Some(Event::ReverifyPassed)),
        Kind::SimReplacement if is_holder => {
            let sim = sim.ok_or(NumberRefusal::SimUnknown)?;
            Ok(Some(Event::SimReplaced { sim }))
        }
        Kind::Reverification | Kind::SimReplacement => Err(NumberRefusal::NotHolder),
        Kind::Transfer => Ok(Some(Event::Transferred { party_id, episode_id })),
        Kind::Recovery => {
            let is_former = facts.former_party_id == Some(party_id);
            if facts.lifecycle == Lifecycle::Quarantined && !is_former {
                return Err(NumberRefusal::NotFormerHolder);
            }
            let sim = sim.ok_or(NumberRefusal::SimUnknown)?;
            Ok(Some(Event::Recovered { party_id, episode_id, sim }))
        }
        Kind::Appeal => Ok(None),
    }
}

/// From when on an approval may take effect: the present holder has been told of a request for a
/// new card and has so many minutes to stop it (`sim_swap.cancel_minutes`).
pub fn effective_from(kind: Kind, asked_at: At, policy: &Policy) -> At {
    match kind {
        Kind::SimReplacement => asked_at.plus_minutes(*policy.sim_swap.cancel_minutes),
        Kind::Registration
        | Kind::BackRegistration
        | Kind::Reverification
        | Kind::Transfer
        | Kind::Recovery
        | Kind::Appeal => asked_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Holder;

    #[test]
    fn only_the_holder_gets_a_new_card_and_only_the_former_one_the_number_back() {
        let (mine, other) = (PartyId::from_u128(1), PartyId::from_u128(2));
        let episode_id = EpisodeId::from_u128(3);
        let since = At::from_millis(0);
        let mut facts = Facts::in_stock(since);
        facts.holder = Some(Holder { party_id: mine, episode_id, since });
        let ask = |kind, facts: &Facts, who| approved(kind, facts, who, episode_id, None);
        for kind in [Kind::SimReplacement, Kind::Reverification] {
            assert_eq!(ask(kind, &facts, other), Err(NumberRefusal::NotHolder));
        }
        assert_eq!(ask(Kind::Reverification, &facts, mine), Ok(Some(Event::ReverifyPassed)));
        assert_eq!(ask(Kind::SimReplacement, &facts, mine), Err(NumberRefusal::SimUnknown));
        let transferred = Event::Transferred { party_id: other, episode_id };
        assert_eq!(ask(Kind::Transfer, &facts, other), Ok(Some(transferred)));
        facts.lifecycle = Lifecycle::Quarantined;
        facts.former_party_id = Some(mine);
        assert_eq!(ask(Kind::Recovery, &facts, other), Err(NumberRefusal::NotFormerHolder));
        assert_eq!(ask(Kind::Recovery, &facts, mine), Err(NumberRefusal::SimUnknown));
        assert_eq!(ask(Kind::Appeal, &facts, other), Ok(None));
    }
}
