//! Five thousand numbers in every state, each with a history that the rules themselves lived
//! through.

use crate::people;
use domain::access::Actor;
use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::number::{Event, SimRef, UsageKind};
use domain::sim::{Iccid, Imsi};
use domain::time::At;
use gateway::network::Network;
use seal::Sensitive;
use service::inventory::{NewSim, bring_sims};
use service::notice::Address;
use service::notice::reach::Preference;
use service::number::{Adopted, AdoptedHolder, adopt};
use service::{App, Error};
use words::Lang;

/// Long enough for a number to be ported or closed.
const TENURE_DAYS: i64 = 400;

const FIRST: OperatorId = OperatorId(1);
const SECOND: OperatorId = OperatorId(2);

/// What becomes of a number of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stock,
    Reserved,
    /// With a card, waiting for a registration.
    Unregistered,
    /// Used now and then.
    Used,
    /// Never used; so many days ago it was registered.
    Silent {
        days: i64,
    },
    Lost,
    Paused,
    Owing {
        days: i64,
    },
    Suspected,
    Ordered,
    MustReverify,
    Closing,
    Ported,
    Retired,
}

/// How many of each, in the order of the numbers.
const FIRST_FATES: &[(Fate, u64)] = &[
    (Fate::Unregistered, 200),
    (Fate::Used, 800),
    (Fate::Silent { days: 35 }, 12),
    (Fate::Silent { days: 62 }, 10),
    (Fate::Silent { days: 84 }, 8),
    (Fate::Silent { days: 93 }, 8),
    (Fate::Silent { days: 120 }, 12),
    (Fate::Silent { days: 200 }, 20),
    (Fate::Lost, 10),
    (Fate::Paused, 10),
    (Fate::Owing { days: 3 }, 8),
    (Fate::Owing { days: 20 }, 8),
    (Fate::Suspected, 6),
    (Fate::Ordered, 4),
    (Fate::MustReverify, 6),
    (Fate::Closing, 8),
    (Fate::Ported, 10),
    (Fate::Retired, 10),
    (Fate::Reserved, 50),
    (Fate::Stock, 3_300),
];
const SECOND_FATES: &[(Fate, u64)] =
    &[(Fate::Unregistered, 40), (Fate::Used, 60), (Fate::Stock, 400)];

/// The first number of each operator: block 138 0013 and block 139 0013.
const FIRST_NUMBER: u64 = 8_613_800_130_000;
const SECOND_NUMBER: u64 = 8_613_900_130_000;

/// eSIM profiles in the stock of the first operator.
const PROFILES: u64 = 200;
/// What the first of them is made of, as cards are made of their numbers; no number is so.
const FIRST_PROFILE: u64 = 8_617_700_000_000;

/// How many numbers there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Five thousand.
    #[default]
    Full,
    /// A fiftieth, at least one of each kind: for tests.
    Small,
}

impl Scale {
    const fn of(self, count: u64) -> u64 {
        match self {
            Self::Full => count,
            Self::Small => count.div_ceil(50),
        }
    }

    /// The numbers of one operator with their fates.
    fn numbers(self, fates: &[(Fate, u64)], from: u64) -> Vec<(u64, Fate)> {
        let fates = fates.iter().flat_map(|(fate, count)| (0..self.of(*count)).map(|_| *fate));
        (from..).zip(fates).collect()
    }
}

/// One number of each fate of the first operator, the first of its kind.
pub(crate) fn examples(scale: Scale) -> Vec<Msisdn> {
    let mut seen = Vec::new();
    let mut examples = Vec::new();
    for (number, fate) in scale.numbers(FIRST_FATES, FIRST_NUMBER) {
        if !seen.contains(&fate) {
            seen.push(fate);
            examples.extend(msisdn(number));
        }
    }
    examples
}

/// The numbers that may be registered, as long as nobody did.
pub(crate) fn unregistered(scale: Scale) -> Vec<Msisdn> {
    let wanted = |(number, fate)| if fate == Fate::Unregistered { msisdn(number) } else { None };
    scale.numbers(FIRST_FATES, FIRST_NUMBER).into_iter().filter_map(wanted).collect()
}

