//! The only place that makes randomness.

use aws_lc_rs::rand;
use base64::Engine as _;

/// `N` unpredictable bytes from the operating system's generator.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    rand::fill(&mut out).expect("the operating system gives randomness");
    out
}

/// The 128 bits of a UUID version 7 (RFC 9562 section 5.7) for the instant `at_millis`.
pub fn uuid_v7(at_millis: i64) -> u128 {
    let random = u128::from_be_bytes(bytes::<16>());
    let millis = u128::from(at_millis.max(0).cast_unsigned() & 0xffff_ffff_ffff);
    let keep = 0x0fff_3fff_ffff_ffff_ffff_u128;
    (millis << 80) | (random & keep) | (0x7 << 76) | (0b10 << 62)
}

/// A number in `0..bound`, each equally likely; `bound` must not be 0.
pub fn below(bound: u64) -> u64 {
    assert!(bound > 0, "an empty range has no member");
    let zone = u64::MAX - u64::MAX % bound;
    loop {
        let draw = u64::from_be_bytes(bytes());
        if draw < zone {
            return draw % bound;
        }
    }
}

/// A secret of 256 bits as 43 characters that are safe in URLs, cookies and headers.
pub fn secret() -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// `digits` decimal digits (1 to 18), each equally likely: for one-time codes people type.
pub fn digits(digits: u32) -> String {
    assert!((1..=18).contains(&digits), "between 1 and 18 digits");
    format!("{:0width$}", below(10_u64.pow(digits)), width = digits as usize)
}

/// `length` characters a person can read out and type: no 0, O, 1, I, L or U.
pub fn readable(length: usize) -> String {
    const LETTERS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
    let letter = |_| {
        let at = usize::try_from(below(LETTERS.len() as u64)).unwrap_or(0);
        LETTERS.get(at).map_or('2', |letter| char::from(*letter))
    };
    (0..length).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_7_id_carries_its_instant_version_and_variant() {
        let id = uuid_v7(0x0190_1234_5678);
        assert_eq!(id >> 80, 0x0190_1234_5678);
        assert_eq!((id >> 76) & 0xf, 7);
        assert_eq!((id >> 62) & 0b11, 0b10);
        assert_ne!(uuid_v7(1), uuid_v7(1));
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_every_value() {
        let mut seen = [0_u32; 5];
        for _ in 0..2_000 {
            seen[usize::try_from(below(5)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| *count > 250), "{seen:?}");
        assert_eq!(below(1), 0);
    }

    #[test]
    fn texts_have_their_lengths_and_alphabets() {
        assert_eq!(secret().len(), 43);
        assert!(digits(6).len() == 6 && digits(6).bytes().all(|b| b.is_ascii_digit()));
        assert!(readable(200).chars().all(|c| !"0O1ILU".contains(c)));
    }
}
