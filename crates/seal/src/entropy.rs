//! The only place that makes randomness.

use aws_lc_rs::rand;

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
