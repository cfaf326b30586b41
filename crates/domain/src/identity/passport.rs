//! Passports by the number on the page. Only the machine-readable zone has check digits.

use super::country::Country;
use super::{Checked, Facts, read};
use crate::finding::{Finding, Findings};

/// Checks the number of a Chinese passport: ordinary, official, Hong Kong's or Macao's.
pub fn check_chinese(text: &[u8]) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) => written,
        Ok(None) => return Checked::refused(Finding::NotChinesePassport),
        Err(finding) => return Checked::unread(text, finding),
    };
    let country = match written.as_bytes() {
        &[first, second, ref digits @ ..]
            if digits.len() == 7 && digits.iter().all(u8::is_ascii_digit) =>
        {
            chinese_issuer(first, second)
        }
        _ => None,
    };
    if country.is_none() {
        return Checked::refused(Finding::NotChinesePassport);
    }
    let facts = Facts { country, ..Facts::default() };
    Checked { value: written, facts, findings: Findings::NONE }
}

fn chinese_issuer(first: u8, second: u8) -> Option<Country> {
    let alpha: &[u8; 3] = match (first, second) {
        // Ordinary: E and G with eight digits; since 2017 E and a letter but I and O.
        (b'E', b'0'..=b'9' | b'A'..=b'H' | b'J'..=b'N' | b'P'..=b'Z')
        | (b'G' | b'D' | b'S' | b'P', b'0'..=b'9')
        // Diplomatic, service and public affairs, electronic.
        | (b'D' | b'S' | b'P', b'E') => b"CHN",
        (b'H' | b'K', b'0'..=b'9' | b'J') => b"HKG",
        (b'M', b'A' | b'B') => b"MAC",
        _ => return None,
    };
    Country::of_alpha(alpha)
}

/// Checks the number of another country's passport: 5 to 9 letters and digits.
pub fn check_foreign(text: &[u8]) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) => written,
        Ok(None) => return Checked::refused(Finding::NotPassport),
        Err(finding) => return Checked::unread(text, finding),
    };
    let has_digit = written.as_bytes().iter().any(u8::is_ascii_digit);
    if !has_digit || !(5..=9).contains(&written.len()) {
        return Checked::refused(Finding::NotPassport);
    }
    let findings = Findings::of(Finding::ForeignForm);
    Checked { value: written, findings, ..Checked::default() }
}

/// Checks a passport whose country is not said. A number that begins as Chinese passports do must
/// have their form: a slip there is likelier than a foreign passport with that letter.
pub fn check(text: &[u8]) -> Checked {
    match text.trim_ascii().first().map(u8::to_ascii_uppercase) {
        Some(b'E' | b'G' | b'D' | b'S' | b'P' | b'H' | b'K' | b'M') => check_chinese(text),
        _ => check_foreign(text),
    }
}