/// The SIMs that are used now and then, also while the clock is moved.
pub(crate) fn lively_sims(scale: Scale) -> Vec<String> {
    let all = [(FIRST_FATES, FIRST_NUMBER), (SECOND_FATES, SECOND_NUMBER)];
    let numbers = all.into_iter().flat_map(|(fates, from)| scale.numbers(fates, from));
    let used = numbers.filter(|(_, fate)| *fate == Fate::Used);
    used.filter_map(|(number, _)| Some(sim(number)?.imsi.as_str().to_owned())).collect()
}

/// Seeds operators, staff and numbers, and tells the network of their SIMs.
pub(crate) async fn seed(app: &App, network: &Network, scale: Scale) -> Result<(), Error> {
    people::seed(app).await?;
    let now = app.now();
    for (operator_id, fates, from) in
        [(FIRST, FIRST_FATES, FIRST_NUMBER), (SECOND, SECOND_FATES, SECOND_NUMBER)]
    {
        let adopted: Vec<Adopted> = scale
            .numbers(fates, from)
            .into_iter()
            .filter_map(|(number, fate)| adopted(operator_id, number, fate, now))
            .collect();
        let records = adopt(app, operator_id, &adopted).await?;
        network.preload(&[from / 10_000], records);
    }
    let sims = (0..scale.of(PROFILES)).filter_map(|n| {
        let profile_type = Some("demo".to_owned());
        Some(NewSim { sim: sim(FIRST_PROFILE + n)?, eid: None, profile_type, keys: None })
    });
    bring_sims(app, &Actor::System, FIRST, sims).await?;
    Ok(())
}

fn msisdn(number: u64) -> Option<Msisdn> {
    Msisdn::parse(&number.to_string()).ok()
}

/// The card of a number: 20 digits beginning with 8986, an IMSI of the test network.
pub(crate) fn sim(number: u64) -> Option<SimRef> {
    let body = format!("898600{:013}", number % 10_000_000_000_000);
    let iccid = Iccid::parse(&format!("{body}{}", luhn(&body))).ok()?;
    let imsi = Imsi::parse(&format!("46000{:010}", number % 10_000_000_000)).ok()?;
    Some(SimRef { iccid, imsi })
}

/// The digit that makes the sum of ISO/IEC 7812 divisible by ten.
fn luhn(digits: &str) -> u32 {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, 5..) => digit * 2 - 9,
            (0, _) => digit * 2,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

fn adopted(operator_id: OperatorId, number: u64, fate: Fate, now: At) -> Option<Adopted> {
    let msisdn = msisdn(number)?;
    let sim = sim(number)?;
    let teller = Teller { number, now, sim };
    let story = teller.story(fate);
    let is_held = story.iter().any(|(_, event)| matches!(event, Event::HolderVerified { .. }));
    let holder = is_held.then(|| teller.holder(operator_id));
    Some(Adopted { msisdn, story, holder })
}

struct Teller {
    number: u64,
    now: At,
    sim: SimRef,
}

impl Teller {
    /// A number in `0..bound` that is always the same for this number and `salt`.
    fn chance(&self, salt: u64, bound: i64) -> i64 {
        let mixed = (self.number ^ salt.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        i64::try_from(mixed >> 40).unwrap_or(0) % bound.max(1)
    }

    fn party_id(&self) -> PartyId {
        PartyId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(self.number))
    }

    fn holder(&self, operator_id: OperatorId) -> AdoptedHolder {
        let mail = format!("holder{}@example.com", self.number % 10_000);
        let channels = match self.chance(7, 2) {
            0 => vec![(Channel::Email, Address::Email(mail))],
            _ => Vec::new(),
        };
        let lang = if self.chance(8, 5) == 0 { Lang::En } else { Lang::Zh };
        AdoptedHolder {
            party_id: self.party_id(),
            name: Sensitive::new(format!("样本{}", self.number % 10_000)),
            preference: Preference { operator_id, lang, zone: None, channels },
        }
    }

