//! Numbers and their use, as a network has them: most people use their phone every day, some once a
//! week, some are abroad, some numbers lie in a drawer.

use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::ladder;
use domain::msisdn::Msisdn;
use domain::number::{Facts, Holder, Lifecycle, SimRef};
use domain::policy::Policy;
use domain::sim::{Iccid, Imsi};
use domain::time::At;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use store::number::NumberRow;

/// The first number: 138 0000 0000, with the country code.
pub const FIRST: u64 = 8_613_800_000_000;

/// How often somebody uses the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Every day: 55 of 100 numbers.
    Daily,
    /// Once a week: 25.
    Weekly,
    /// Abroad, texts and data mostly: 8.
    Roaming,
    /// In a drawer, topped up now and then: 12.
    Silent,
}

impl Habit {
    /// That of the number `n`, always the same.
    pub fn of(n: u64) -> Self {
        match mix(n) % 100 {
            0..55 => Self::Daily,
            55..80 => Self::Weekly,
            80..88 => Self::Roaming,
            _ => Self::Silent,
        }
    }

    /// Of 1000 days, on how many the phone is used.
    const fn days_in_1000(self) -> u64 {
        match self {
            Self::Daily => 1000,
            Self::Weekly => 143,
            Self::Roaming => 400,
            Self::Silent => 4,
        }
    }

    /// The kind of one use; `dice` is 0 to 99.
    const fn kind(self, dice: u64) -> &'static [u8] {
        match (self, dice) {
            (Self::Silent, _) | (_, 98..) => b"top_up",
            (Self::Roaming, 0..50) | (_, 35..50) => b"mt_sms",
            (_, 50..98) => b"data_session",
            (_, 0..15) => b"mt_call",
            (_, 15..30) => b"mo_call",
            (_, 30..35) => b"mo_sms",
        }
    }
}

/// Scatters neighbours (the finaliser of SplitMix64).
const fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// Random numbers, the same for the same seed.
#[derive(Clone, Copy, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        ((mix(self.0) as u128 * end as u128) >> 64) as u64
    }
}

/// Number `n`, held and served by SIM `n`, last used so many days ago.
pub fn in_use(policy: &Policy, now: At, n: u64, days: i64) -> NumberRow {
    let msisdn = Msisdn::from_e164(FIRST + n).expect("a range of ours");
    let iccid = Iccid::parse(&format!("898600{n:013}")).expect("19 digits");
    let imsi = Imsi::parse(&format!("46000{n:010}")).expect("15 digits");
    let since = now.plus_days(-days);
    let mut facts = Facts {
        lifecycle: Lifecycle::Active,
        holder: Some(Holder {
            party_id: PartyId::from_u128(u128::from(n)),
            episode_id: EpisodeId::from_u128(u128::from(n)),
            since,
        }),
        sim: Some(SimRef { iccid, imsi }),
        ..Facts::in_stock(since)
    };
    facts.due_at = ladder::next(&facts, policy, now).map(|due| due.at);
    NumberRow { msisdn, operator_id: OperatorId(1), version: 1, facts }
}

/// Writes `count` numbers, one on a line under `msisdn`.
pub fn write_numbers(path: &Path, count: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"msisdn\n")?;
    for n in 0..count {
        writeln!(out, "{}", FIRST + n)?;
    }
    out.flush()
}

/// Writes `count` SIM cards: ICCID and IMSI.
pub fn write_sims(path: &Path, count: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"iccid,imsi\n")?;
    for n in 0..count {
        writeln!(out, "898600{n:013},46000{n:010}")?;
    }
    out.flush()
}

/// Writes `events` uses of the first `numbers` numbers in the 31 days before `until_seconds`
/// (since 1970), in the order of time as a network's records come.
pub fn write_usage(
    path: &Path,
    events: u64,
    numbers: u64,
    until_seconds: u64,
    seed: u64,
) -> io::Result<()> {
    const SPAN_SECONDS: u64 = 31 * 86_400;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"msisdn,kind,instant\n")?;
    let mut random = Random::new(seed);
    let mut line = Vec::with_capacity(64);
    for turn in 0..events {
        let n = loop {
            let n = random.below(numbers);
            if random.below(1000) < Habit::of(n).days_in_1000() {
                break n;
            }
        };
        let late = random.below(600);
        let since_seconds = turn * SPAN_SECONDS / events.max(1);
        let second = until_seconds - SPAN_SECONDS + since_seconds.saturating_sub(late);
        line.clear();
        push_digits(&mut line, FIRST + n);
        line.push(b',');
        line.extend_from_slice(Habit::of(n).kind(random.below(100)));
        line.push(b',');
        push_digits(&mut line, second);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()
}

fn push_digits(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        from -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_written_as_they_are_read() {
        for number in [0, 7, 10, 8_613_800_138_000, u64::MAX] {
            let mut out = Vec::new();
            push_digits(&mut out, number);
            assert_eq!(String::from_utf8(out).ok(), Some(number.to_string()));
        }
    }

    #[test]
    fn habits_are_shared_as_they_say() {
        let daily = (0..10_000).filter(|&n| Habit::of(n) == Habit::Daily).count();
        assert!((5_300..5_700).contains(&daily), "{daily}");
    }
}
