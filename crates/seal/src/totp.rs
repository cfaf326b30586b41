//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, steps of 30 s, as every
//! authenticator app expects.

use aws_lc_rs::hmac;

/// Seconds per step.
pub const STEP_SECONDS: i64 = 30;
/// Bytes of a secret: 160 bits, as RFC 4226 section 4 recommends.
pub const SECRET_LEN: usize = 20;
/// Steps by which a clock may be wrong.
const DRIFT_STEPS: i64 = 1;

/// The step in which the instant falls.
pub const fn step_at(at_millis: i64) -> i64 {
    at_millis.div_euclid(1000 * STEP_SECONDS)
}

/// The code of one step, six digits.
pub fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or(0) & 0xf);
    let four = bytes.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied();
    let number = u32::from_be_bytes(four.unwrap_or_default()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step whose code this is, if it is within one step of now and after `last_used_step`: a code
/// is good once. Store the answer as the new `last_used_step`.
pub fn accept(
    secret: &[u8],
    typed: &str,
    at_millis: i64,
    last_used_step: Option<i64>,
) -> Option<i64> {
    let now = step_at(at_millis);
    (now - DRIFT_STEPS..=now + DRIFT_STEPS)
        .filter(|step| last_used_step.is_none_or(|last| *step > last))
        .find(|step| crate::is_same_secret(code(secret, *step).as_bytes(), typed.as_bytes()))
}

/// The secret in base 32 (RFC 4648, no padding), as typed into an authenticator app.
pub fn base32(secret: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(secret.len().div_ceil(5) * 8);
    for group in secret.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let bits = bits << (8 * (5 - group.len()));
        for place in 0..(group.len() * 8).div_ceil(5) {
            let at = usize::try_from(bits >> (35 - 5 * place) & 31).unwrap_or(0);
            out.push(LETTERS.get(at).map_or('A', |letter| char::from(*letter)));
        }
    }
    out
}

/// The address an authenticator app reads from a QR code. `issuer` and `account` must be ASCII
/// letters, digits, `-`, `.`, `@` or `_`; anything else is dropped.
pub fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let clean = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "-.@_".contains(*c)).collect()
    };
    let (issuer, account) = (clean(issuer), clean(account));
    format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238 appendix B, SHA-1 rows, last six of the eight digits.
    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        for (seconds, want) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, step_at(seconds * 1000)), want);
        }
    }

    #[test]
    fn one_step_of_drift_is_allowed_and_a_code_is_good_once() {
        let at = 1_111_111_111_000;
        let step = step_at(at);
        for drift in -1..=1 {
            let typed = code(SECRET, step + drift);
            assert_eq!(accept(SECRET, &typed, at, None), Some(step + drift));
        }
        assert_eq!(accept(SECRET, &code(SECRET, step - 2), at, None), None);
        assert_eq!(accept(SECRET, &code(SECRET, step + 2), at, None), None);
        assert_eq!(accept(SECRET, &code(SECRET, step), at, Some(step)), None);
        assert_eq!(accept(SECRET, &code(SECRET, step - 1), at, Some(step)), None);
        let next = code(SECRET, step + 1);
        assert_eq!(accept(SECRET, &next, at, Some(step)), Some(step + 1));
    }

    #[test]
    fn nonsense_is_not_a_code() {
        for typed in ["", "28708", "2870822", "２８７０８２", "abcdef"] {
            assert_eq!(accept(SECRET, typed, 59_000, None), None);
        }
    }

    /// RFC 4648 section 10, without padding.
    #[test]
    fn base_32_matches_its_vectors() {
        for (plain, want) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), want);
        }
        let uri = uri("Baohao", "li gong@demo?x", SECRET);
        assert!(uri.starts_with("otpauth://totp/Baohao:ligong@demox?secret=GEZDGNBV"));
    }
}