    /// The day `days` ago, at some hour of daylight.
    fn ago(&self, days: i64) -> At {
        self.now.plus_days(-days).plus_minutes(self.chance(3, 600) - 600)
    }

    fn story(&self, fate: Fate) -> Vec<(At, Event)> {
        let begin = |days| (self.ago(days), Event::Allocated { sim: self.sim });
        match fate {
            Fate::Stock => Vec::new(),
            Fate::Reserved => {
                vec![(self.ago(0), Event::Reserved { until: self.now.plus_minutes(60 * 20) })]
            }
            Fate::Unregistered => vec![begin(3)],
            Fate::Used => self.used(30 + self.chance(1, 370)),
            Fate::Silent { days } => self.silent(days + self.chance(2, 5)),
            Fate::Lost => self.then(1, Event::LossReported),
            Fate::Paused => self.then(5, Event::PauseRequested { until: self.now.plus_days(80) }),
            Fate::Owing { days } => self.then(days, Event::ArrearsReached),
            Fate::Suspected => self.then(2, Event::FraudFlagged),
            Fate::Ordered => {
                let reference = format!("EXAMPLE-{}", self.number % 10_000);
                self.then(4, Event::AuthorityOrdered { reference, until: None })
            }
            Fate::MustReverify => {
                self.then(2, Event::ReverifyOrdered { by: self.now.plus_days(40) })
            }
            Fate::Closing => self.then(1, Event::CloseRequested),
            Fate::Ported => self.then(9, Event::PortedOut),
            Fate::Retired => vec![(self.ago(30), Event::Retired)],
        }
    }

    fn silent(&self, days: i64) -> Vec<(At, Event)> {
        let at = self.ago(days);
        let episode_id = EpisodeId::from_u128(self.party_id().as_u128() ^ 1);
        vec![
            (at.plus_minutes(-120), Event::Allocated { sim: self.sim }),
            (at, Event::HolderVerified { party_id: self.party_id(), episode_id }),
        ]
    }

    /// Registered so many days ago, used every few weeks since, last within three.
    fn used(&self, days: i64) -> Vec<(At, Event)> {
        let mut story = self.silent(days);
        let kinds = [UsageKind::MoCall, UsageKind::MoSms, UsageKind::DataSession];
        let mut left = days - 10;
        let mut turn = 20;
        while left > 20 {
            story.push(self.usage(left, kinds, turn));
            left -= 25 + self.chance(turn, 20);
            turn += 1;
        }
        story.push(self.usage(1 + self.chance(5, 18), kinds, turn));
        story
    }

    fn usage(&self, days: i64, kinds: [UsageKind; 3], turn: u64) -> (At, Event) {
        let choice = usize::try_from(self.chance(turn + 100, 3)).unwrap_or(0);
        let kind = kinds.get(choice).copied().unwrap_or(UsageKind::MoCall);
        let used_at = self.ago(days);
        (used_at, Event::UsageSeen { kind, used_at })
    }

    fn then(&self, days: i64, event: Event) -> Vec<(At, Event)> {
        let mut story = self.used(TENURE_DAYS);
        story.retain(|(at, _)| *at < self.ago(days));
        story.push((self.ago(days), event));
        story
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_thousand_numbers_with_cards_of_their_own() {
        let mut all = Scale::Full.numbers(FIRST_FATES, FIRST_NUMBER);
        all.extend(Scale::Full.numbers(SECOND_FATES, SECOND_NUMBER));
        assert_eq!(all.len(), 5_000);
        let mut imsis: Vec<_> =
            all.iter().map(|(n, _)| sim(*n).unwrap().imsi.as_str().to_owned()).collect();
        imsis.sort_unstable();
        imsis.dedup();
        assert_eq!(imsis.len(), 5_000);
        assert!(all.iter().all(|(n, _)| msisdn(*n).is_some()));
        assert!(sim(FIRST_NUMBER).unwrap().iccid.fits_luhn());
    }
}
